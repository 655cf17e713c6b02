/**
 * Why a secure session can't start just now (PC-22): every gate that is closed, the one that matters most first. Pure, so that the same answer
 * serves the start itself and the agent who asks "why not?".
 */

import type { FaultCode } from '../base/faults.ts'
import type { FoundFlow } from '../flow/index.ts'

/** Who wants to start. */
export type Starter =
  /** Somebody with a token of the API; its rights were checked there. */
  | { readonly by: 'token' }
  /** The phone that the feature code was keyed on. */
  | { readonly by: 'feature-code'; readonly account: string | undefined }

/** What the gates look at. */
export type GateView = {
  readonly enabled: boolean
  readonly validationReady: boolean
  readonly vaultAvailable: boolean
  readonly draining: boolean
  /** Sessions can be recorded just now. */
  readonly auditAvailable: boolean
  /** No vault lacks what the configuration demands of it. */
  readonly vaultProtected: boolean
  readonly bridged: boolean
  readonly sessionRuns: boolean
  readonly conference: boolean
  /** A call to an emergency number. */
  readonly emergency: boolean
  readonly callerHeld: boolean
  /** The caller's sound is in the clear, though the configuration wants it encrypted. */
  readonly callerExposed: boolean
  /** Account of the agent's phone; undefined for a PBX. */
  readonly agentAccount: string | undefined
  /** The call was transferred to a number outside. */
  readonly agentIsOutside: boolean
  /** What the directory has against it. */
  readonly closedByDirectory: readonly GateFault[]
  /** Whether there is a version of the flow that may be taken. */
  readonly flow: FoundFlow['result']
  /** A clip of the flow is in none of its languages. */
  readonly promptsMissing: boolean
}

export type GateFault = Extract<FaultCode, `secure.${string}`>

/** @returns the closed gates; none when a session may start. */
export function closedGates(view: GateView, starter: Starter): readonly GateFault[] {
  const gates: readonly (readonly [closed: boolean, fault: GateFault])[] = [
    [!view.enabled, 'secure.disabled'],
    ...view.closedByDirectory.map((fault) => [true, fault] as const),
    [starter.by === 'feature-code' && starter.account !== view.agentAccount, 'secure.not-permitted'],
    [view.emergency, 'secure.emergency-call'],
    [view.agentIsOutside, 'secure.agent-outside'],
    [view.sessionRuns, 'secure.session-in-progress'],
    [!view.bridged && !view.sessionRuns, 'secure.not-bridged'],
    [view.conference, 'secure.conference-not-supported'],
    [view.callerHeld, 'secure.caller-on-hold'],
    [view.callerExposed, 'secure.srtp-required'],
    [view.draining, 'secure.draining'],
    [view.flow === 'unknown-flow', 'secure.unknown-flow'],
    [view.flow === 'no-flow-version', 'secure.no-flow-version'],
    [view.flow === 'flow-not-usable', 'secure.flow-not-usable'],
    [view.promptsMissing, 'secure.prompts-missing'],
    [!view.validationReady, 'secure.no-validation'],
    [!view.vaultAvailable, 'secure.no-vault'],
    [!view.vaultProtected, 'secure.vault-unprotected'],
    [!view.auditAvailable, 'secure.no-audit'],
  ]
  return gates.flatMap(([closed, fault]) => (closed ? [fault] : []))
}
