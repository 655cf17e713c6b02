/** An offer of ours on its way: its request, the ACK to each 2xx, and the end of patience with a far end that says nothing final. */

import type { Timer } from '../base/clock.ts'
import { refreshTarget } from './dialog.ts'
import type { SipResponse } from './message.ts'
import { acknowledge, ask, type FailedStatus, noteAllowed, type Talk, withBody } from './talk.ts'
import { TIMEOUT_MS } from './timing.ts'
import type { Line } from './write-message.ts'

/** ms that the far end may think about an offer of ours before it is cancelled. */
const PATIENCE_MS = 60_000

export type OfferOut = {
  readonly method: 'INVITE' | 'UPDATE'
  /** Absent for a session refresh without an offer. */
  readonly body: string | undefined
}

export type OfferOutUser = {
  /** The final answer; a 2xx has its ACK. */
  onFinal(response: SipResponse): void
  /** None came, or it could not be sent. */
  onFailed(status: FailedStatus): void
  /** A provisional came, and nothing more; it is given up. */
  onSilence(): void
}

/** @param more headers beside the usual ones. @returns what gives it up if no final answer comes soon. */
export function sendOffer(
  talk: Talk,
  { method, body }: OfferOut,
  more: readonly Line[],
  user: OfferOutUser,
): () => void {
  const { stack, dialog } = talk
  const { type, octets } = withBody(body)
  const contact: Line = ['Contact', stack.contact(talk.flow, dialog.isSips)]
  let again: (() => void) | undefined
  let limit: Timer | undefined
  const request = ask(
    talk,
    { method, headers: [contact, ...stack.capabilities, ...more, ...type], body: octets },
    (response, sent) => {
      if (response.status < 200) return
      if (again !== undefined) return again()
      limit?.cancel()
      if (response.status < 300) {
        refreshTarget(dialog, response)
        noteAllowed(talk, response)
        if (method === 'INVITE') again = acknowledge(talk, sent, undefined)
      }
      user.onFinal(response)
    },
    (status) => {
      limit?.cancel()
      user.onFailed(status)
    },
  )
  const giveUpLater = () => {
    limit?.cancel()
    limit = stack.clock.after(TIMEOUT_MS, () => {
      request.abandon()
      user.onSilence()
    })
  }
  // Without a final answer an INVITE lasts for ever once a provisional has come.
  limit = stack.clock.after(PATIENCE_MS, () => {
    if (method === 'INVITE') request.cancel([])
    giveUpLater()
  })
  return giveUpLater
}
