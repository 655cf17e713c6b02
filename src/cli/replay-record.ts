/**
 * From the log of a replayed session to its audit record, told as a node tells its own (`src/call/audit-facts.ts`): the vault's states, verdicts
 * and counts, with times since the session began. Pure.
 */

import {
  type AuditFacts,
  EARLIER_MAX,
  type ReplayedFacts,
  type ReplayedRecord,
  type ReplayedSession,
  replayedRecords,
  VAULT_STATES_MAX,
} from '../audit/index.ts'
import { digestOf } from '../base/digest.ts'
import type { Milliseconds } from '../base/units.ts'
import type { LogLine, Rehearsal } from '../replay/rehearsal.ts'

type VaultEvent = Extract<LogLine, { readonly event: unknown }>['event']
type EventOf<T extends VaultEvent['type']> = Extract<VaultEvent, { readonly type: T }>
type Outcome = EventOf<'wiped'>['outcome']
type StateEntered = AuditFacts['states'][number]
/** An event and when it came, since the session began. */
type Happened = { readonly ms: Milliseconds; readonly event: VaultEvent }

export type Replayed = {
  readonly flow: ReplayedSession['flow']
  /** Milliseconds since 1970 of the first packet. */
  readonly capturedMs: Milliseconds
  /** When the session began, since the first packet. */
  readonly beginMs: Milliseconds
  readonly rehearsal: Rehearsal
}

/** The name under which a rehearsal goes through the vault's code. */
const REPLAY = 'replay'

/** @returns the opening and the closing record of the replayed session. */
export function recordsOf({
  flow,
  capturedMs,
  beginMs,
  rehearsal,
}: Replayed): readonly [ReplayedRecord, ReplayedRecord] {
  const { log, ended } = rehearsal
  const happened = log.flatMap((line) =>
    'event' in line ? [{ ms: Math.max(0, Math.round(line.atMs - beginMs)), event: line.event }] : [],
  )
  const durationMs = happened.at(-1)?.ms ?? 0
  return replayedRecords({
    sessionId: REPLAY,
    flow,
    capturedMs,
    startedMs: beginMs,
    endedMs: beginMs + durationMs,
    facts: ended ? factsOf(happened, durationMs) : undefined,
  })
}

function factsOf(happened: readonly Happened[], durationMs: Milliseconds): ReplayedFacts {
  const began = first(happened, 'began')
  const wiped = first(happened, 'wiped')
  const outcome: Outcome = wiped?.event.outcome ?? { result: 'failed', reason: 'internal-error' }
  const verdict = verdictOf(happened, outcome)
  const { received, sent, presses } = first(happened, 'returned')?.event.counts ?? {}
  return {
    durationMs,
    ...statesOf(happened),
    ...(began === undefined ? {} : { firstPromptMs: began.ms }),
    vaultCounts: {
      ...(received === undefined || sent === undefined ? {} : { vaultReceived: received, vaultSent: sent }),
      ...(presses === undefined ? {} : { presses }),
    },
    wipe: wiped === undefined ? undefined : { by: 'vault', ms: wiped.ms },
    outcome: told(outcome),
    ...(verdict === undefined ? {} : { verdict }),
    fieldsTaken: fieldsTaken(happened),
    entriesRefused: happened.filter(({ event }) => event.type === 'refused').length,
  }
}

function first<T extends VaultEvent['type']>(
  happened: readonly Happened[],
  type: T,
): { readonly ms: Milliseconds; readonly event: EventOf<T> } | undefined {
  for (const { ms, event } of happened) if (event.type === type) return { ms, event: event as EventOf<T> }
  return undefined
}

function statesOf(happened: readonly Happened[]): Pick<AuditFacts, 'states' | 'statesLeftOut'> {
  const states: StateEntered[] = []
  let leftOut = 0
  for (const { ms, event } of happened) {
    const entered = stateOf(event)
    if (entered === undefined) continue
    const last = states.at(-1)
    if (states.length >= VAULT_STATES_MAX) leftOut++
    else if (last?.at !== entered.at || last.field !== entered.field) states.push({ ...entered, ms })
  }
  return leftOut === 0 ? { states } : { states, statesLeftOut: leftOut }
}

function stateOf(event: VaultEvent): Omit<StateEntered, 'ms'> | undefined {
  switch (event.type) {
    case 'asking':
    case 'confirming':
      return { at: event.type, field: event.field }
    case 'submitting':
    case 'answered':
    case 'waiting-for-agent':
      return { at: event.type }
    default:
      return undefined
  }
}

/** The sentences stay out, as in a node's record. */
function verdictOf(happened: readonly Happened[], outcome: Outcome): AuditFacts['verdict'] {
  let submissions = 0
  const earlier: NonNullable<NonNullable<AuditFacts['verdict']>['earlier']>[number][] = []
  for (const { event } of happened) {
    if (event.type === 'submitting') submissions = event.submission
    if (event.type === 'answered' && earlier.length < EARLIER_MAX)
      earlier.push({ ...told(event.outcome), ...detailsOf(event.outcome) })
  }
  if (submissions === 0) return undefined
  return { transactionId: REPLAY, submissions, ...detailsOf(outcome), ...(earlier.length === 0 ? {} : { earlier }) }
}

function told(outcome: Outcome): AuditFacts['outcome'] {
  return outcome.result === 'failed' ? { result: 'failed', reason: outcome.reason } : { result: outcome.result }
}

function detailsOf(outcome: Outcome): { readonly detailsDigest?: string } {
  return outcome.result === 'failed' ? {} : { detailsDigest: digestOf(outcome.details) }
}

/** Fields of which nothing else was asked since an entry was taken. */
function fieldsTaken(happened: readonly Happened[]): number {
  const taken = new Map<number, boolean>()
  for (const { event } of happened)
    if (event.type === 'taken' || event.type === 'asking' || event.type === 'confirming' || event.type === 'refused')
      taken.set(event.field, event.type === 'taken')
  return [...taken.values()].filter(Boolean).length
}
