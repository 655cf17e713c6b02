/**
 * When an offer of ours that was refused is worth another try: after 491 (RFC 3261 section 14.1), after a 500 that says when
 * (RFC 3311 section 5.2), and at once after a 422 that names a longer interval (RFC 4028 section 7.4).
 */

import { parseDigits } from './lexical.ts'
import { headerOf, type SipResponse } from './message.ts'
import { minSeOf } from './session-timer.ts'

/** Tries of one offer in all. */
export const MAX_TRIES = 4
/** Longest Retry-After that is worth waiting for, seconds. */
const MAX_RETRY_AFTER = 10

/**
 * @param ownsCallId whether we made the Call-ID: the two ends wait in bands that do not meet, 2.1 to 4 s and 0 to 2 s.
 * @param chance from 0 up to 1. @returns ms to wait, undefined when the refusal is final.
 */
export function retryDelayMs(response: SipResponse, ownsCallId: boolean, chance: number): number | undefined {
  switch (response.status) {
    case 491:
      return ownsCallId ? 2100 + 10 * Math.floor(chance * 191) : 10 * Math.floor(chance * 201)
    case 422:
      return minSeOf(response) === undefined ? undefined : 0
    case 500: {
      const seconds = parseDigits(/^\d+/.exec(headerOf(response, 'retry-after') ?? '')?.[0] ?? '', MAX_RETRY_AFTER)
      return seconds === undefined ? undefined : seconds * 1000
    }
    default:
      return undefined
  }
}
