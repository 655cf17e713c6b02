/** What a port remembers from one RTCP report to the next (RFC 3550 section 6.4). */

import type { Milliseconds } from '../base/units.ts'
import type { ReportBlock } from '../rtp/rtcp.ts'

export type Reporting = {
  nextDueMs: Milliseconds
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

export function createReporting(nowMs: Milliseconds): Reporting {
  return {
    // Half the interval for the first one (section 6.2).
    nextDueMs: nowMs + REPORT_MS / 2,
    lastSr: 0,
    lastSrAtMs: 0,
    packetsAtReport: 0,
    roundTripMs: undefined,
    mostRoundTripMs: 0,
    farEnd: undefined,
  }
}
