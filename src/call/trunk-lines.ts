/**
 * How many calls a trunk carries at once, and how fast new ones come, both directions together. A call takes its lines when it arrives and gives
 * them back when it is over; what is too much is refused and counted.
 */

import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config-schema.ts'
import type { FaultCode } from '../base/faults.ts'

export type LineFault = FaultCode & ('call.trunk-full' | 'call.trunk-too-fast')

export type TrunkLoad = {
  readonly trunk: string
  readonly calls: number
  /** Since the start. */
  readonly refused: Readonly<Record<LineFault, number>>
}

export type TrunkLines = {
  /** @returns what gives the line back, which may be called twice; or why there is none. */
  take(trunk: string): (() => void) | LineFault
  view(): readonly TrunkLoad[]
  /** From now on these limits count. Calls that have a line keep it; of a trunk that is gone it goes with them. */
  replace(trunks: readonly Limits[]): void
}

type Limits = Pick<Config['trunks'][number], 'name' | 'maxCalls' | 'maxCallsPerSecond'>
type Row = {
  limits: Limits
  isGone: boolean
  calls: number
  tokens: number
  atMs: number
  readonly refused: Record<LineFault, number>
}

const SECOND_MS = 1000

export function createTrunkLines(trunks: readonly Limits[], clock: Pick<Clock, 'now'>): TrunkLines {
  const rows = new Map<string, Row>()
  const add = (limits: Limits) => {
    rows.set(limits.name, {
      limits,
      isGone: false,
      calls: 0,
      tokens: limits.maxCallsPerSecond ?? 0,
      atMs: clock.now(),
      refused: { 'call.trunk-full': 0, 'call.trunk-too-fast': 0 },
    })
  }
  trunks.forEach(add)

  const faultOf = (row: Row): LineFault | undefined => {
    const { maxCalls, maxCallsPerSecond } = row.limits
    if (maxCallsPerSecond !== undefined) {
      const nowMs = clock.now()
      row.tokens = Math.min(maxCallsPerSecond, row.tokens + ((nowMs - row.atMs) * maxCallsPerSecond) / SECOND_MS)
      row.atMs = nowMs
      if (row.tokens < 1) return 'call.trunk-too-fast'
    }
    return maxCalls !== undefined && row.calls >= maxCalls ? 'call.trunk-full' : undefined
  }

  return {
    take(trunk) {
      const row = rows.get(trunk)
      if (row === undefined || row.isGone) return () => undefined
      const fault = faultOf(row)
      if (fault !== undefined) {
        row.refused[fault] += 1
        return fault
      }
      row.tokens -= 1
      row.calls += 1
      let isTaken = true
      return () => {
        if (isTaken) row.calls -= 1
        isTaken = false
        if (row.isGone && row.calls === 0 && rows.get(trunk) === row) rows.delete(trunk)
      }
    },
    view: () => [...rows].map(([trunk, { calls, refused }]) => ({ trunk, calls, refused: { ...refused } })),
    replace(next) {
      for (const row of rows.values()) row.isGone = true
      for (const limits of next) {
        const row = rows.get(limits.name)
        if (row === undefined) add(limits)
        else {
          // What was saved up for a second of the old pace is not spent at once at the new one.
          const rate = limits.maxCallsPerSecond ?? 0
          const isNew = row.limits.maxCallsPerSecond === undefined
          row.tokens = isNew ? rate : Math.min(row.tokens, rate)
          row.limits = limits
          row.isGone = false
        }
      }
      for (const [name, { isGone, calls }] of rows) if (isGone && calls === 0) rows.delete(name)
    },
  }
}
