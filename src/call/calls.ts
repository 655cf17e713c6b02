/**
 * The calls of this node: the door of the room. Takes new sessions from `sip`, starts and stops secure sessions for the API and for the
 * feature code, tells listeners what happened, and keeps the calls that ended for a while.
 */

import type { SealedRecord } from '../audit/contract.ts'
import { asFault, fault } from '../base/fault.ts'
import type { IncomingSession, IncomingText, Watching } from '../sip/session.ts'
import { Call } from './call.ts'
import { createCallBook } from './call-book.ts'
import type { CallView } from './call-view.ts'
import type { CallConfig, CallWorld, Parted } from './call-world.ts'
import { isEmergency } from './emergency.ts'
import type { CallEvent, CallListener } from './events.ts'
import type { GateFault } from './gates.ts'
import { createHistory } from './history.ts'
import { type CallQuality, measure } from './leg-quality.ts'
import { mayPickUp } from './pick-up-rules.ts'
import { pickUp } from './pick-ups.ts'
import { createRecordings, type RecordingTerms } from './recordings.ts'
import { reasonFor } from './refusal.ts'
import type { SecureOrder } from './secure-orders.ts'
import type { SecureRecord } from './secure-record.ts'
import type { SecureSession } from './secure-session.ts'
import { createSessionStarter, type SecureRequest, type StarterOptions } from './session-starter.ts'
import { createTexts, isAnyParted } from './texts.ts'
import type { FindSession } from './transfers.ts'
import { createTrunkLines, type TrunkLoad } from './trunk-lines.ts'
import { dialogsIn } from './watching.ts'

export type CallsOptions = Omit<CallWorld, 'emit' | 'quietLimitMs' | 'lines' | 'recordings'> &
  StarterOptions & {
    /** Nothing is recorded when absent. */
    readonly recording?: RecordingTerms
    /** A leg is released when nothing came from it for so long though packets are due, ms. Default 30,000. */
    readonly quietLimitMs?: number
    /** Ended calls that are remembered. Default 1000. */
    readonly historySize?: number
  }

/** What anybody can check with `sotto verify`. */
export type SessionAudit = {
  readonly sessionId: string
  readonly publicKey: string
  /** Opening and closing, as they stand in the trail. */
  readonly records: readonly SealedRecord[]
}

export type Calls = {
  /** A new session of `sip`. */
  onIncoming(session: IncomingSession): void
  /** A text that somebody wrote outside of any call. */
  onText(text: IncomingText): void
  /** How busy each trunk is. */
  trunks(): readonly TrunkLoad[]
  /** How many stand. */
  readonly size: number
  /** Calls that stand, oldest first: a picture of each. */
  list(): readonly CallView[]
  /** Calls that ended, newest first. */
  ended(): readonly CallView[]
  /** A call that stands or is remembered. */
  get(callId: string): CallView | undefined
  /** The call that stands and has the dialog of this Call-ID. */
  ofDialog(sipCallId: string): CallView | undefined
  /** Every gate that is closed. @throws Fault `call.not-found`, `secure.not-found` */
  whyNot(callId: string, request: SecureRequest): readonly GateFault[]
  /** Caller and agent are being parted when the promise resolves. @throws Fault `call.not-found`, `secure.*` */
  startSecureSession(callId: string, request: SecureRequest): Promise<{ readonly sessionId: string }>
  /** Wipes and rejoins. A session that is over already is left alone. @throws Fault `call.not-found`, `secure.not-found` */
  cancelSecureSession(callId: string, sessionId: string): void
  /** @throws Fault `call.not-found`, `secure.*` when it is not possible */
  orderSecureSession(callId: string, sessionId: string, order: SecureOrder): void
  /** Oldest first. @throws Fault `call.not-found` */
  secureSessions(callId: string): readonly SecureRecord[]
  /** The audit record of a session, as far as it is on the disk. @throws Fault `call.not-found`, `secure.not-found` */
  audit(callId: string, sessionId: string): SessionAudit
  /** How the legs of a call sound just now, or sounded. @throws Fault `call.not-found` */
  quality(callId: string): Promise<CallQuality>
  /** Ends a call; a secure session in it is wiped first. @throws Fault `call.not-found` */
  hangUp(callId: string): void
  /** What phones may be told of each other's dialogs (RFC 4235). */
  readonly watching: Watching
  /** What begins from now on, a call, a leg or a secure session, does so by this configuration; what has begun keeps what it began with. */
  reconfigure(config: CallConfig): void
  /** @returns the function that ends the subscription. */
  subscribe(listener: CallListener): () => void
  /** Takes no new calls and no new secure sessions. @returns when the last call has ended. */
  drain(): Promise<void>
  /** Ends every call; entries are wiped first. @returns when the last call has ended. */
  endAll(): Promise<void>
}

const QUIET_LIMIT_MS = 30_000
const HISTORY_SIZE = 1000
const RETRY_AFTER_SECONDS = 30

export function createCalls(options: CallsOptions): Calls {
  const { clock, log } = options
  const calls = createCallBook<Call>()
  const history = createHistory(options.historySize ?? HISTORY_SIZE)
  const listeners = new Set<CallListener>()
  const waiting: (() => void)[] = []
  let draining = false

  const emit = (event: CallEvent) => {
    for (const listener of [...listeners]) {
      try {
        listener(event)
      } catch (thrown) {
        log.fault(thrown, { callId: event.callId })
      }
    }
  }
  let current = options.config
  const lines = createTrunkLines(current.trunks, clock)
  const recordings = createRecordings({ terms: options.recording, clock, emit })
  const world: CallWorld & StarterOptions = {
    ...options,
    lines,
    emit,
    recordings,
    get sinks() {
      return [...(options.sinks ?? []), ...recordings.sinks]
    },
    quietLimitMs: options.quietLimitMs ?? QUIET_LIMIT_MS,
    get config() {
      return current
    },
  }
  const starter = createSessionStarter(world, () => draining)
  const parted = () => calls.all().flatMap(({ parted = [] }) => parted)
  const texts = createTexts(world, parted)

  const onEnded = (callId: string) => {
    const call = calls.remove(callId)
    if (call === undefined) return
    starter.forget(callId)
    history.add(call.view())
    void measureEnded(call)
    if (calls.size === 0) for (const done of waiting.splice(0)) done()
  }
  /** The ports say their last numbers a moment after the call is over. */
  const measureEnded = async (call: Call) => {
    const { callId, pair } = call
    pair.quality = await measure(pair)
    history.replace(call.view())
    if (call.view().bridgedAtMs === undefined) return
    for (const side of ['caller', 'agent'] as const) {
      const quality = pair.quality[side]
      if (quality !== undefined) emit({ type: 'call.measured', atMs: clock.now(), callId, side, quality })
    }
  }
  const onFeatureCode = (callId: string, account: string | undefined) => {
    start(callId, { startedBy: { by: 'feature-code', account } }).catch((thrown: unknown) => {
      const { code } = asFault(thrown)
      emit({ type: 'secure.not-started', atMs: clock.now(), callId, fault: code, startedBy: 'feature-code' })
    })
  }
  const findSession: FindSession = (sessionId) => {
    for (const { pair, transfers } of calls.with(sessionId)) {
      const role = pair.roleOf(sessionId)
      if (role !== undefined) return { of: transfers, role }
    }
    return undefined
  }
  const isParted = (ends: Parted) => isAnyParted(ends, parted())
  const owner = { onNamed: calls.named, onFeatureCode, isParted, onEnded, onAudited: history.replace, findSession }
  const theCall = (callId: string): Call => {
    const call = calls.get(callId)
    if (call === undefined) throw fault('call.not-found', { callId })
    return call
  }
  const sessionOf = (callId: string, sessionId: string): SecureSession => {
    const session = theCall(callId).secures.list.find((each) => each.sessionId === sessionId)
    if (session === undefined) throw fault('secure.not-found', { callId })
    return session
  }
  const start = async (callId: string, request: SecureRequest) => starter.start(theCall(callId), request)
  /** The last call has ended, and what is recorded is on the disk. */
  const emptied = async () => {
    if (calls.size > 0) await new Promise<void>((resolve) => void waiting.push(resolve))
    await recordings.settled()
  }

  return {
    onIncoming(session) {
      if (draining && !isEmergency(current, session.origin, session.target.user)) {
        session.reject(503, reasonFor(503), RETRY_AFTER_SECONDS)
        return
      }
      // First, since a phone that rings with early media is in its call already.
      if (pickUp(world, calls, session)) return
      if (session.replaces !== undefined) {
        const found = findSession(session.replaces.session)
        // There was such a dialog, and its call is over, or there is nothing to be taken (RFC 3891 section 3).
        if (found === undefined) session.reject(603, reasonFor(603))
        else found.of.replaced(found.role, session)
        return
      }
      const call = new Call(world, owner, session)
      calls.add(call)
      call.start()
    },
    onText: texts.pass,
    trunks: lines.view,
    get size() {
      return calls.size
    },
    list: () => calls.all().map((call) => call.view()),
    ended: () => history.list(),
    get: (callId) => calls.get(callId)?.view() ?? history.get(callId),
    ofDialog: (sipCallId) =>
      calls
        .with(sipCallId)
        .find((call) => call.has(sipCallId))
        ?.view(),
    whyNot: (callId, request) => starter.whyNot(theCall(callId), request),
    startSecureSession: start,
    cancelSecureSession: (callId, sessionId) => sessionOf(callId, sessionId).cancel(),
    orderSecureSession: (callId, sessionId, order) => sessionOf(callId, sessionId).order(order),
    secureSessions(callId) {
      const view = calls.get(callId)?.view() ?? history.get(callId)
      if (view === undefined) throw fault('call.not-found', { callId })
      return view.secureSessions
    },
    audit(callId, sessionId) {
      const view = calls.get(callId)?.view() ?? history.get(callId)
      if (view === undefined) throw fault('call.not-found', { callId })
      if (!view.secureSessions.some((session) => session.sessionId === sessionId))
        throw fault('secure.not-found', { callId })
      return { sessionId, publicKey: options.audit.publicKey, records: options.audit.recordsOf(sessionId) }
    },
    async quality(callId) {
      const standing = calls.get(callId)
      if (standing !== undefined) return measure(standing.pair)
      const view = history.get(callId)
      if (view === undefined) throw fault('call.not-found', { callId })
      const [caller, agent] = [view.callerLeg?.quality, view.agentLeg?.quality]
      return { ...(caller === undefined ? {} : { caller }), ...(agent === undefined ? {} : { agent }) }
    },
    watching: {
      may: (account, watched) => mayPickUp(current, account, watched),
      dialogs: () => dialogsIn(calls.all()),
    },
    hangUp: (callId) => theCall(callId).hangUp('cancelled'),
    reconfigure(config) {
      current = config
      lines.replace(config.trunks)
      texts.replace(config.trunks)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    drain() {
      draining = true
      return emptied()
    },
    endAll() {
      draining = true
      for (const call of calls.all()) call.hangUp('shutting-down')
      return emptied()
    },
  }
}
