/**
 * How often strangers are answered: a bucket of answers per source address and one for all of them together. Refusals keep no
 * state, so this alone bounds what a flood, or a forged source, can make us send (RFC 3261 section 26.1.5).
 */

export type FloodLimits = {
  /** Answers a second to one address, and how many at once after a quiet time. */
  readonly perAddress: number
  readonly burst: number
  /** Answers a second in all. */
  readonly total: number
}

export const DEFAULT_FLOOD_LIMITS: FloodLimits = { perAddress: 500, burst: 2000, total: 5000 }

const MAX_ADDRESSES = 10_000

/** What is left of a rate, and when that was. */
export type Bucket = { level: number; atMs: number }

/** @returns a function that takes one answer to an address, false when there is none left. */
export function createFlood(limits: FloodLimits): (address: string, nowMs: number) => boolean {
  const buckets = new Map<string, Bucket>()
  const all: Bucket = { level: limits.total, atMs: 0 }
  return (address, nowMs) => {
    let bucket = buckets.get(address)
    if (bucket === undefined) {
      // A flood of forged addresses: forget them all rather than grow; the total still holds.
      if (buckets.size >= MAX_ADDRESSES) buckets.clear()
      bucket = { level: limits.burst, atMs: nowMs }
      buckets.set(address, bucket)
    }
    return takeOne(bucket, limits.perAddress, limits.burst, nowMs) && takeOne(all, limits.total, limits.total, nowMs)
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
