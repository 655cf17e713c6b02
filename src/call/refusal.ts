/**
 * Final statuses of a B2BUA: which of several refusals the placing leg gets (RFC 3261 section 16.7, step 6, as far as it makes sense for
 * two dialogs that are not one), and what a status of the far side means on this side. What was really said goes into Reason.
 */

import type { SipReason } from '../sip/session.ts'

/** Only these say something about the callee; the rest is between us and the far side, and means "not now" to the placing leg. */
const PASSED_ON = new Set([400, 403, 404, 408, 410, 413, 414, 415, 416, 420, 480, 482, 483, 484, 485, 486, 488])
/** When whoever is refused with 503 may try again. */
const RETRY_AFTER_SECONDS = 5
/** Reason texts for those we send ourselves. */
const TEXTS: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  480: 'Temporarily Unavailable',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  486: 'Busy Here',
  488: 'Not Acceptable Here',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
  603: 'Decline',
}

/**
 * @returns the status that tells the placing leg most: a global refusal, then busy, then what the callee said, then "no answer", then
 * trouble on the way. @param statuses as the far sides gave them; 480 when there are none.
 */
export function bestStatus(statuses: readonly number[]): number {
  const mapped = statuses.map(mapStatus)
  const rank = (status: number) => {
    if (status >= 600) return 0
    if (status === 486) return 1
    if (status === 480 || status === 408) return 3
    return status < 500 ? 2 : 4
  }
  return mapped.toSorted((a, b) => rank(a) - rank(b))[0] ?? 480
}

/**
 * @returns a far side's final as we give it to the placing leg. A redirection that was not followed (`redirect.ts`) is "not now"; credentials are ours and not the caller's (RFC 3261
 * section 16.7, step 8); a 503 would take this server out of service for its peers, so it becomes 500 (step 6).
 */
export function mapStatus(status: number): number {
  if (status >= 600) return status <= 606 ? status : 603
  if (status >= 500) return 500
  if (status === 401 || status === 407) return 500
  return PASSED_ON.has(status) ? status : 480
}

/** @returns the Reason header of a status (RFC 3326). */
export function reasonFor(status: number): SipReason {
  return { protocol: 'SIP', cause: status, text: TEXTS[status] ?? 'Call Failed' }
}

/**
 * @param told the Reason of the far side that refused; that of the status when absent.
 * @returns what the placing leg is refused with: status, Reason, and for 503 the seconds after which to try again (RFC 3261 section 20.33).
 */
export function rejectionOf(status: number, told?: SipReason): readonly [number, SipReason, number | undefined] {
  return [status, told ?? reasonFor(status), status === 503 ? RETRY_AFTER_SECONDS : undefined]
}

/** Q.850 cause 16: an ordinary end of a call (ITU-T Q.850 table 1). */
export const NORMAL_CLEARING: SipReason = { protocol: 'Q.850', cause: 16, text: 'Normal call clearing' }
/** Q.850 cause 41: a process of ours, or the media path, failed. */
export const TEMPORARY_FAILURE: SipReason = { protocol: 'Q.850', cause: 41, text: 'Temporary failure' }
/** Q.850 cause 102: nothing was heard for too long. */
export const RECOVERY_ON_TIMER: SipReason = { protocol: 'Q.850', cause: 102, text: 'Recovery on timer expiry' }
/** RFC 3326 section 3.1: another contact answered. */
export const ANSWERED_ELSEWHERE: SipReason = { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' }
