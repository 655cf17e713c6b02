/**
 * An INVITE from the far end, from its arrival to the end of its call: provisional answers (reliable when the far end asks for
 * it, RFC 3262), 200 repeated until the ACK, CANCEL and BYE before the answer. `mid-dialog.ts` takes over when it stands.
 */

import type { Timer } from '../base/clock.ts'
import { callerIn } from './caller-names.ts'
import { dialogOfRequest } from './dialog.ts'
import { cseqOf, lists, type SipRequest, sdpOf } from './message.ts'
import { createMidDialog } from './mid-dialog.ts'
import { reasonIn, reasonLines } from './reason.ts'
import { replacesOf } from './refer.ts'
import { createReliable } from './reliable.ts'
import type { ServerTransaction } from './server-transactions.ts'
import type { IncomingSession, SessionEnd, SessionEvents, SipOrigin, SipReason } from './session.ts'
import { createSessionIds } from './session-ids.ts'
import { timerAsServer } from './session-timer.ts'
import type { Stack } from './stack.ts'
import { noteAllowed, pick, type Talk, withBody } from './talk.ts'
import { createTeller } from './teller.ts'
import type { Line, ResponseParts } from './write-message.ts'

/** A provisional is said again before proxies on the way give up (RFC 3261 section 13.3.1.1), ms. */
const SAY_AGAIN_MS = 60_000

export type Incoming = { readonly session: IncomingSession /** The sockets are closed. */; readonly abort: () => void }

/**
 * Opens the session of an INVITE that is past the gatekeeper; sends the 100.
 * @param trustsIdentity its sender may say whose call it is (RFC 3325). @param gone nothing of the session is left. @returns undefined when it had to be refused.
 */
export function createIncoming(
  stack: Stack,
  transaction: ServerTransaction,
  origin: SipOrigin,
  id: string,
  trustsIdentity: boolean,
  gone: () => void,
): Incoming | undefined {
  const { request, flow } = transaction
  const localTag = stack.token()
  transaction.toTag = localTag
  const dialog = dialogOfRequest(request, localTag)
  const caller = callerIn(request, origin, trustsIdentity)
  if (dialog === undefined || caller === undefined) {
    transaction.respond({ status: 400, toTag: localTag })
    gone()
    return undefined
  }
  const teller = createTeller(stack.bug)
  const ids = createSessionIds(teller.otherSessionUuid, stack.uuid)
  ids.hear(request)
  transaction.always = () => [ids.line()]
  const talk: Talk = {
    stack,
    session: id,
    dialog,
    flow,
    pinned: origin.kind === 'phone',
    account: origin.kind === 'phone' ? origin.account : undefined,
    allowance: transaction.allowance,
    credentials: undefined,
    allowed: undefined,
    keys: 'not',
    ids,
  }
  if (talk.allowance !== undefined) talk.allowance.onHeard = () => teller.tell((events) => events.onProved?.())
  noteAllowed(talk, request)
  const offer = sdpOf(request)
  const onward = recordRoutes(request)
  const isReliable = lists(request, 'require', '100rel')
  /** Until the answer: the call stands for long after it, and would keep all of the INVITE. */
  let invite: ServerTransaction | undefined = transaction
  let at: 'ringing' | 'accepting' | 'answered' | 'ended' = 'ringing'
  let sayAgain: Timer | undefined

  const respond = (parts: ResponseParts) => invite?.respond({ ...parts, toTag: localTag })

  const over = (end: SessionEnd) => {
    if (at === 'ended') return
    at = 'ended'
    sayAgain?.cancel()
    // Its transaction stays for half a minute more, and would keep all of this.
    if (talk.allowance !== undefined) talk.allowance.onHeard = undefined
    reliable.close()
    teller.tell((events) => events.onEnded(end))
    teller.close()
  }

  const refuse = (status: number, reason: SipReason | undefined, extra: readonly Line[], end: SessionEnd) => {
    respond({ status, headers: [...reasonLines(reason), ...extra] })
    over(end)
    mid.drop()
  }

  const mid = createMidDialog(talk, false, {
    offer: () => teller.offer(),
    onReoffer: (reoffer) => teller.tell((events) => events.onReoffer(reoffer)),
    onConfirmed: (body) => teller.tell((events) => events.onConfirmed(body)),
    onKey: (key) => teller.tell((events) => events.onKey(key)),
    onInfo: (type, body, answer) => teller.tell((events) => events.onInfo(type, body, answer)),
    onText: (text) => teller.tell((events) => events.onText(text)),
    onReferral: (referral) => teller.tell((events) => events.onReferral(referral)),
    onPrack: (prack) => reliable.takePrack(prack),
    onOver: (end) => {
      respond({ status: 487 })
      over(end)
    },
    onGone: gone,
  })

  const answered = { respond, cseq: cseqOf(request)?.number ?? 0 }
  const reliable = createReliable(stack, answered, {
    acknowledged: (prack, parts) => {
      if (parts.body !== undefined && parts.body.length > 0) mid.offers.agree()
      mid.offers.takePrack(prack)
    },
    lost: () => refuse(504, undefined, [], { by: 'timeout', reason: undefined }),
  })

  transaction.onCancel = (cancel) => {
    if (at === 'ringing' || at === 'accepting') refuse(487, undefined, [], { by: 'far-end', reason: reasonIn(cancel) })
  }
  transaction.respond({ status: 100 })

  const progress = (status: 180 | 183, body: string | undefined) => {
    const { type, octets } = withBody(body)
    const contact: Line = ['Contact', stack.contact(flow, dialog.isSips)]
    const parts = {
      status,
      toTag: localTag,
      headers: [contact, ...onward, ...stack.capabilities, ...type],
      body: octets,
    }
    if (isReliable) reliable.send(parts)
    else respond(parts)
    sayAgain?.cancel()
    // An answer that has its PRACK is not given again (RFC 3262 section 5).
    sayAgain = stack.clock.after(SAY_AGAIN_MS, () => progress(status, isReliable ? undefined : body))
  }

  const session: IncomingSession = {
    direction: 'incoming',
    id,
    sipCallId: dialog.callId,
    get sessionUuid() {
      return ids.far
    },
    origin,
    remote: caller.from,
    ...caller,
    offer,
    replaces: replacedBy(stack, request),
    get peer() {
      return { transport: talk.flow.transport, address: talk.flow.address, port: talk.flow.port }
    },
    get isProved() {
      return talk.allowance?.isHeard !== false
    },
    get isFocus() {
      return dialog.isFocus
    },
    localAddress: stack.localAddress(flow),
    attach: (events: SessionEvents) => teller.attach(events),
    progress: (status, body) => {
      if (at !== 'ringing') return
      // An offer of ours may not go into a provisional answer: the far end would have to answer it in a PRACK.
      progress(status, offer === undefined ? undefined : body)
    },
    accept: (body) => {
      if (at !== 'ringing') return
      at = 'accepting'
      sayAgain?.cancel()
      reliable.whenQuiet(() => {
        if (at !== 'accepting' || invite === undefined) return
        at = 'answered'
        const timer = timerAsServer(invite.request)
        const { type, octets } = withBody(body)
        const contact: Line = ['Contact', stack.contact(flow, dialog.isSips)]
        const headers = [contact, ...onward, ...stack.capabilities, ...(timer?.headers ?? []), ...type]
        mid.offers.answer(invite, { status: 200, toTag: localTag, headers, body: octets }, offer === undefined)
        invite = undefined
        mid.confirm(timer?.timer)
      })
    },
    reject: (status, reason, retryAfterSeconds) => {
      if (at !== 'ringing') return
      const after: Line[] = retryAfterSeconds === undefined ? [] : [['Retry-After', String(retryAfterSeconds)]]
      refuse(Math.min(Math.max(status, 300), 699), reason, after, { by: 'us', reason })
    },
    end: (reason) => {
      if (at === 'ringing' || at === 'accepting') {
        const given = reason?.protocol === 'SIP' && reason.cause >= 400 && reason.cause < 700 ? reason.cause : 487
        return refuse(given, reason, [], { by: 'us', reason })
      }
      if (at !== 'answered') return
      over({ by: 'us', reason })
      mid.bye(reason)
    },
    reoffer: (make, method) => mid.offers.reoffer(make, pick(talk, method)),
    hearKeys: (how) => {
      talk.keys = how
    },
    info: (type, body) => mid.info(type, body),
    text: (body) => mid.text(body),
    probe: () => mid.probe(),
    describe: () => `incoming ${id} ${at} over ${talk.flow.transport}`,
  }
  return {
    session,
    abort: () => {
      over({ by: 'transport', reason: undefined })
      mid.drop()
    },
  }
}

/** The dialog was there a moment ago (`reception.ts`). */
function replacedBy(stack: Stack, request: SipRequest): IncomingSession['replaces'] {
  const named = replacesOf(request)
  const session = named === undefined || named === 'malformed' ? undefined : stack.sessionAt(named.key)
  if (session === undefined || named === undefined || named === 'malformed') return undefined
  return { session, earlyOnly: named.earlyOnly }
}

/** Record-Route goes back in what opens a dialog (RFC 3261 section 12.1.1). */
function recordRoutes(request: SipRequest): Line[] {
  return request.names.flatMap((name, at) =>
    name === 'record-route' ? [['Record-Route', request.values[at] ?? ''] as const] : [],
  )
}
