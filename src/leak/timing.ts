/**
 * Does the cadence of a stream of packets tell when a key was pressed (pass mark R-41)? The gaps between packets while a key is down against
 * those while none is, by the two-sample test of Kolmogorov and Smirnov. Gaps are taken to the millisecond: what lies below is noise that no
 * listener behind a network can use. Pure.
 */

import type { Milliseconds } from '../base/units.ts'

/** From the start of a press on, a gap that ends here counts as one while a key is down, milliseconds. */
const KEY_MS = 100
/** A chance of one in a hundred that two equal rows look this different. */
const P_LIMIT = 0.01
/** Fewer gaps than this tell nothing. */
const LEAST_GAPS = 20

export type TimingVerdict = {
  /** Chance that gaps while keying and gaps while not keying are of one kind; undefined when there were too few. */
  readonly p: number | undefined
  readonly keying: number
  readonly idle: number
  /** The cadence follows the keys, and does so in either half of the presses: one in a hundred sound rows is below the limit by chance. */
  readonly follows: boolean
}

/** @param arrivedMs of the stream's packets, in order. @param pressedMs when each key went down. All of one clock. */
export function timingVerdict(arrivedMs: readonly Milliseconds[], pressedMs: readonly Milliseconds[]): TimingVerdict {
  const whole = compare(arrivedMs, pressedMs)
  const halves = [0, 1].map((half) =>
    compare(
      arrivedMs,
      pressedMs.filter((_, i) => i % 2 === half),
      pressedMs,
    ),
  )
  const follows = isLow(whole.p) && halves.every(({ p }) => isLow(p))
  return { ...whole, follows }
}

function isLow(p: number | undefined): boolean {
  return p !== undefined && p <= P_LIMIT
}

/** @param all presses that no idle gap may lie in. */
function compare(arrivedMs: readonly number[], pressedMs: readonly number[], all = pressedMs) {
  const gaps = { keying: [] as number[], idle: [] as number[] }
  for (let i = 1; i < arrivedMs.length; i++) {
    const at = arrivedMs[i] as number
    // How far from the middle: a late packet makes one gap long and the next one short.
    const off = Math.abs(Math.round(at - (arrivedMs[i - 1] as number)) - 20)
    if (isDuring(at, pressedMs)) gaps.keying.push(off)
    else if (!isDuring(at, all)) gaps.idle.push(off)
  }
  const enough = gaps.keying.length >= LEAST_GAPS && gaps.idle.length >= LEAST_GAPS
  return {
    p: enough ? kolmogorovSmirnov(gaps.keying, gaps.idle) : undefined,
    keying: gaps.keying.length,
    idle: gaps.idle.length,
  }
}

function isDuring(at: number, pressedMs: readonly number[]): boolean {
  return pressedMs.some((pressed) => at >= pressed && at < pressed + KEY_MS)
}

/** @returns the chance that two rows come from one distribution (Numerical Recipes gives the series; ties make it err to the large side). */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): number {
  const [first, second] = [a.toSorted((x, y) => x - y), b.toSorted((x, y) => x - y)]
  let distance = 0
  for (let i = 0, j = 0; i < first.length && j < second.length; ) {
    const value = Math.min(first[i] as number, second[j] as number)
    while (i < first.length && (first[i] as number) <= value) i++
    while (j < second.length && (second[j] as number) <= value) j++
    distance = Math.max(distance, Math.abs(i / first.length - j / second.length))
  }
  const size = Math.sqrt((first.length * second.length) / (first.length + second.length))
  const lambda = (size + 0.12 + 0.11 / size) * distance
  if (lambda < 0.2) return 1
  let sum = 0
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * lambda) ** 2)
  return Math.min(1, Math.max(0, sum))
}
