/** Puts a secure session together: the call's side, the audit of what happens on it, and the session itself. */

import { type Admitted, release } from './admission.ts'
import type { CallWorld } from './call-world.ts'
import type { Pair } from './pair.ts'
import { auditSession } from './secure-audit.ts'
import { SecureSession } from './secure-session.ts'
import type { ChosenSession } from './secure-terms.ts'
import { rejoinWorldOf, type SecureWorld, secureWorldOf } from './secure-world.ts'

export type SecureBegin = ChosenSession & {
  readonly callId: string
  readonly admitted: Admitted
  readonly pair: Pair
  /** What the call makes of the session's end, and of a media process that fails it. */
  readonly told: Pick<SecureWorld, 'rejoined' | 'released' | 'mediaFailed'>
  /** The audit record is closed. */
  readonly onAudited: () => void
}

/** @returns the session; it has not started. */
export function beginSecure(call: CallWorld, begin: SecureBegin): SecureSession {
  const { clock, emit, vaultPool, log } = call
  const { callId, sessionId, startedBy, flow, form, retryOf, plan, admitted, pair } = begin
  const onFault = (thrown: unknown) => log.fault(thrown, { callId })
  const ids = () => ({ atMs: clock.now(), callId, sessionId })
  const audit = auditSession({
    sessionId,
    callId,
    trail: call.audit,
    clock,
    requestedMs: admitted.requestedMs,
    sinks: admitted.sinks,
    world: secureWorldOf(pair, clock, releasing(call, begin)),
    vaultPool,
    rejoin: rejoinWorldOf(pair, clock),
    mediaProcessId: pair.place?.processId,
    attestationOf: (processId) => call.attestationOf?.(processId),
    onOneWay: (side, repair) => emit({ type: 'secure.one-way', ...ids(), side, repair }),
    onClosed: (auditClosed, quality) => {
      session.note({
        auditClosed,
        toCallerMs: quality?.toCallerMs,
        toAgentMs: quality?.toAgentMs,
        repairs: quality?.repairs.length ?? 0,
      })
      begin.onAudited()
    },
    onBug: onFault,
  })
  const session = new SecureSession({
    sessionId,
    callId,
    startedBy,
    flow,
    form,
    retryOf,
    plan,
    vaultPool: audit.vaultPool,
    clock,
    world: audit.world,
    audit,
    auditRecord: admitted.record,
    emit,
    onFault,
  })
  return session
}

/**
 * Every sink may have the call again, before anybody can begin the next session, which turns them off for itself. Nothing is relayed to one until
 * the join, which is behind it: commands to a media process keep their order.
 */
function releasing(call: CallWorld, { callId, told }: Pick<SecureBegin, 'callId' | 'told'>): SecureBegin['told'] {
  return {
    ...told,
    rejoined: () => {
      release(call, callId)
      told.rejoined()
    },
    released: (ending) => {
      release(call, callId)
      told.released(ending)
    },
  }
}
