/**
 * A password, a token, a key: bytes that can be wiped and that have no text form. Templates, `String`, JSON, `inspect`, a logger and
 * structured clone all get a fixed word or nothing; only `reveal` gives the value, so every use of one can be found by that name.
 *
 * Not for card digits: those live in the vault's locked memory and never become an object of this kind.
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

const WORD = '[secret]'

export class Secret {
  readonly #bytes: Buffer
  #wiped = false

  /** @param value UTF-8 text, or bytes that are copied; the giver wipes its own. */
  constructor(value: string | Uint8Array) {
    const source = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
    // Buffer.from(text) may cut from a shared pool, which is never wiped: the copy has memory of its own.
    this.#bytes = Buffer.alloc(source.byteLength)
    this.#bytes.set(source)
  }

  /** @returns the value as text. The text cannot be wiped: let it go out of scope at once. @throws Error after `wipe` */
  reveal(): string {
    if (this.#wiped) throw new Error('a wiped secret was revealed')
    return this.#bytes.toString('utf8')
  }

  /** @returns whether a text is the secret, in a time that does not tell how much of it is right; false after `wipe`. */
  matches(text: string): boolean {
    const own = createHash('sha256').update(this.#bytes).digest()
    const other = createHash('sha256').update(text, 'utf8').digest()
    return timingSafeEqual(own, other) && !this.#wiped
  }

  /** Overwrites the bytes. May be called twice. */
  wipe(): void {
    this.#bytes.fill(0)
    this.#wiped = true
  }

  toString(): string {
    return WORD
  }

  toJSON(): string {
    return WORD
  }

  [Symbol.toPrimitive](): string {
    return WORD
  }

  [inspect.custom](): string {
    return WORD
  }
}
