/**
 * An INVITE of ours, from its sending to the end of its call: forks, early media, PRACK (RFC 3262 section 4), CANCEL as soon as
 * that is allowed, one answer to a challenge, 422, and ACK and BYE to every 2xx but the first.
 *
 * `onRefused` is the last word of a call that somebody else ended before its answer; after `end` it may come (487) and is
 * followed by `onEnded`. A 3xx is a refusal: where else to look is the owner's to decide.
 */

import type { Timer } from '../base/clock.ts'
import { answerOf, type Branch, earlyOffer, newBranch, prack, talkOf } from './branch.ts'
import type { ClientUser } from './client-transactions.ts'
import { createCredentialGuard } from './credential-guard.ts'
import { dialogOfResponse } from './dialog.ts'
import { type Attempt, inviteParts, peerOf } from './invite-parts.ts'
import { hearLateAnswers, refusalIn } from './late-answers.ts'
import { contactsOf, type SipResponse, sdpOf, toOf } from './message.ts'
import { createMidDialog } from './mid-dialog.ts'
import { tagOf, writeParty } from './name-addr.ts'
import { reasonIn, reasonLines } from './reason.ts'
import type { InviteOptions, OutgoingSession, SessionEnd, SipReason } from './session.ts'
import { firstLine } from './session-ids.ts'
import { minSeOf, type SessionTimer, timerAsClient } from './session-timer.ts'
import type { PendingRequest, Stack, Way } from './stack.ts'
import { acknowledge, noteAllowed, pick, type SentInvite, type Talk } from './talk.ts'
import { createTeller } from './teller.ts'
import { TIMEOUT_MS } from './timing.ts'
import type { Flow } from './transport.ts'
import { cleanUri, partyOf } from './uri.ts'
import type { Line } from './write-message.ts'

/** A call may be silent for this long after its last provisional response, ms; more than three of a proxy's minutes. */
const SILENCE_MS = 200_000

export type Outgoing = { readonly session: OutgoingSession /** The sockets are closed. */; readonly abort: () => void }

/** Calls somebody. @param way where to, worked out from the target. @param gone nothing of the session is left. */
export function createOutgoing(
  stack: Stack,
  options: InviteOptions,
  way: Way,
  identity: readonly Line[],
  id: string,
  gone: () => void,
): Outgoing {
  const { events, ...said } = options
  const { body } = said
  const target = { ...said.target, uri: cleanUri(said.target.uri) }
  const localTag = stack.token()
  const callId = stack.token() + stack.token()
  const from = writeParty(said.from, localTag)
  const guard = target.credentials === undefined ? undefined : createCredentialGuard(stack, target.credentials)
  const teller = createTeller(stack.bug)
  teller.attach(events)
  const branches = new Map<string, Branch>()
  /** Of those that took the call and know of its end, by tag: what sends their ACK again. */
  const told = new Map<string, () => void>()
  let at: 'calling' | 'cancelling' | 'answered' | 'ended' = 'calling'
  let chosen: Branch | undefined
  /** Of the far end, once its dialog is gone: the BYE to the other names it. */
  let lastUuid: string | undefined
  let confirmable:
    | {
        readonly branch: Branch
        readonly sent: SentInvite
        readonly timer: SessionTimer | undefined
        /** What its ACK says where the call is over before its offer was answered. */
        readonly refusal: string | undefined
      }
    | undefined
  let pending: PendingRequest
  /** Hears what comes once the call is over. */
  let heir: ClientUser | undefined
  let sentTo: Flow | undefined
  /** Credentials of the INVITE that was sent last. */
  let proof: readonly Line[] = []
  let isProceeding = false
  let cancelReason: SipReason | undefined
  let patience: Timer | undefined

  const made = stack.uuid()
  const otherUuid = () => teller.otherSessionUuid() ?? made
  const head = () => ({ from, callId, identity: [...identity, firstLine(otherUuid())] })
  const terms = { stack, session: id, pinned: way.to === 'flow', credentials: guard, otherUuid }

  const leave = (except?: Branch) => {
    for (const branch of branches.values()) if (branch !== except) branch.mid.drop()
  }

  const over = (end: SessionEnd) => {
    if (at === 'ended') return
    at = 'ended'
    patience?.cancel()
    teller.tell((told) => told.onEnded(end))
    teller.close()
  }

  const refused = (status: number, reason: SipReason | undefined, contacts: readonly string[] = []) => {
    if (at !== 'calling' && at !== 'cancelling') return
    const wasOurs = at === 'cancelling'
    teller.tell((told) => told.onRefused(status, reason, contacts))
    if (wasOurs) over({ by: 'us', reason: cancelReason })
    at = 'ended'
    teller.close()
    patience?.cancel()
    leave()
    if (branches.size === 0) gone()
  }

  const branchOf = (response: SipResponse, cseq: number): Branch | undefined => {
    const to = toOf(response)
    if (to === undefined) return undefined
    const branch = branches.get(tagOf(to)) ?? open(response, cseq)
    branch?.mid.talk.ids.hear(response)
    return branch
  }

  /** The call is over before the offer of its 2xx was answered. */
  const decline = () => {
    if (confirmable === undefined) return
    const { branch, sent, refusal } = confirmable
    confirmable = undefined
    branch.ackAgain = acknowledge(branch.mid.talk, sent, refusal)
  }

  const letGo = (branch: Branch) => {
    lastUuid = branch.mid.talk.ids.far
    chosen = undefined
  }

  /** Its transaction stays for half a minute more, and would keep all of this. @param last talk with the far end that was the last to go. */
  const forget = ({ flow, account }: Talk) => {
    const owed = { stack, session: id, pinned: terms.pinned, credentials: guard, from, localTag, uri: target.uri }
    const uuid = otherUuid()
    const isOffered = body !== undefined
    heir = hearLateAnswers({ ...owed, flow, account, uuid, isOffered, extra: proof, told: new Set(told.keys()) })
    told.clear()
    pending.entrust(heir)
  }

  const open = (response: SipResponse, cseq: number): Branch | undefined => {
    const dialog = dialogOfResponse({ from, localTag, uri: target.uri, cseq }, response)
    if (dialog === undefined || sentTo === undefined) return undefined
    const mid = createMidDialog(talkOf(terms, dialog, sentTo), true, {
      offer: () => teller.offer(),
      onReoffer: (reoffer) =>
        teller.tell((told) => told.onReoffer(at === 'calling' ? earlyOffer(branch, reoffer) : reoffer)),
      onConfirmed: (answer) => teller.tell((told) => told.onConfirmed(answer)),
      onKey: (key) => teller.tell((told) => told.onKey(key)),
      onInfo: (type, octets, respond) => teller.tell((told) => told.onInfo(type, octets, respond)),
      onText: (text) => teller.tell((told) => told.onText(text)),
      onReferral: (referral) => teller.tell((told) => told.onReferral(referral)),
      onPrack: (prack) => prack.respond({ status: 481 }),
      onOver: (end) => {
        // A BYE of a fork that never answered ends that fork only.
        if (chosen !== branch) return
        decline()
        over(end)
      },
      onGone: (isTold) => {
        branches.delete(dialog.remoteTag)
        if (isTold && branch.ackAgain !== undefined) told.set(dialog.remoteTag, branch.ackAgain)
        if (chosen === branch && at === 'ended') letGo(branch)
        if (at !== 'ended' || branches.size > 0) return
        forget(mid.talk)
        gone()
      },
    })
    const branch = newBranch(mid)
    branches.set(dialog.remoteTag, branch)
    return branch
  }

  const provisional = (response: SipResponse, attempt: Attempt) => {
    if (!isProceeding) {
      isProceeding = true
      if (at === 'cancelling') sendCancel()
    }
    if (at === 'calling') {
      patience?.cancel()
      patience = stack.clock.after(SILENCE_MS, lostHeart)
    }
    if (response.status === 100 || at === 'ended') return
    const to = toOf(response)
    const branch = to !== undefined && tagOf(to) !== '' ? branchOf(response, attempt.cseq) : undefined
    if (branch !== undefined) {
      noteAllowed(branch.mid.talk, response)
      if (!prack(branch, response, attempt.cseq, body !== undefined)) return
      branch.earlyBody = sdpOf(response) ?? branch.earlyBody
    }
    const early = sdpOf(response)
    if (at === 'calling') teller.tell((told) => told.onProgress(response.status, early))
  }

  const success = (response: SipResponse, attempt: Attempt) => {
    // From another address of the same name, which was given up before: its transaction is its own.
    if (heir !== undefined) return heir.onResponse(response)
    const to = toOf(response)
    const again = to === undefined ? undefined : told.get(tagOf(to))
    if (again !== undefined) return again()
    const branch = branchOf(response, attempt.cseq)
    if (branch === undefined) return
    if (branch.ackAgain !== undefined) return branch.ackAgain()
    if (confirmable?.branch === branch) return
    const { dialog } = branch.mid.talk
    const fresh = dialogOfResponse({ from, localTag, uri: target.uri, cseq: attempt.cseq }, response)
    if (fresh !== undefined) {
      // The route set of a 2xx replaces that of its early dialog (RFC 3261 section 13.2.2.4).
      dialog.remoteTarget = fresh.remoteTarget
      dialog.isFocus = fresh.isFocus
      Object.assign(dialog, { routes: fresh.routes })
    }
    noteAllowed(branch.mid.talk, response)
    if (at !== 'calling') return unwanted(branch, response, attempt)
    at = 'answered'
    patience?.cancel()
    chosen = branch
    leave(branch)
    const answer = answerOf(branch, response)
    const timer = timerAsClient(response)
    if (body === undefined) confirmable = { branch, sent: attempt, timer, refusal: refusalIn(response, false) }
    else {
      branch.ackAgain = acknowledge(branch.mid.talk, attempt, undefined)
      branch.mid.confirm(timer)
    }
    teller.tell((told) => told.onAnswered(answer))
  }

  /** A fork that answered too late, or a call that was cancelled too late: it needs an ACK before its BYE. */
  const unwanted = (branch: Branch, response: SipResponse, sent: SentInvite) => {
    stack.count('unwanted-2xx')
    branch.ackAgain = acknowledge(branch.mid.talk, sent, refusalIn(response, body !== undefined))
    branch.mid.bye(at === 'answered' ? undefined : cancelReason)
    if (at !== 'cancelling') return
    over({ by: 'us', reason: cancelReason })
    leave(branch)
  }

  const failed = (response: SipResponse, attempt: Attempt) => {
    const { status } = response
    if (at === 'calling' && attempt.mayAuthorize && guard !== undefined && (status === 401 || status === 407)) {
      const line = guard.answer(response, partsOf(attempt, sentTo), sentTo)
      if (line !== undefined) return send({ ...attempt, cseq: attempt.cseq + 1, extra: [line], mayAuthorize: false })
    }
    const minSe = status === 422 && at === 'calling' && attempt.minSe === undefined ? minSeOf(response) : undefined
    if (minSe !== undefined) return send({ ...attempt, cseq: attempt.cseq + 1, minSe })
    refused(status, reasonIn(response), contactsOf(response))
  }

  const partsOf = (attempt: Attempt, flow: Flow | undefined) =>
    inviteParts(stack, { ...said, target }, head(), attempt, flow)

  const send = (attempt: Attempt) => {
    proof = attempt.extra
    isProceeding = false
    pending = stack.request(
      // Who has challenged is asked again, not another one of the same name.
      way.to === 'uri' && sentTo !== undefined ? { ...way, otherwise: sentTo } : way,
      (flow) => {
        sentTo = flow
        guard?.met(flow)
        return partsOf(attempt, flow)
      },
      {
        onResponse: (response) => {
          if (response.status < 200) provisional(response, attempt)
          else if (response.status < 300) success(response, attempt)
          else failed(response, attempt)
        },
        onFailed: (why) => refused(why === 'timedOut' ? 408 : 503, undefined),
      },
    )
  }

  /** Who rings says so again every minute (RFC 3261 section 13.3.1.1); who does not for so long is gone, and when it rings after all nobody waits for it. */
  const lostHeart = () => {
    pending.cancel([])
    const { abandon } = pending
    stack.clock.after(TIMEOUT_MS, abandon)
    refused(408, undefined)
  }

  const sendCancel = () => {
    if (!pending.cancel(reasonLines(cancelReason))) return refused(487, undefined)
    patience?.cancel()
    patience = stack.clock.after(TIMEOUT_MS, () => {
      pending.abandon()
      refused(487, undefined)
    })
  }

  const session: OutgoingSession = {
    direction: 'outgoing',
    id,
    sipCallId: callId,
    get sessionUuid() {
      return (chosen ?? [...branches.values()].at(-1))?.mid.talk.ids.far ?? lastUuid
    },
    remote: partyOf(target.uri),
    get peer() {
      return peerOf(chosen?.mid.talk.flow ?? sentTo)
    },
    get isFocus() {
      return chosen?.mid.talk.dialog.isFocus === true
    },
    get localAddress() {
      return stack.localAddress(sentTo ?? (way.to === 'flow' ? way.flow : way.otherwise))
    },
    confirm: (answer) => {
      if (confirmable === undefined || at !== 'answered') return
      const { branch, sent, timer } = confirmable
      confirmable = undefined
      branch.ackAgain = acknowledge(branch.mid.talk, sent, answer)
      branch.mid.confirm(timer)
    },
    reoffer: (make, method) =>
      chosen === undefined
        ? Promise.resolve({ result: 'refused', status: 491 })
        : chosen.mid.offers.reoffer(make, pick(chosen.mid.talk, method)),
    hearKeys: (how) => {
      if (chosen !== undefined) chosen.mid.talk.keys = how
    },
    info: (type, octets) => chosen?.mid.info(type, octets) ?? Promise.resolve(481),
    text: (octets) => chosen?.mid.text(octets) ?? Promise.resolve(481),
    probe: () => chosen?.mid.probe() ?? Promise.resolve(481),
    end: (reason) => {
      if (at === 'calling') {
        at = 'cancelling'
        cancelReason = reason
        pending.stay()
        if (isProceeding || pending.flow() === undefined) sendCancel()
      } else if (at === 'answered' && chosen !== undefined) {
        over({ by: 'us', reason })
        decline()
        chosen.mid.bye(reason)
      }
    },
    describe: () => `outgoing ${id} ${at}, ${branches.size} branches`,
  }
  send({ cseq: 1, extra: [], minSe: undefined, mayAuthorize: true })
  return {
    session,
    abort: () => {
      over({ by: 'transport', reason: undefined })
      leave()
    },
  }
}
