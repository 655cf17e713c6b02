/**
 * What may be known of a secure session while it runs and afterwards: which flow, which field, which attempt, how many keys, how much time, what
 * the caller hears, how it ended (PC-59 to PC-61, PC-24). Filled in by the session, read by the API. There is no room for a digit in it.
 */

import { type FieldKind, FLEETING_KINDS, type Outcome } from '../vault/contract.ts'
import type { ChosenForm } from './form-choice.ts'

export type SecureStage =
  | 'parting'
  | 'handing'
  /** The caller hears something that asks for nothing, such as the greeting. */
  | 'saying'
  | 'asking'
  /** The entry is read back, and the caller says whether it is right. */
  | 'confirming'
  | 'submitting'
  | 'waiting-for-agent'
  | 'stopping'
  | 'returning'
  | 'rejoining'
  | 'ended'

/** `forgotten`: taken once, and wiped since, after a verdict or at the agent's order. */
export type FieldStatus = 'to-come' | 'asking' | 'confirming' | 'taken' | 'forgotten'

export type FieldRecord = {
  readonly name: string
  readonly kind: FieldKind
  readonly status: FieldStatus
  /** The attempt that counts now, or was the last; 0 before the first. */
  readonly attempt: number
  readonly attempts: number
  /** Entries that were not taken. */
  readonly refusals: number
}

export type SecureFlow = { readonly id: string; readonly version: number; readonly title: string }

export type SecureRecord = {
  readonly sessionId: string
  readonly callId: string
  readonly startedBy: 'token' | 'feature-code'
  readonly flow: SecureFlow
  /** The form that its agent filled in, in the revision of that moment; undefined where the directory has no say. */
  readonly form: ChosenForm | undefined
  /** The session whose form this one took over. */
  readonly retryOf: string | undefined
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
  /** Every field of the flow, in its order. */
  readonly fields: readonly FieldRecord[]
  /** Time the caller has at most, counted from `startedAtMs`, and what is left of it, ms. */
  readonly limitMs: number
  readonly leftMs: number
  /** Until when the agent's order is waited for, as a time of the clock, and what is left, ms; undefined while nobody waits. */
  readonly orderUntilMs: number | undefined
  readonly orderLeftMs: number | undefined
  /** Requests sent to the validation service. */
  readonly submissions: number
  /** Verdicts that did not end the session, oldest first. */
  readonly verdicts: readonly Outcome[]
  readonly outcome: Outcome | undefined
  /** PC-69 to PC-72; undefined until it has ended. */
  readonly resultString: string | undefined
  readonly rejoined: boolean
  /** Measured, ms: request to cut, release to vault, return to join. */
  readonly partedInMs: number | undefined
  readonly handedInMs: number | undefined
  readonly rejoinedInMs: number | undefined
  /** After the rejoin: from the join to the first packet of the one that the other was sent, ms, and how often sound had to be mended. */
  readonly toCallerMs: number | undefined
  readonly toAgentMs: number | undefined
  readonly repairs: number
  /** Its opening is in the audit trail under this number, and its end under that one as soon as it is on the disk. */
  readonly audited: true
  readonly auditRecord: number
  readonly auditClosed: number | undefined
}

type Beginning = Pick<
  SecureRecord,
  'sessionId' | 'callId' | 'startedBy' | 'flow' | 'form' | 'retryOf' | 'startedAtMs' | 'limitMs' | 'auditRecord'
>

/** @returns the record of a session that has just been asked for. */
export function newSecureRecord(
  of: Beginning,
  fields: readonly { readonly name: string; readonly kind: FieldKind; readonly attempts: number }[],
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
    fields: fields.map(({ name, kind, attempts }) => ({
      name,
      kind,
      status: 'to-come',
      attempt: 0,
      attempts,
      refusals: 0,
    })),
    orderUntilMs: undefined,
    orderLeftMs: undefined,
    submissions: 0,
    verdicts: [],
    outcome: undefined,
    resultString: undefined,
    rejoined: false,
    partedInMs: undefined,
    handedInMs: undefined,
    rejoinedInMs: undefined,
    toCallerMs: undefined,
    toAgentMs: undefined,
    repairs: 0,
    audited: true,
    auditClosed: undefined,
  }
}

/** @returns the record with the times that are left counted at `nowMs`. */
export function recordAt(record: SecureRecord, nowMs: number): SecureRecord {
  const { endedAtMs, startedAtMs, limitMs, orderUntilMs } = record
  const leftMs = endedAtMs === undefined ? Math.max(0, startedAtMs + limitMs - nowMs) : 0
  return { ...record, leftMs, orderLeftMs: orderUntilMs === undefined ? undefined : Math.max(0, orderUntilMs - nowMs) }
}

/** @returns the fields with one of them changed. */
export function withField(
  fields: readonly FieldRecord[],
  index: number,
  change: (field: FieldRecord) => Partial<FieldRecord>,
): readonly FieldRecord[] {
  return fields.map((field, at) => (at === index ? { ...field, ...change(field) } : field))
}

/** @returns the fields with what was taken of some of them forgotten. */
export function forgetting(
  fields: readonly FieldRecord[],
  which: (field: FieldRecord) => boolean,
): readonly FieldRecord[] {
  return fields.map((field) => (field.status === 'taken' && which(field) ? { ...field, status: 'forgotten' } : field))
}

/** The vault wipes these after every verdict, whatever comes next (PCI DSS 3.3.1). */
export function isKeptNever({ kind }: FieldRecord): boolean {
  return FLEETING_KINDS.includes(kind)
}
