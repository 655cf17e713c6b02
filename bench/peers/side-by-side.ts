/** Relays measured in turn, round by round in one run, so that what else the machine does meets all of them alike; the middle of the rounds counts. */

import type { RelayKind } from './relay.ts'
import { type Load, type LoadProgram, measure, type Seen } from './rtp-load.ts'

export type Row = Seen & { readonly name: string; readonly calls: number }

/** A generator that needs more of its core, or sends later, may itself be what is seen. */
const FULL_LOAD_PERCENT = 92
const LATE_MS = 10
/** What a person still does not notice, and what the largest number of calls is told by. */
export const MAX_LOST_PERCENT = 0.1
const MAX_P99_MS = 10

/** Measures every relay at one load. @param onRun is told of every run. @returns a row a relay, in their order. */
export async function sideBySide(
  program: LoadProgram,
  kinds: readonly RelayKind[],
  load: Load,
  rounds: number,
  onRun: (row: Row) => void,
): Promise<Row[]> {
  const runs = kinds.map((): Row[] => [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < kinds.length; turn++) {
      // Nobody is always first.
      const at = (turn + round) % kinds.length
      const kind = kinds[at] as RelayKind
      const row = { name: kind.name, calls: load.calls, ...(await measure(program, kind, load)) }
      runs[at]?.push(row)
      onRun(row)
    }
  }
  return runs.map(middle)
}

/** @returns the median of every figure by itself; of what was lost or came oddly, the mean, so that no round is forgotten. */
function middle(runs: readonly Row[]): Row {
  const [first] = runs as [Row]
  const of = (figure: keyof Seen): number =>
    runs.map((row) => row[figure]).toSorted((a, b) => a - b)[runs.length >> 1] ?? 0
  const mean = (figure: keyof Seen): number => runs.reduce((sum, row) => sum + row[figure], 0) / runs.length
  return {
    name: first.name,
    calls: first.calls,
    packets: of('packets'),
    lostPercent: mean('lostPercent'),
    reordered: mean('reordered'),
    odd: mean('odd'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    maxMs: of('maxMs'),
    cpuMicrosPerPacket: of('cpuMicrosPerPacket'),
    relayPercent: of('relayPercent'),
    loadPercent: of('loadPercent'),
    loadLateMs: of('loadLateMs'),
    loadStalls: mean('loadStalls'),
  }
}

/** @returns whether the generator was at its own limit, so that the row says little of the relay. */
export function loadIsFull({ loadPercent, loadLateMs, loadStalls }: Seen): boolean {
  return loadPercent > FULL_LOAD_PERCENT || loadLateMs > LATE_MS || loadStalls >= 1
}

export type Knee = {
  readonly name: string
  /** The largest number of calls that went well, to a tenth. */
  readonly calls: number
  /** What the next larger number failed by. */
  readonly because: 'loss' | 'delay' | 'the generator is at its limit'
}

export type KneeOptions = {
  readonly startCalls: number
  readonly maxCalls: number
  /** Latency is part of it, or only loss. */
  readonly byDelay: boolean
}

/** Looks for the largest number of calls that a relay carries well. */
export async function knee(
  program: LoadProgram,
  kind: RelayKind,
  load: Omit<Load, 'calls'>,
  { startCalls, maxCalls, byDelay }: KneeOptions,
  onRun: (row: Row) => void,
): Promise<Knee> {
  let good = 0
  let bad = maxCalls + 1
  let because: Knee['because'] = 'the generator is at its limit'
  for (let calls = startCalls; bad - good > Math.max(1, good / 10) && calls <= maxCalls; ) {
    const row = { name: kind.name, calls, ...(await measure(program, kind, { ...load, calls })) }
    onRun(row)
    const failure = failureOf(row, byDelay)
    if (failure === undefined) good = calls
    else {
      bad = calls
      because = failure
    }
    calls = bad > maxCalls ? calls * 2 : Math.round((good + bad) / 2)
  }
  return { name: kind.name, calls: good, because }
}

function failureOf(row: Row, byDelay: boolean): Knee['because'] | undefined {
  const failed = row.lostPercent >= MAX_LOST_PERCENT ? 'loss' : byDelay && row.p99Ms >= MAX_P99_MS ? 'delay' : undefined
  return failed !== undefined && loadIsFull(row) ? 'the generator is at its limit' : failed
}
