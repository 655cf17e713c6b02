/**
 * The last things before a secure session begins: every sink is off, and its opening is on the disk. Neither needs the call to stand still, so
 * the gates are asked once more afterwards.
 */

import type { AuditTrail, Opening, SinkState } from '../audit/contract.ts'
import { asFault, fault } from '../base/fault.ts'
import { maskCardNumbers, maskNumber } from '../base/mask.ts'
import type { CallWorld } from './call-world.ts'
import type { GateFault, Starter } from './gates.ts'
import { silence } from './sinks.ts'

export type Admission = {
  readonly sessionId: string
  readonly callId: string
  readonly startedBy: Starter
  readonly flow: { readonly id: string; readonly version?: number }
  /** By which the two ends are known from end to end (RFC 7989). */
  readonly ends: Pick<Opening, 'callerUuid' | 'agentUuid'>
  /** @returns the gate that has closed meanwhile. */
  readonly closedGate: () => GateFault | undefined
}

/** What a session begins with. */
export type Admitted = {
  /** Number of the record of its opening. */
  readonly record: number
  /** When it was asked for; the times of sinks and of the audit's facts count from then. */
  readonly requestedMs: number
  readonly sinks: readonly SinkState[]
}

type AdmissionWorld = Pick<CallWorld, 'audit' | 'sinks' | 'clock' | 'log'>

/** @throws Fault `secure.sink-not-off`, `secure.no-audit`, or the gate that closed: nothing was begun then, and every sink is on again. */
export async function admit(world: AdmissionWorld, admission: Admission): Promise<Admitted> {
  const { audit, clock } = world
  const { sessionId, callId, flow, ends } = admission
  const requestedMs = clock.now()
  const silenced = await silence(world.sinks ?? [], callId, clock, requestedMs)
  if ('refusedBy' in silenced) {
    const refused = fault('secure.sink-not-off', { callId, reason: silenced.refusedBy })
    world.log.fault(refused)
    throw refused
  }
  const sinks = silenced.states
  try {
    const startedBy = starterOf(admission.startedBy)
    const record = await audit.open({ kind: 'opened', sessionId, callId, startedBy, flow, ...tellable(ends), sinks })
    const closed = admission.closedGate()
    if (closed === undefined) return { record, requestedMs, sinks }
    void recordRefusal(audit, admission, closed)
    throw fault(closed, { callId })
  } catch (thrown) {
    release(world, callId)
    const cause = asFault(thrown)
    throw cause.code.startsWith('audit.') ? fault('secure.no-audit', { callId }, cause) : cause
  }
}

/** Every sink may have the call again. */
export function release({ sinks = [] }: Pick<CallWorld, 'sinks'>, callId: string): void {
  for (const sink of sinks) sink.turnOn(callId)
}

async function recordRefusal(audit: AuditTrail, { sessionId, callId }: Admission, closed: GateFault): Promise<void> {
  await audit.close({ kind: 'closed', sessionId, callId, ending: 'not-started', fault: closed }).catch(() => undefined)
}

/** A far end makes its half up itself, and could write a number into it: one in 400 looks so by chance, and is left out as well. */
function tellable({ callerUuid = '', agentUuid = '' }: Admission['ends']): Admission['ends'] {
  const isPlain = (uuid: string) => uuid !== '' && maskCardNumbers(uuid) === uuid
  return { ...(isPlain(callerUuid) ? { callerUuid } : {}), ...(isPlain(agentUuid) ? { agentUuid } : {}) }
}

/** An account may be an extension or a whole telephone number: of the latter the mask alone is kept. */
function starterOf(startedBy: Starter): { readonly by: Starter['by']; readonly account?: string } {
  const account = startedBy.by === 'feature-code' ? startedBy.account : undefined
  if (account === undefined) return { by: startedBy.by }
  return { by: startedBy.by, account: /\d{7}/.test(account) ? maskNumber(account) : account }
}
