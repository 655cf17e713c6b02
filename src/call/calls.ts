/**
 * The calls of this node: the door of the room. Takes new sessions from `sip`, starts and stops secure sessions for the API and for the
 * feature code, tells listeners what happened, and keeps the calls that ended for a while.
 */

import { asFault, fault } from '../base/fault.ts'
import { makeId } from '../base/ids.ts'
import type { IncomingSession } from '../sip/session.ts'
import type { Validation } from '../vault/contract.ts'
import { type AgentField, checkAgentFields } from './agent-fields.ts'
import { Call } from './call.ts'
import type { CallView } from './call-view.ts'
import type { CallWorld } from './call-world.ts'
import { cardPlan } from './card-flow.ts'
import type { CallEvent, CallListener } from './events.ts'
import { closedGates, type GateFault, type Starter } from './gates.ts'
import { createHistory } from './history.ts'
import { reasonFor } from './refusal.ts'
import type { SecureRecord } from './secure-record.ts'

export type CallsOptions = Omit<CallWorld, 'emit' | 'quietLimitMs'> & {
  /** The validation service with its certificates loaded; undefined when there is none, and then no secure session starts. */
  readonly validation: () => Validation | undefined
  /** A leg is released when nothing came from it for so long though packets are due, ms. Default 30,000. */
  readonly quietLimitMs?: number
  /** Ended calls that are remembered. Default 1000. */
  readonly historySize?: number
}

export type SecureRequest = {
  /** The agent's form: plain data that goes along with the caller's entry. */
  readonly fields: readonly AgentField[]
  readonly startedBy: Starter
}

export type Calls = {
  /** A new session of `sip`. */
  onIncoming(session: IncomingSession): void
  /** Calls that stand, oldest first. */
  list(): readonly CallView[]
  /** Calls that ended, newest first. */
  ended(): readonly CallView[]
  /** A call that stands or is remembered. */
  get(callId: string): CallView | undefined
  /** Every gate that is closed. @throws Fault `call.not-found` */
  whyNot(callId: string, starter: Starter): readonly GateFault[]
  /** Caller and agent are being parted when the promise resolves. @throws Fault `call.not-found`, `secure.*` */
  startSecureSession(callId: string, request: SecureRequest): Promise<{ readonly sessionId: string }>
  /** Wipes and rejoins. A session that is over already is left alone. @throws Fault `call.not-found`, `secure.not-found` */
  cancelSecureSession(callId: string, sessionId: string): void
  /** Oldest first. @throws Fault `call.not-found` */
  secureSessions(callId: string): readonly SecureRecord[]
  /** Ends a call; a secure session in it is wiped first. @throws Fault `call.not-found` */
  hangUp(callId: string): void
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
const SECOND_MS = 1000

export function createCalls(options: CallsOptions): Calls {
  const { clock, config, random, log, vaultPool } = options
  const calls = new Map<string, Call>()
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
  const world: CallWorld = { ...options, emit, quietLimitMs: options.quietLimitMs ?? QUIET_LIMIT_MS }

  const onEnded = (callId: string) => {
    const call = calls.get(callId)
    if (call === undefined) return
    calls.delete(callId)
    history.add(call.view())
    if (calls.size === 0) for (const done of waiting.splice(0)) done()
  }
  const onFeatureCode = (callId: string, account: string | undefined) => {
    start(callId, { fields: [], startedBy: { by: 'feature-code', account } }).catch((thrown: unknown) => {
      const { code } = asFault(thrown)
      emit({ type: 'secure.not-started', atMs: clock.now(), callId, fault: code, startedBy: 'feature-code' })
    })
  }
  const theCall = (callId: string): Call => {
    const call = calls.get(callId)
    if (call === undefined) throw fault('call.not-found', { callId })
    return call
  }
  const gates = (call: Call, starter: Starter) =>
    closedGates(
      {
        enabled: config.secureInput.enabled,
        validationReady: options.validation() !== undefined,
        vaultAvailable: vaultPool.available,
        draining,
        bridged: call.state === 'bridged',
        sessionRuns: call.state === 'secure',
        conference: call.pair.isConference,
        callerHeld: call.pair.leg('caller')?.held === true,
        agentAccount: call.pair.account('agent'),
      },
      starter,
    )
  const start = async (callId: string, request: SecureRequest) => {
    const call = theCall(callId)
    const [closed] = gates(call, request.startedBy)
    if (closed !== undefined) throw fault(closed, { callId })
    const refusal = checkAgentFields(request.fields)
    if (refusal !== undefined) throw fault(refusal.fault, { callId, field: refusal.field })
    const validation = options.validation()
    if (validation === undefined) throw fault('secure.no-validation', { callId })
    const { secureInput } = config
    const flow = {
      fieldNames: secureInput.fieldNames,
      locale: secureInput.language,
      attempts: secureInput.attempts,
      allowedBrands: secureInput.allowedBrands,
      firstDigitMs: secureInput.firstDigitSeconds * SECOND_MS,
      interDigitMs: secureInput.interDigitSeconds * SECOND_MS,
      sessionMs: secureInput.sessionSeconds * SECOND_MS,
      validation,
    }
    const sessionId = makeId(random, 'secure-')
    call.startSecure(request.startedBy.by, sessionId, cardPlan(flow, sessionId, request.fields))
    return { sessionId }
  }
  const emptied = () =>
    calls.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push(resolve))

  return {
    onIncoming(session) {
      if (draining) {
        session.reject(503, reasonFor(503), RETRY_AFTER_SECONDS)
        return
      }
      const call = new Call(world, { onFeatureCode, onEnded }, session)
      calls.set(call.callId, call)
      call.start()
    },
    list: () => [...calls.values()].map((call) => call.view()),
    ended: () => history.list(),
    get: (callId) => calls.get(callId)?.view() ?? history.get(callId),
    whyNot: (callId, starter) => gates(theCall(callId), starter),
    startSecureSession: start,
    cancelSecureSession(callId, sessionId) {
      const found = theCall(callId).secures.find((session) => session.sessionId === sessionId)
      if (found === undefined) throw fault('secure.not-found', { callId })
      found.cancel()
    },
    secureSessions(callId) {
      const view = calls.get(callId)?.view() ?? history.get(callId)
      if (view === undefined) throw fault('call.not-found', { callId })
      return view.secureSessions
    },
    hangUp: (callId) => theCall(callId).hangUp('cancelled'),
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
      for (const call of [...calls.values()]) call.hangUp('shutting-down')
      return emptied()
    },
  }
}
