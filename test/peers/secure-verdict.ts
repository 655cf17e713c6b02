/** How a secure session may leave the two people and the server: joined again, or released; tidy in both cases. */

import type { Outcome } from '../../src/vault/contract.ts'
import type { Bench, BridgedCall } from './call-bench.ts'

export const failed = (reason: Extract<Outcome, { result: 'failed' }>['reason']): Outcome => ({
  result: 'failed',
  reason,
})
type T = {
  same: (a: unknown, b: unknown, says: string) => boolean
  match: (a: unknown, b: unknown, says: string) => boolean
}

/** Both hear each other again, the agent after a chime, and nothing of the session is left open. */
export function isRejoined(t: T, bench: Bench, call: BridgedCall): void {
  const { callerPort, agentPort, callId } = call
  t.same(
    bench.media.hears.get(callerPort.portId),
    { kind: 'port', portId: agentPort.portId },
    'the caller hears the agent',
  )
  t.same(
    bench.media.hears.get(agentPort.portId),
    { kind: 'port', portId: callerPort.portId },
    'the agent hears the caller',
  )
  t.match(bench.media.assigned.at(-1), { portId: agentPort.portId, chime: true }, 'after a chime')
  t.match(bench.calls.get(callId), { state: 'bridged' }, 'the call goes on')
  isTidy(t, bench)
}

/** Both are told by BYE, no port is open. */
export function isReleased(t: T, bench: Bench, call: BridgedCall, ending: string): void {
  t.match(bench.calls.ended()[0], { callId: call.callId, ending }, `the call ended: ${ending}`)
  t.same([call.caller.over, call.agent.over], [true, true], 'both legs are over')
  t.same([...bench.media.hears.keys()], [], 'no port is left')
  t.same(bench.clock.pending, 0, 'no timer is left')
  isTidy(t, bench)
}

export function isTidy(t: T, bench: Bench): void {
  t.same(bench.media.openHandles, 0, 'no socket is left open')
  t.same(bench.breaches, [], 'no breach')
  // What is wrong with a validation service or with the vaults is logged, and is no defect of control.
  const defects = bench.faults.filter((code) => !/^(validation|vault)\./.test(code))
  t.same(defects, [], 'no defect')
}

/** @returns the lines of the journal that are named, in their order. */
export function order(bench: Bench, ...lines: string[]): string[] {
  return bench.journal.filter((line) => lines.includes(line))
}
