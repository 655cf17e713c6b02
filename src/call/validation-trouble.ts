/**
 * A validation that failed has two audiences. Whoever runs the server is told exactly why, as a row of the fault table with its advice; the
 * desk is told what it can act on: that the service is not trusted, whatever is wrong with its certificate.
 */

import { type Fault, fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import type { Failure, Outcome } from '../vault/contract.ts'

const TROUBLES: Partial<Record<Failure, FaultCode>> = {
  'validation-unreachable': 'validation.unreachable',
  'validation-timed-out': 'validation.timed-out',
  'validation-untrusted': 'validation.untrusted',
  'validation-unknown-authority': 'validation.unknown-authority',
  'validation-wrong-name': 'validation.wrong-name',
  'validation-expired': 'validation.expired',
  'validation-pin-mismatch': 'validation.pin-mismatch',
  'validation-refused': 'validation.refused',
  'validation-bad-reply': 'validation.bad-reply',
  'internal-error': 'vault.defect',
}

const OF_TRUST: readonly Failure[] = [
  'validation-unknown-authority',
  'validation-wrong-name',
  'validation-expired',
  'validation-pin-mismatch',
]

/** @returns what is wrong with the validation or the vault itself, for the log; `undefined` when the service answered. */
export function validationTrouble(outcome: Outcome): Fault | undefined {
  const code = outcome.result === 'failed' ? TROUBLES[outcome.reason] : undefined
  return code === undefined ? undefined : fault(code)
}

/** @returns the outcome as events, the record and the result string tell it. */
export function toldOutcome(outcome: Outcome): Outcome {
  const coarse = outcome.result === 'failed' && OF_TRUST.includes(outcome.reason)
  return coarse ? { result: 'failed', reason: 'validation-untrusted' } : outcome
}
