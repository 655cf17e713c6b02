/**
 * Offers after the first one: re-INVITE and UPDATE in both directions (RFC 3261 section 14, RFC 3311), one at a time.
 *
 * - Glare: theirs during ours gets 491; ours that gets 491 is tried again after 2.1 to 4 s when we made the Call-ID, else
 *   after 0 to 2 s (section 14.1), four times in all.
 * - Theirs during theirs gets 500 with Retry-After. Ours during theirs is refused with 491 at once, so that two calls joined by
 *   the owner can never wait for each other. Ours during ours waits in line.
 * - A 2xx of ours is repeated until its ACK; without one the call ends.
 */

import type { Timer } from '../base/clock.ts'
import { repeatUntilStopped } from './ack-wait.ts'
import { refreshTarget, takeCSeq } from './dialog.ts'
import { cseqOf, type SipRequest, type SipResponse, sdpOf } from './message.ts'
import { MAX_TRIES, retryDelayMs } from './offer-retry.ts'
import type { ServerTransaction } from './server-transactions.ts'
import type { Reoffer, ReofferOutcome } from './session.ts'
import {
  isTooBrief,
  MIN_SE_SECONDS,
  minSeOf,
  type SessionTimer,
  timerAsClient,
  timerAsServer,
  timerHeaders,
} from './session-timer.ts'
import { acknowledge, ask, noteAllowed, type Talk, withBody } from './talk.ts'
import { TIMEOUT_MS } from './timing.ts'
import type { Line, ResponseParts } from './write-message.ts'

const MAX_WAITING = 8
/** ms that the far end may think about an offer of ours before it is cancelled. */
const PATIENCE_MS = 60_000

type Ours = {
  /** Absent for a session refresh without an offer. */
  readonly body: string | undefined
  readonly method: 'INVITE' | 'UPDATE'
  readonly settle: (outcome: ReofferOutcome) => void
  tries: number
}

export type OffersUser = {
  onReoffer(reoffer: Reoffer): void
  /** ACK to a 2xx of ours that carried an offer, or to the first one. */
  onAck(body: string | undefined): void
  onTimer(timer: SessionTimer | undefined): void
  /** The far end does not know the dialog any more, or sent no ACK: the call is over and needs a BYE. */
  onDead(): void
}

export type Offers = {
  /** The first offer and answer are done: offers of ours may go out. */
  open(): void
  reoffer(body: string | undefined, method: 'INVITE' | 'UPDATE'): Promise<ReofferOutcome>
  takeInvite(transaction: ServerTransaction): void
  takeUpdate(transaction: ServerTransaction): void
  takeAck(ack: SipRequest): void
  /** Sends a 2xx to an INVITE and repeats it until its ACK. */
  answer(transaction: ServerTransaction, parts: ResponseParts, tellAck: boolean): void
  /** A 2xx of ours waits for its ACK. */
  readonly awaitsAck: boolean
  /** No more offers; what waits is refused. */
  close(): void
}

/** @param early what an UPDATE with an offer gets before the first offer is answered: 491 when that one is ours, else 500. */
export function createOffers(talk: Talk, ownsCallId: boolean, early: 491 | 500, user: OffersUser): Offers {
  const { stack, dialog } = talk
  const waiting: Ours[] = []
  let ours: Ours | undefined
  /** What the end of the call does about the offer that is out. */
  let leaveOurs = () => {}
  let theirs: ServerTransaction | undefined
  let ack: { readonly cseq: number; readonly tell: boolean; readonly stop: () => void } | undefined
  let pause: { cancel(): void } | undefined
  let isOpen = false
  let isClosed = false
  let timer: SessionTimer | undefined
  let minSe: number | undefined

  const setTimer = (next: SessionTimer | undefined) => {
    timer = next
    user.onTimer(next)
  }

  const pump = () => {
    if (isClosed || !isOpen || ours !== undefined || theirs !== undefined || ack !== undefined || pause !== undefined)
      return
    const next = waiting.shift()
    if (next !== undefined) send(next)
  }

  const send = (offer: Ours) => {
    ours = offer
    offer.tries += 1
    const { type, octets } = withBody(offer.body)
    const contact: Line = ['Contact', stack.contact(talk.flow, talk.dialog.isSips)]
    const headers = [contact, ...stack.capabilities, ...timerHeaders(timer, minSe), ...type]
    let again: (() => void) | undefined
    let limit: Timer | undefined
    const request = ask(
      talk,
      { method: offer.method, headers, body: octets },
      (response, sent) => {
        if (response.status < 200) return
        if (again !== undefined) return again()
        limit?.cancel()
        if (response.status < 300) {
          refreshTarget(dialog, response)
          noteAllowed(talk, response)
          if (offer.method === 'INVITE') again = acknowledge(talk, sent.cseq, undefined)
        }
        finished(offer, response)
      },
      (status) => {
        limit?.cancel()
        ours = undefined
        offer.settle({ result: 'refused', status })
        if (!isClosed) user.onDead()
      },
    )
    const giveUpLater = () => {
      limit?.cancel()
      limit = stack.clock.after(TIMEOUT_MS, () => {
        request.abandon()
        settleOurs(offer, 408)
      })
    }
    // Without a final answer an INVITE lasts for ever once a provisional has come.
    limit = stack.clock.after(PATIENCE_MS, () => {
      if (offer.method === 'INVITE') request.cancel([])
      giveUpLater()
    })
    leaveOurs = () => {
      offer.settle({ result: 'refused', status: 481 })
      giveUpLater()
    }
  }

  const settleOurs = (offer: Ours, status: number) => {
    offer.settle({ result: 'refused', status })
    if (ours !== offer) return
    ours = undefined
    pump()
  }

  const finished = (offer: Ours, response: SipResponse) => {
    ours = undefined
    if (isClosed) return offer.settle({ result: 'refused', status: 481 })
    const { status } = response
    if (status < 300) {
      if (offer.body !== undefined) talk.localBody = offer.body
      setTimer(timerAsClient(response))
      offer.settle({ result: 'answered', body: sdpOf(response) })
      return pump()
    }
    if (status === 422) minSe = minSeOf(response)
    const retryMs = offer.tries < MAX_TRIES ? retryDelayMs(response, ownsCallId, stack.chance()) : undefined
    if (retryMs !== undefined) return retryLater(offer, retryMs)
    offer.settle({ result: 'refused', status })
    if (status === 481 || status === 408) return user.onDead()
    pump()
  }

  const retryLater = (offer: Ours, ms: number) => {
    waiting.unshift(offer)
    pause = stack.clock.after(ms, () => {
      pause = undefined
      pump()
    })
  }

  const busy = (transaction: ServerTransaction) =>
    transaction.respond({ status: 500, headers: [['Retry-After', String(Math.floor(stack.chance() * 11))]] })

  /** @returns whether the request may go on: in order, and not too brief a timer. */
  const inOrder = ({ request, respond }: ServerTransaction): boolean => {
    if (!takeCSeq(dialog, request)) {
      respond({ status: 500 })
      return false
    }
    if (!isTooBrief(request)) return true
    respond({ status: 422, headers: [['Min-SE', String(MIN_SE_SECONDS)]] })
    return false
  }

  const hand = (transaction: ServerTransaction, method: 'INVITE' | 'UPDATE') => {
    const { request } = transaction
    const body = sdpOf(request)
    theirs = transaction
    const isStillOpen = () => theirs === transaction && !isClosed
    user.onReoffer({
      method,
      body,
      accept: (answerBody) => {
        if (!isStillOpen()) return
        theirs = undefined
        talk.localBody = answerBody ?? talk.localBody
        const parts = accepted(transaction, answerBody)
        if (method === 'INVITE') answer(transaction, parts, body === undefined)
        else transaction.respond(parts)
        pump()
      },
      reject: (status, retryAfterSeconds) => {
        if (!isStillOpen()) return
        theirs = undefined
        const after: Line[] = retryAfterSeconds === undefined ? [] : [['Retry-After', String(retryAfterSeconds)]]
        transaction.respond({ status: Math.min(Math.max(status, 400), 699), headers: after })
        pump()
      },
    })
  }

  const accepted = ({ request, flow }: ServerTransaction, body: string | undefined): ResponseParts => {
    refreshTarget(dialog, request)
    noteAllowed(talk, request)
    const agreed = timerAsServer(request)
    setTimer(agreed?.timer)
    const { type, octets } = withBody(body)
    const contact: Line = ['Contact', stack.contact(flow, talk.dialog.isSips)]
    return { status: 200, headers: [contact, ...stack.capabilities, ...(agreed?.headers ?? []), ...type], body: octets }
  }

  const answer = (transaction: ServerTransaction, parts: ResponseParts, tell: boolean) => {
    transaction.respond(parts)
    const stop = repeatUntilStopped(
      stack.clock,
      () => {
        stack.count('retransmitted')
        transaction.respond(parts)
      },
      () => {
        ack = undefined
        stack.count('no-ack')
        user.onDead()
      },
    )
    ack = { cseq: cseqOf(transaction.request)?.number ?? 0, tell, stop }
  }

  return {
    open: () => {
      isOpen = true
      pump()
    },
    reoffer: (body, method) =>
      new Promise((settle) => {
        if (isClosed) return settle({ result: 'refused', status: 481 })
        if (theirs !== undefined || waiting.length >= MAX_WAITING) return settle({ result: 'refused', status: 491 })
        waiting.push({ body, method, settle, tries: 0 })
        pump()
      }),
    takeInvite: (transaction) => {
      if (!inOrder(transaction)) return
      if (!isOpen || theirs !== undefined)
        return ack === undefined ? busy(transaction) : transaction.respond({ status: 491 })
      if (ours !== undefined || ack !== undefined) return transaction.respond({ status: 491 })
      transaction.respond({ status: 100 })
      transaction.onCancel = () => {
        transaction.respond({ status: 487 })
        if (theirs === transaction) theirs = undefined
        pump()
      }
      hand(transaction, 'INVITE')
    },
    takeUpdate: (transaction) => {
      if (!inOrder(transaction)) return
      if (sdpOf(transaction.request) === undefined) return transaction.respond(accepted(transaction, undefined))
      if (theirs !== undefined) return busy(transaction)
      if (ours?.body !== undefined || (ack?.tell && isOpen)) return transaction.respond({ status: 491 })
      if (!isOpen) return early === 491 ? transaction.respond({ status: 491 }) : busy(transaction)
      hand(transaction, 'UPDATE')
    },
    takeAck: (message) => {
      if (ack === undefined || cseqOf(message)?.number !== ack.cseq) return
      const { tell, stop } = ack
      ack = undefined
      stop()
      if (tell) user.onAck(sdpOf(message))
      pump()
    },
    answer,
    get awaitsAck() {
      return ack !== undefined
    },
    close: () => {
      if (isClosed) return
      isClosed = true
      ack?.stop()
      ack = undefined
      pause?.cancel()
      if (ours !== undefined) leaveOurs()
      theirs?.respond({ status: 487 })
      theirs = undefined
      for (const each of waiting.splice(0)) each.settle({ result: 'refused', status: 481 })
    },
  }
}
