/**
 * Offers after the first one: re-INVITE and UPDATE in both directions (RFC 3261 section 14, RFC 3311), one at a time. Which of them waits for which is in `offer-order.ts`.
 *
 * - Glare: theirs during ours gets 491; ours that gets 491 is made anew after 2.1 to 4 s when we made the Call-ID, else after 0 to 2 s (section 14.1), four times in all.
 * - Ours during theirs is refused with 491 at once, so that two calls joined by the owner can never wait for each other. Ours during ours waits in line.
 * - A 2xx of ours is repeated until its ACK, or until a re-INVITE shows that it came (RFC 5407 section 3.1.4); without one the call ends.
 */

import { repeatUntilStopped } from './ack-wait.ts'
import { refreshTarget, takeCSeq } from './dialog.ts'
import { cseqOf, type SipRequest, type SipResponse, sdpOf } from './message.ts'
import { judgeReinvite, judgeUpdate, type OfferStanding, type OfferVerdict } from './offer-order.ts'
import { type OfferOut, sendOffer } from './offer-out.ts'
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
import { noteAllowed, type Talk, withBody } from './talk.ts'
import type { Line, ResponseParts } from './write-message.ts'

const MAX_WAITING = 8

type Ours = Pick<OfferOut, 'method'> & {
  readonly make: (() => string | undefined) | undefined
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
  /** The first offer was answered reliably, before the final answer: the far end may offer anew by UPDATE. */
  agree(): void
  /** The first offer and answer are done: offers of ours may go out. */
  open(): void
  /** @param make absent for an UPDATE without an offer. */
  reoffer(make: (() => string | undefined) | undefined, method: 'INVITE' | 'UPDATE'): Promise<ReofferOutcome>
  takeInvite(transaction: ServerTransaction): void
  takeUpdate(transaction: ServerTransaction): void
  /** A PRACK that acknowledged a response of ours; one with an offer is answered like an UPDATE (RFC 3262 section 5). */
  takePrack(transaction: ServerTransaction): void
  takeAck(ack: SipRequest): void
  /** Sends a 2xx to an INVITE and repeats it until its ACK. @param offered it holds an offer, and the ACK has to bring the answer. */
  answer(transaction: ServerTransaction, parts: ResponseParts, offered: boolean): void
  /** The ACK that a 2xx of ours waits for: to the one that the dialog began with, or to a later one. */
  readonly awaitsAck: 'first' | 'later' | undefined
  /** No more offers; what waits is refused. */
  close(): void
}

/** @param ownsCallId we sent the INVITE that began the dialog. */
export function createOffers(talk: Talk, ownsCallId: boolean, user: OffersUser): Offers {
  const { stack, dialog } = talk
  const waiting: Ours[] = []
  let ours: Ours | undefined
  /** What the end of the call does about the offer that is out. */
  let leaveOurs = () => {}
  let theirs: ServerTransaction | undefined
  let ack:
    | { readonly cseq: number; readonly offered: boolean; readonly nth: 'first' | 'later'; readonly stop: () => void }
    | undefined
  let pause: { cancel(): void } | undefined
  let isAgreed = false
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
    const { method, make } = offer
    const body = make?.()
    ours = offer
    if (make !== undefined && body === undefined) return settleOurs(offer, 481)
    offer.tries += 1
    const giveUpLater = sendOffer(talk, { method, body }, timerHeaders(timer, minSe), {
      onFinal: (response) => finished(offer, response),
      onFailed: (status) => {
        ours = undefined
        offer.settle({ result: 'refused', status })
        if (!isClosed) user.onDead()
      },
      onSilence: () => settleOurs(offer, 408),
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
      setTimer(timerAsClient(response))
      offer.settle({ result: 'answered', body: sdpOf(response) })
      // Whoever made it takes the answer first: what is offered next goes by it.
      return queueMicrotask(pump)
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

  const standing = (): OfferStanding => ({
    isOpen,
    isOurInvite: ownsCallId,
    isAgreed,
    isTheirs: theirs !== undefined,
    isOurs: ours !== undefined,
    isOursOffering: ours?.make !== undefined,
    isAnswerDue: ack?.offered === true,
  })

  const putOff = (transaction: ServerTransaction, verdict: Exclude<OfferVerdict, 'take'>) =>
    transaction.respond(
      verdict === 'pending'
        ? { status: 491 }
        : { status: 500, headers: [['Retry-After', String(Math.floor(stack.chance() * 11))]] },
    )

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

  const answer = (transaction: ServerTransaction, parts: ResponseParts, offered: boolean) => {
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
    ack = { cseq: cseqOf(transaction.request)?.number ?? 0, offered, nth: isOpen ? 'later' : 'first', stop }
  }

  const acknowledged = ({ offered, nth, stop }: NonNullable<typeof ack>, body: string | undefined) => {
    ack = undefined
    stop()
    if (offered || nth === 'first') user.onAck(offered ? body : undefined)
  }

  const takeOffer = (transaction: ServerTransaction) => {
    const verdict = judgeUpdate(standing())
    if (verdict === 'take') hand(transaction, 'UPDATE')
    else putOff(transaction, verdict)
  }

  return {
    agree: () => {
      isAgreed = true
    },
    open: () => {
      isOpen = true
      pump()
    },
    reoffer: (make, method) =>
      new Promise((settle) => {
        if (isClosed) return settle({ result: 'refused', status: 481 })
        if (theirs !== undefined || waiting.length >= MAX_WAITING) return settle({ result: 'refused', status: 491 })
        waiting.push({ make, method, settle, tries: 0 })
        pump()
      }),
    takeInvite: (transaction) => {
      if (!inOrder(transaction)) return
      const verdict = judgeReinvite(standing())
      if (verdict !== 'take') return putOff(transaction, verdict)
      if (ack !== undefined) acknowledged(ack, undefined)
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
      takeOffer(transaction)
    },
    takePrack: (transaction) => {
      if (sdpOf(transaction.request) === undefined) return transaction.respond({ status: 200 })
      takeOffer(transaction)
    },
    takeAck: (message) => {
      if (ack === undefined || cseqOf(message)?.number !== ack.cseq) return
      acknowledged(ack, sdpOf(message))
      pump()
    },
    answer,
    get awaitsAck() {
      return ack?.nth
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
