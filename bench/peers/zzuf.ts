/**
 * Messages whose bits zzuf (Debian package `zzuf`) turned over: a mutator that knows nothing of SIP, of somebody else. It gets all messages in one piece and leaves every octet in its place, so that what it
 * gives is cut where the messages end. The same seed gives the same again.
 */

import { spawnSync } from 'node:child_process'

/** Parts of the bits that are turned over, one a run in turn: from some three octets of a message to every second one. */
const RATIOS = [0.0005, 0.001, 0.004, 0.02, 0.1]
/** Every second turn through the ratios ends of lines stay, so that what is wrong is within a header and not where it ends. */
const PROTECTED = ['', '\\r\\n']
const MAX_OCTETS = 256 * 1024 * 1024

/** What to do where it is missing; undefined where it is there. */
export function whyNoZzuf(): string | undefined {
  return spawnSync('zzuf', ['--version']).error === undefined ? undefined : 'zzuf is missing: apt-get install zzuf'
}

export type Zzufed = { readonly name: string; readonly octets: Buffer }

/** @param seed of the first run; each run has the next. @returns so many messages that are not what they were, one after the other. @throws Error without zzuf. */
export function* zzufed(messages: readonly Uint8Array[], seed: number, count: number): Iterable<Zzufed> {
  const input = Buffer.concat(messages)
  for (let run = 0, given = 0; given < count; run += 1) {
    const ratio = RATIOS[run % RATIOS.length] ?? 0
    const kept = PROTECTED[Math.floor(run / RATIOS.length) % PROTECTED.length] ?? ''
    const octets = turnedOver(input, seed + run, ratio, kept)
    let at = 0
    for (const [nth, message] of messages.entries()) {
      const one = octets.subarray(at, at + message.length)
      at += message.length
      if (one.equals(message) || given === count) continue
      given += 1
      yield { name: `zzuf -s ${seed + run} -r ${ratio}${kept === '' ? '' : ` -P '${kept}'`} ${nth}`, octets: one }
    }
  }
}

function turnedOver(input: Buffer, seed: number, ratio: number, kept: string): Buffer {
  const args = ['-s', String(seed), '-r', String(ratio), ...(kept === '' ? [] : ['-P', kept])]
  const { stdout, stderr, status, error } = spawnSync('zzuf', args, { input, maxBuffer: MAX_OCTETS })
  if (error !== undefined) throw new Error('zzuf does not run: apt-get install zzuf', { cause: error })
  if (status !== 0 || stdout.length !== input.length)
    throw new Error(`zzuf gave ${stdout.length} octets of ${input.length}: ${stderr}`)
  return stdout
}
