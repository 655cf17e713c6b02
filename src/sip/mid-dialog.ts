/**
 * One dialog from its first tag to its end: every request inside it in both directions, the session timer, and the BYE.
 * What an INVITE is before its final answer is in `incoming-session.ts` and `outgoing-session.ts`.
 *
 * After the end the dialog stays known until its BYE is answered, so that crossing requests get a decent answer.
 */

import type { Timer } from '../base/clock.ts'
import { infoFormOf } from '../base/info-key.ts'
import { type Dialog, dialogKey, takeCSeq } from './dialog.ts'
import { ALLOW_EVENTS, accepted, eventOf, infoTypes } from './gatekeeper.ts'
import { mayHoldDigits } from './info-cut.ts'
import { toWire, withoutControls } from './lexical.ts'
import { contentTypeOf, type SipRequest } from './message.ts'
import { createOffers, type Offers } from './offers.ts'
import { createQuestions } from './questions.ts'
import { reasonIn, reasonLines } from './reason.ts'
import { createReferrals } from './referrals.ts'
import type { ServerTransaction } from './server-transactions.ts'
import type { HeardKey, Referral, Reoffer, SessionEnd, SipReason } from './session.ts'
import { actAfterMs, type SessionTimer } from './session-timer.ts'
import type { Stack } from './stack.ts'
import { ask, follow, type InDialog, pick, type Talk } from './talk.ts'
import type { SipText } from './text.ts'
import { openText } from './text-in.ts'
import { typeOfText } from './text-out.ts'
import type { Flow } from './transport.ts'
import type { ResponseParts } from './write-message.ts'

/** A refused session refresh is tried again at half of what is left, as long as that is more than this, ms. */
const LAST_TRY_MS = 10_000

export type MidDialogUser = {
  /** @returns our offer as it is now. */
  offer(): string | undefined
  onReoffer(reoffer: Reoffer): void
  onConfirmed(body: string | undefined): void
  onKey(key: HeardKey): void
  onInfo(contentType: string, body: Uint8Array, respond: (status: number) => void): void
  onText(text: SipText): void
  onReferral(referral: Referral): void
  /** PRACK: the one request that belongs to the INVITE itself. */
  onPrack(transaction: ServerTransaction): void
  /** A BYE came, or the call is dead. Comes once, and not after `bye`. */
  onOver(end: SessionEnd): void
  /** Nothing of the dialog is left. @param isTold the far end knows: it has said BYE, or answered ours. */
  onGone(isTold: boolean): void
}

export type MidDialog = {
  readonly talk: Talk
  readonly offers: Offers
  /** The call stands: offers go out, BYE is the way to end it, the timer runs. */
  confirm(timer: SessionTimer | undefined): void
  info(contentType: string, body: Uint8Array): Promise<number>
  text(body: Uint8Array): Promise<number>
  probe(): Promise<number>
  /** Sends PRACK and the like. */
  ask(request: InDialog, done: (status: number) => void): void
  /** Ends the call: BYE at once, or as soon as our 2xx has its ACK and the far end the last news of its REFER. May be called twice. */
  bye(reason: SipReason | undefined): void
  /** Forgets everything, no BYE. May be called twice. */
  drop(): void
}

/** @param ownsCallId we sent the INVITE that began the dialog. */
export function createMidDialog(talk: Talk, ownsCallId: boolean, user: MidDialogUser): MidDialog {
  const { stack, dialog } = talk
  const key = keyOf(dialog)
  let isOver = false
  let isGone = false
  let isConfirmed = false
  let heldBye: { readonly reason: SipReason | undefined } | undefined
  let sessionTimer: Timer | undefined
  let refusesUpdate = false
  const questions = createQuestions(talk)

  const leave = (isTold: boolean) => {
    if (isGone) return
    isGone = true
    isOver = true
    offers.close()
    referrals.close()
    sessionTimer?.cancel()
    questions.close()
    stack.forget(key)
    user.onGone(isTold)
  }
  const drop = () => leave(false)

  const sendBye = (reason: SipReason | undefined) => {
    heldBye = undefined
    sessionTimer?.cancel()
    offers.close()
    ask(
      talk,
      { method: 'BYE', headers: reasonLines(reason), body: new Uint8Array(0) },
      (response) => {
        if (response.status >= 200) leave(true)
      },
      drop,
    )
  }

  /** The far end is lost: say BYE into the dark and be done. */
  const die = () => {
    if (heldBye !== undefined) return sendBye(heldBye.reason)
    if (isOver) return
    isOver = true
    sendBye({ protocol: 'SIP', cause: 408, text: 'No sign of life' })
    user.onOver({ by: 'timeout', reason: undefined })
  }

  /** @returns whether the far end agreed. */
  const refresh = async (): Promise<boolean> => {
    const method = refusesUpdate ? 'INVITE' : pick(talk, 'UPDATE')
    const outcome = await offers.reoffer(method === 'UPDATE' ? undefined : () => user.offer(), method)
    if (outcome.result === 'refused') {
      refusesUpdate ||= method === 'UPDATE' && outcome.status !== 491
      return false
    }
    // The answer may name another address, or another key (RFC 3264 section 8).
    if (outcome.body !== undefined) user.onConfirmed(outcome.body)
    return true
  }

  /** @param expiresMs a time of the clock; when absent the interval begins now. */
  const armTimer = (timer: SessionTimer | undefined, expiresMs?: number) => {
    sessionTimer?.cancel()
    sessionTimer = undefined
    if (timer === undefined || isOver || !isConfirmed) return
    const untilMs = expiresMs ?? stack.clock.now() + timer.seconds * 1000
    const leftMs = () => untilMs - stack.clock.now()
    const armed = stack.clock.after(actAfterMs(timer, leftMs()), async () => {
      if (!timer.weRefresh) return die()
      // Who has refreshed it himself meanwhile has armed it anew.
      if ((await refresh()) || sessionTimer !== armed) return
      // A call whose far end answers, if only to refuse, is not given up by us.
      armTimer(timer, leftMs() > LAST_TRY_MS ? untilMs : undefined)
    })
    sessionTimer = armed
  }

  const offers = createOffers(talk, ownsCallId, {
    onReoffer: (reoffer) => user.onReoffer(reoffer),
    onAck: (body) => user.onConfirmed(body),
    onTimer: armTimer,
    onDead: die,
  })

  const referrals = createReferrals(talk, (referral) => user.onReferral(referral))

  const takeBye = (transaction: ServerTransaction) => {
    transaction.respond({ status: 200 })
    offers.close()
    if (isOver) {
      // A BYE of ours that still waited for its ACK is not needed any more.
      if (heldBye !== undefined) leave(true)
      return
    }
    isOver = true
    user.onOver({ by: 'far-end', reason: reasonIn(transaction.request) })
    leave(true)
  }

  /** The body was blanked when it came in; what keys come in lies in the slip, until this message is dealt with. */
  const takeKey = ({ request, respond }: ServerTransaction) => {
    const { keySlip } = stack
    if (keySlip === undefined || infoFormOf(contentTypeOf(request)) === undefined)
      return respond({ status: 415, headers: [infoTypes(keySlip)] })
    respond({ status: 200 })
    if (!isConfirmed || talk.keys === 'not') return
    if (talk.keys === 'plain') {
      const code = keySlip.read()
      if (code >= 0) user.onKey({ how: 'plain', code })
      return
    }
    const sealed = keySlip.seal()
    if (sealed !== undefined) user.onKey({ how: 'sealed', sealed })
  }

  const takeInfo = (transaction: ServerTransaction) => {
    const { request, respond } = transaction
    if (request.body.length === 0) return respond({ status: 200 })
    if (mayHoldDigits(contentTypeOf(request))) return takeKey(transaction)
    let isAnswered = false
    user.onInfo(contentTypeOf(request), request.body, (status) => {
      if (isAnswered) return
      isAnswered = true
      respond({ status: status >= 200 && status < 700 ? status : 500 })
    })
  }

  /** Before the call stands there is nobody to write to. */
  const takeText = (text: SipText) => (isConfirmed ? user.onText(text) : text.respond(480))

  const tell = async (request: InDialog): Promise<number> => (isOver || !isConfirmed ? 481 : questions.put(request))

  const always = () => [talk.ids.line()]

  const receive = (transaction: ServerTransaction, source: Flow) => {
    const { request } = transaction
    const { method } = request
    talk.allowance?.heard()
    talk.ids.hear(request)
    transaction.always = always
    follow(talk, source)
    if (method === 'BYE') return takeCSeq(dialog, request) ? takeBye(transaction) : transaction.respond({ status: 500 })
    if (isOver) return transaction.respond({ status: 481 })
    if (method === 'INVITE') return offers.takeInvite(transaction)
    if (method === 'UPDATE') return offers.takeUpdate(transaction)
    if (!takeCSeq(dialog, request)) return transaction.respond({ status: 500 })
    if (method === 'PRACK') return user.onPrack(transaction)
    if (method === 'INFO') return takeInfo(transaction)
    if (method === 'MESSAGE') return takeText(openText(stack, transaction, []))
    // A dialog of a call is not shared with a subscription to dialogs (RFC 6665 section 4.5.1).
    if (method === 'SUBSCRIBE' && eventOf(request) !== 'refer')
      return transaction.respond({ status: 489, headers: [ALLOW_EVENTS] })
    if (method === 'SUBSCRIBE') return referrals.subscribe(transaction)
    if (method === 'REFER') return isConfirmed ? referrals.take(transaction) : transaction.respond({ status: 491 })
    transaction.respond(simpleAnswer(request, stack))
  }

  stack.register(key, {
    session: talk.session,
    receive,
    always,
    receiveAck: (message) => {
      talk.allowance?.heard()
      talk.ids.hear(message)
      const { awaitsAck } = offers
      offers.takeAck(message)
      if (offers.awaitsAck !== undefined) return false
      if (heldBye !== undefined) sendBye(heldBye.reason)
      return awaitsAck !== undefined
    },
  })

  return {
    talk,
    offers,
    confirm: (timer) => {
      isConfirmed = true
      offers.open()
      armTimer(timer)
    },
    info: (contentType, body) =>
      tell({ method: 'INFO', headers: [['Content-Type', withoutControls(toWire(contentType))]], body }),
    text: (body) => tell({ method: 'MESSAGE', headers: typeOfText(body), body }),
    // Who has never said ACK in half a minute is not there, and gets nothing but BYE (RFC 3261 section 13.3.1.4).
    probe: async () => (isOver || !isConfirmed || offers.awaitsAck === 'first' ? 481 : questions.probe()),
    ask: (request, done) => {
      ask(
        talk,
        request,
        (response) => {
          if (response.status >= 200) done(response.status)
        },
        done,
      )
    },
    bye: (reason) => {
      if (isOver) return
      isOver = true
      sessionTimer?.cancel()
      heldBye = { reason }
      if (offers.awaitsAck !== undefined) return
      referrals.whenTold(() => {
        if (heldBye !== undefined) sendBye(reason)
      })
    },
    drop,
  }
}

/** @returns the dialog's name among all. */
export function keyOf(dialog: Dialog): string {
  return dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag)
}

/** What needs no thought: OPTIONS, and methods we do not speak inside a call. */
function simpleAnswer(request: SipRequest, { capabilities, keySlip, takesText }: Stack): ResponseParts {
  if (request.method === 'OPTIONS') return { status: 200, headers: [...capabilities, accepted(keySlip, takesText)] }
  return { status: 405, headers: capabilities }
}
