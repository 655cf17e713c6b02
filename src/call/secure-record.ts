/**
 * What may be known of a secure session while it runs and afterwards: which field, which attempt, how many keys, how much time, how it ended
 * (PC-59 to PC-61, PC-24). Filled in by the session, read by the API. There is no room for a digit in it.
 */

import type { Outcome } from '../vault/contract.ts'

export type SecureStage =
  | 'parting'
  | 'handing'
  | 'asking'
  | 'submitting'
  | 'stopping'
  | 'returning'
  | 'rejoining'
  | 'ended'

export type SecureRecord = {
  readonly sessionId: string
  readonly callId: string
  readonly startedBy: 'token' | 'feature-code'
  /** Times of the clock, ms. */
  readonly startedAtMs: number
  readonly endedAtMs: number | undefined
  readonly stage: SecureStage
  /** The field being asked for, or the last one that was. */
  readonly field: { readonly index: number; readonly name: string } | undefined
  readonly attempt: number
  readonly attempts: number
  /** Keys in the current entry. */
  readonly keys: number
  /** Fields taken so far, and attempts refused, by field. */
  readonly taken: readonly number[]
  readonly refusals: number
  /** Time the caller has at most, counted from `startedAtMs`, and what is left of it, ms. */
  readonly limitMs: number
  readonly leftMs: number
  readonly outcome: Outcome | undefined
  /** PC-69 to PC-72; undefined until it has ended. */
  readonly resultString: string | undefined
  readonly rejoined: boolean
  /** Measured, ms: request to cut, release to vault, return to join. */
  readonly partedInMs: number | undefined
  readonly handedInMs: number | undefined
  readonly rejoinedInMs: number | undefined
}

/** @returns the record of a session that has just been asked for. */
export function newSecureRecord(
  of: Pick<SecureRecord, 'sessionId' | 'callId' | 'startedBy' | 'startedAtMs' | 'limitMs'>,
): SecureRecord {
  return {
    ...of,
    leftMs: of.limitMs,
    endedAtMs: undefined,
    stage: 'parting',
    field: undefined,
    attempt: 0,
    attempts: 0,
    keys: 0,
    taken: [],
    refusals: 0,
    outcome: undefined,
    resultString: undefined,
    rejoined: false,
    partedInMs: undefined,
    handedInMs: undefined,
    rejoinedInMs: undefined,
  }
}
