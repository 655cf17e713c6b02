/**
 * Passwords as argon2id hashes (RFC 9106) by libsodium, off the event loop. The hash names its own parameters, so that those below can rise:
 * who logs in with an older hash gets a new one.
 *
 * A hash takes 64 MiB and a tenth of a second; more than two at once would starve what else waits for Node's threads, so the rest waits in
 * line, and a line that is too long is refused.
 */

import sodium from 'sodium-native'
import { fault } from '../base/fault.ts'

/** The second choice of RFC 9106 section 4, with the one lane that libsodium has. */
const PASSES = 3
const MEMORY_OCTETS = 67_108_864
const AT_ONCE = 2
const MOST_WAITING = 256

export type Passwords = {
  /** @throws Fault `people.busy` */
  hash(password: string): Promise<string>
  /** Takes as long for nobody's hash, and says false then. @throws Fault `people.busy` */
  fits(password: string, hash: string | undefined): Promise<boolean>
  /** @returns whether a hash was made with less than today's parameters. */
  isDated(hash: string): boolean
}

/** @param cost for tests: passes and octets. */
export function createPasswords(cost = { passes: PASSES, octets: MEMORY_OCTETS }): Passwords {
  const { passes, octets } = cost
  const inTurn = turns(AT_ONCE, MOST_WAITING)
  const hash = (password: string) => inTurn(() => hashed(password, passes, octets))
  /** What is compared with when there is no hash; nobody knows its password. */
  let nobodys: Promise<string> | undefined
  return {
    hash,
    async fits(password, given) {
      nobodys ??= hashed(sodium.crypto_pwhash_STRPREFIX, passes, octets)
      const against = given ?? (await nobodys)
      const isRight = await inTurn(() => verified(password, against))
      return isRight && given !== undefined
    },
    isDated: (given) => sodium.crypto_pwhash_str_needs_rehash(padded(given), passes, octets),
  }
}

async function hashed(password: string, passes: number, octets: number): Promise<string> {
  const out = Buffer.alloc(sodium.crypto_pwhash_STRBYTES)
  const given = octetsOf(password)
  try {
    await sodium.crypto_pwhash_str_async(out, given, passes, octets)
  } finally {
    sodium.sodium_memzero(given)
  }
  return out.toString('latin1', 0, out.indexOf(0))
}

async function verified(password: string, hash: string): Promise<boolean> {
  const given = octetsOf(password)
  try {
    return await sodium.crypto_pwhash_str_verify_async(padded(hash), given)
  } finally {
    sodium.sodium_memzero(given)
  }
}

/** One spelling for what looks the same (RFC 8265 section 4.2.2). libsodium takes no empty password, which nobody has: no user types a zero octet. */
function octetsOf(password: string): Buffer {
  const text = password.normalize('NFC')
  const octets = Buffer.alloc(Math.max(1, Buffer.byteLength(text)))
  octets.write(text)
  return octets
}

function padded(hash: string): Buffer {
  const octets = Buffer.alloc(sodium.crypto_pwhash_STRBYTES)
  octets.write(hash, 'latin1')
  return octets
}

/** @returns what runs `atOnce` at a time. */
function turns(atOnce: number, most: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (run) => {
    if (running >= atOnce) {
      if (waiting.length >= most) throw fault('people.busy')
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      return await run()
    } finally {
      // The place is handed on, not given back, so that nobody gets between.
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
