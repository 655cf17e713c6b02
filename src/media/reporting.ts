/** What a port remembers from one RTCP report to the next (RFC 3550 section 6.4). */

import type { Milliseconds } from '../base/units.ts'
import type { ReportBlock } from '../rtp/rtcp.ts'

export type Reporting = {
  nextDueMs: Milliseconds
  /** Reports that were taken since then, an interval at most. */
  taken: number
  takenSinceMs: Milliseconds
  /** Middle 32 bits of the NTP time of the last sender report that came, 0 = none. */
  lastSr: number
  lastSrAtMs: Milliseconds
  /** Packets sent at the last report: whether the next is a sender's. */
  packetsAtReport: number
  roundTripMs: Milliseconds | undefined
  mostRoundTripMs: Milliseconds
  /** What the far end said last of our packets. */
  farEnd: ReportBlock | undefined
}

/** RFC 3550 section 6.2: five seconds on average. */
export const REPORT_MS: Milliseconds = 5000
/** Reports that are taken in an interval: a far end sends one or two, and to read one costs more than to relay a packet. */
const MOST_TAKEN = 5

export function createReporting(nowMs: Milliseconds): Reporting {
  return {
    // Half the interval for the first one (section 6.2).
    nextDueMs: nowMs + REPORT_MS / 2,
    taken: 0,
    takenSinceMs: nowMs,
    lastSr: 0,
    lastSrAtMs: 0,
    packetsAtReport: 0,
    roundTripMs: undefined,
    mostRoundTripMs: 0,
    farEnd: undefined,
  }
}

/** Counts a report that has come. @returns whether it is to be read: what is beyond measure is a flood. */
export function mayRead(reporting: Reporting, nowMs: Milliseconds): boolean {
  if (nowMs - reporting.takenSinceMs >= REPORT_MS) {
    reporting.takenSinceMs = nowMs
    reporting.taken = 0
  }
  reporting.taken++
  return reporting.taken <= MOST_TAKEN
}
