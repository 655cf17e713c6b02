/**
 * How often strangers are answered: a bucket of answers per source and one for all of them together. Refusals keep no state, so this
 * alone bounds what a flood, or a forged source, can make us send (RFC 3261 section 26.1.5).
 *
 * Over UDP a flood may come from as many addresses as it likes and use up what there is for all. So who comes over a stream, which nobody can forge,
 * is measured apart from it, and so is who comes from where somebody has proved himself: a flood does not know where that was.
 */

import { sourceOf } from '../base/source-address.ts'
import type { SipPeer } from './session.ts'
import { isStream } from './transport.ts'

export type FloodLimits = {
  /** Answers a second to one source, and how many at once after a quiet time. */
  readonly perAddress: number
  readonly burst: number
  /** Answers a second in all. */
  readonly total: number
}

export const DEFAULT_FLOOD_LIMITS: FloodLimits = { perAddress: 500, burst: 2000, total: 5000 }

const MAX_SOURCES = 10_000

/** What is left of a rate, and when that was. */
export type Bucket = { level: number; atMs: number }

/** @returns a function that takes one answer to an address, false when there is none left. */
export function createFlood(limits: FloodLimits): (address: string, nowMs: number) => boolean {
  const buckets = new Map<string, Bucket>()
  const all: Bucket = { level: limits.total, atMs: 0 }
  return (address, nowMs) => {
    const source = sourceOf(address)
    let bucket = buckets.get(source)
    if (bucket === undefined) {
      // A flood of forged addresses: forget them all rather than grow; the total still holds.
      if (buckets.size >= MAX_SOURCES) buckets.clear()
      bucket = { level: limits.burst, atMs: nowMs }
      buckets.set(source, bucket)
    }
    return takeOne(bucket, limits.perAddress, limits.burst, nowMs) && takeOne(all, limits.total, limits.total, nowMs)
  }
}

/** @param isKnown somebody has proved himself from there. @returns a function that takes one answer to a peer, false when there is none left. */
export function createAnswerFlood(
  isKnown: (address: string) => boolean,
  limits: FloodLimits = DEFAULT_FLOOD_LIMITS,
): (to: Pick<SipPeer, 'transport' | 'address'>, nowMs: number) => boolean {
  const [overStream, known, stranger] = [createFlood(limits), createFlood(limits), createFlood(limits)]
  return ({ transport, address }, nowMs) => {
    const mayAnswer = isStream(transport) ? overStream : isKnown(address) ? known : stranger
    return mayAnswer(address, nowMs)
  }
}

/** @returns false when there is none left. */
export function takeOne(bucket: Bucket, perSecond: number, burst: number, nowMs: number): boolean {
  bucket.level = Math.min(burst, bucket.level + ((nowMs - bucket.atMs) * perSecond) / 1000)
  bucket.atMs = nowMs
  if (bucket.level < 1) return false
  bucket.level -= 1
  return true
}
