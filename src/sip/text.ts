/** Texts that people write to each other (MESSAGE, RFC 3428), as the rest of Sotto sees them: octets, in which card numbers are masked. Types only. */

import type { Milliseconds } from '../base/units.ts'
import type { IncomingSession, InviteOptions, SipReason } from './session.ts'

/** A text that waits for its answer. */
export type SipText = {
  /** UTF-8, of at most `MAX_TEXT_BYTES`; it is not kept, and no string is made of it. */
  readonly body: Uint8Array
  /** Called once, with a final status: 202 says that it was taken and not that it has come (section 7). */
  respond(status: number, reason?: SipReason): void
}

/** Outside of a call. */
export type IncomingText = SipText &
  Pick<
    IncomingSession,
    'origin' | 'from' | 'target' | 'assertedIdentity' | 'isPrivate' | 'maxForwards' | 'localAddress'
  >

/** How to pass one on outside of a call. */
export type TextOptions = Omit<InviteOptions, 'body' | 'events'> & {
  readonly body: Uint8Array
  /** How long an answer is waited for, of all far ends together: then it is 408, and nothing is sent again. As long as their transactions when absent. */
  readonly patienceMs?: Milliseconds
}
