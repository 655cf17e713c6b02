/** From the notes taken during a session to the facts of its audit record. Pure but for waiting on counts that were asked for long ago. */

import { type AuditFacts, EARLIER_MAX } from '../audit/contract.ts'
import { digestOf } from '../base/digest.ts'
import type { Milliseconds } from '../base/units.ts'
import type { PortStats } from '../media/contract.ts'
import type { Outcome } from '../vault/contract.ts'
import type { RejoinQuality } from './rejoin-watch.ts'
import type { AuditNotes } from './secure-audit.ts'
import type { SecureRecord } from './secure-record.ts'

export type FactsGiven = {
  readonly notes: AuditNotes
  readonly record: SecureRecord
  readonly quality: RejoinQuality | undefined
  readonly requestedMs: Milliseconds
  readonly durationMs: Milliseconds
  readonly mediaProcessId: number | undefined
  readonly attestation: AuditFacts['attestation']
}

/** @returns the facts; a member that nobody could tell is absent. */
export async function writeFacts(given: FactsGiven): Promise<AuditFacts> {
  const { notes, record, requestedMs, durationMs } = given
  const outcome: Outcome = record.outcome ?? { result: 'failed', reason: 'internal-error' }
  return withoutHoles({
    startedMs: Math.round(requestedMs),
    durationMs,
    states: notes.states,
    statesLeftOut: notes.statesLeftOut === 0 ? undefined : notes.statesLeftOut,
    sinks: notes.sinks,
    firstPromptMs: notes.firstPromptMs,
    agentLeg: await agentLeg(notes),
    callerLeg: await callerLeg(notes),
    mediaProcessId: given.mediaProcessId,
    vaultProcessId: notes.vaultProcessId,
    attestation: given.attestation,
    wipe: notes.wipe,
    rejoin: rejoin(given),
    outcome: told(outcome),
    verdict: verdict(record, outcome),
    fieldsTaken: record.fields.filter(({ status }) => status === 'taken' || status === 'forgotten').length,
    entriesRefused: record.fields.reduce((sum, { refusals }) => sum + refusals, 0),
    callEnded: notes.callEnded,
    mediaLost: await wasMediaLost(notes),
  })
}

function told(outcome: Outcome): AuditFacts['outcome'] {
  return outcome.result === 'failed' ? { result: 'failed', reason: outcome.reason } : { result: outcome.result }
}

async function agentLeg({ agentFrom, agentTo }: AuditNotes): Promise<AuditFacts['agentLeg']> {
  const [from, to] = await Promise.all([agentFrom?.stats, agentTo?.stats])
  if (agentFrom === undefined || agentTo === undefined || from === undefined || to === undefined) return undefined
  const { source } = from
  const received = to.packetsReceived - from.packetsReceived
  return { fromMs: agentFrom.ms, toMs: agentTo.ms, source, sent: sentBetween(from, to), received }
}

async function callerLeg({ callerFrom, callerTo, vaultCounts }: AuditNotes): Promise<AuditFacts['callerLeg']> {
  const [from, to] = await Promise.all([callerFrom?.stats, callerTo?.stats])
  if (callerFrom === undefined || callerTo === undefined || from === undefined || to === undefined) return undefined
  return withoutHoles({
    fromMs: callerFrom.ms,
    toMs: callerTo.ms,
    mediaReceived: to.packetsReceived - from.packetsReceived,
    mediaSent: to.packetsLeft - from.packetsLeft,
    vaultReceived: vaultCounts?.received,
    vaultSent: vaultCounts?.sent,
    presses: vaultCounts?.presses,
  })
}

/** A count was asked for, and nobody could tell it any more. */
async function wasMediaLost({ agentTo, callerTo }: AuditNotes): Promise<boolean> {
  const asked = [agentTo, callerTo].flatMap((count) => (count === undefined ? [] : [count.stats]))
  return (await Promise.all(asked)).includes(undefined)
}

function sentBetween(from: PortStats, to: PortStats) {
  return {
    port: to.sentBy.port - from.sentBy.port,
    holdMusic: to.sentBy.holdMusic - from.sentBy.holdMusic,
    ringback: to.sentBy.ringback - from.sentBy.ringback,
    silence: to.sentBy.silence - from.sentBy.silence,
    chime: to.sentBy.chime - from.sentBy.chime,
    left: to.packetsLeft - from.packetsLeft,
  }
}

/** A join that the media process did not confirm is none: the call ended instead. */
function rejoin({ notes, record, quality }: FactsGiven): AuditFacts['rejoin'] {
  if (notes.joinMs === undefined || !record.rejoined) return undefined
  return withoutHoles({
    ms: notes.joinMs,
    gapMs: Math.round(record.rejoinedInMs ?? 0),
    toCallerMs: rounded(quality?.toCallerMs),
    toAgentMs: rounded(quality?.toAgentMs),
    repairs: quality?.repairs ?? [],
  })
}

/** The service's sentences stay out: their digests are enough for whoever has them. */
function verdict(
  { sessionId: transactionId, submissions, verdicts }: SecureRecord,
  outcome: Outcome,
): AuditFacts['verdict'] {
  if (submissions === 0) return undefined
  const earlier = verdicts
    .slice(0, EARLIER_MAX)
    .map((each) => withoutHoles({ ...told(each), detailsDigest: detailsOf(each) }))
  return withoutHoles({
    transactionId,
    submissions,
    detailsDigest: detailsOf(outcome),
    earlier: earlier.length === 0 ? undefined : earlier,
  })
}

function detailsOf(outcome: Outcome): string | undefined {
  return outcome.result === 'failed' ? undefined : digestOf(outcome.details)
}

function rounded(ms: Milliseconds | undefined): Milliseconds | undefined {
  return ms === undefined ? undefined : Math.round(ms)
}

type Whole<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Absent and undefined are the same to people, and not to RFC 8785. */
function withoutHoles<T extends object>(value: T): Whole<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Whole<T>
}
