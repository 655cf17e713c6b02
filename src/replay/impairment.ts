/** A network that is worse than the one a capture was taken on: loss, bursts, duplicates, reordering and jitter, the same for the same seed. */

import type { Milliseconds } from '../base/units.ts'

/** A packet and when it arrives. */
export type Arrival = { readonly atMs: Milliseconds; readonly bytes: Uint8Array }

/** Parts are from 0 to 1. */
export type Impairment = {
  readonly seed: number
  /** Packets lost one by one. */
  readonly loss: number
  /** Packets with which a burst of `burstLength` losses begins. */
  readonly bursts: number
  readonly burstLength: number
  readonly duplicates: number
  /** Packets that arrive after the one behind them. */
  readonly reordering: number
  /** Longest delay that is added to a packet. */
  readonly jitterMs: Milliseconds
}

export const UNIMPAIRED: Impairment = {
  seed: 1,
  loss: 0,
  bursts: 0,
  burstLength: 3,
  duplicates: 0,
  reordering: 0,
  jitterMs: 0,
}

const PERCENT = ['loss', 'bursts', 'duplicates', 'reordering'] as const
const WHOLE = ['seed', 'burstLength', 'jitterMs'] as const
/** Names on the command line that differ from ours. */
const SPELLINGS: Readonly<Record<string, string>> = { burst: 'burstLength', jitter: 'jitterMs' }
/** How late a duplicate arrives. */
const AGAIN_MS = 1

/** @param text like `loss=10,bursts=2,burst=3,duplicates=5,reordering=5,jitter=60,seed=7`; parts in per cent. @returns undefined when it cannot be read. */
export function impairmentFrom(text: string): Impairment | undefined {
  const found: Record<string, number> = {}
  for (const item of text.split(',')) {
    const [, spelled = '', number = ''] = /^([a-z]+)=(\d{1,9}(?:\.\d{1,3})?)$/.exec(item.trim()) ?? []
    const name = SPELLINGS[spelled] ?? spelled
    const value = Number(number)
    if (PERCENT.some((one) => one === name) && value <= 100) found[name] = value / 100
    else if (WHOLE.some((one) => one === name) && Number.isInteger(value)) found[name] = value
    else return undefined
  }
  return { ...UNIMPAIRED, ...found }
}

/** @returns what arrives, in the order of its arrival. */
export function impair(packets: readonly Arrival[], impairment: Impairment): readonly Arrival[] {
  const random = randomFrom(impairment.seed)
  const arrivals: Arrival[] = []
  let burst = 0
  for (const { atMs, bytes } of packets) {
    // Every packet takes as many numbers, so that one kind of trouble does not shift the others.
    const [lost, burstBegins, again, late, delay] = [random(), random(), random(), random(), random()] as const
    if (burst > 0) {
      burst--
      continue
    }
    if (burstBegins < impairment.bursts) {
      burst = impairment.burstLength - 1
      continue
    }
    if (lost < impairment.loss) continue
    const arrivesMs = atMs + delay * impairment.jitterMs
    arrivals.push({ atMs: arrivesMs, bytes })
    if (again < impairment.duplicates) arrivals.push({ atMs: arrivesMs + AGAIN_MS, bytes })
    const before = arrivals.at(-2)
    if (late < impairment.reordering && before !== undefined) {
      arrivals[arrivals.length - 2] = { atMs: before.atMs, bytes }
      arrivals[arrivals.length - 1] = { atMs: arrivesMs, bytes: before.bytes }
    }
  }
  return arrivals.sort((a, b) => a.atMs - b.atMs)
}

/** Mulberry32: the same numbers from 0 to below 1 for the same seed, on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let v = Math.imul(state ^ (state >>> 15), 1 | state)
    v = (v + Math.imul(v ^ (v >>> 7), 61 | v)) ^ v
    return ((v ^ (v >>> 14)) >>> 0) / 4294967296
  }
}
