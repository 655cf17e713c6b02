/**
 * The two records of a session that was replayed from a capture: linked and written like those of a node, and signed by nobody, since a replay
 * proves nothing of one. What only a node could have seen stands as `not-in-a-replay`, where a node's record has a count, a time or a list:
 * whoever checks records takes none of these for one, not even with a signature.
 *
 * Pure.
 */

import { digestOf } from '../base/digest.ts'
import type { Milliseconds } from '../base/units.ts'
import { canonical, type Json } from './canonical.ts'
import type { AuditFacts, Opening } from './contract.ts'
import { emptyHead, type Head, linkAfter } from './seal.ts'

const UNSEEN = 'not-in-a-replay'

/** What the vault's own code does and counts in a replay as in a call. */
export type ReplayedFacts = Pick<
  AuditFacts,
  'durationMs' | 'states' | 'statesLeftOut' | 'firstPromptMs' | 'outcome' | 'verdict' | 'fieldsTaken' | 'entriesRefused'
> & {
  readonly vaultCounts: Pick<NonNullable<AuditFacts['callerLeg']>, 'vaultReceived' | 'vaultSent' | 'presses'>
  readonly wipe: Omit<NonNullable<AuditFacts['wipe']>, 'processId'> | undefined
}

export type ReplayedSession = {
  readonly sessionId: string
  readonly flow: Opening['flow']
  /** Milliseconds since 1970 of the first packet of the capture; from there its clock counts. */
  readonly capturedMs: Milliseconds
  /** When the session began, by that clock. */
  readonly startedMs: Milliseconds
  readonly endedMs: Milliseconds
  /** Undefined when the session had not ended after the longest time that one may take. */
  readonly facts: ReplayedFacts | undefined
}

/** @param line canonical JSON (RFC 8785). @param digest SHA-256 of the line. */
export type ReplayedRecord = { readonly kind: 'opened' | 'closed'; readonly line: string; readonly digest: string }

/** @returns the opening and the closing. */
export function replayedRecords(session: ReplayedSession): readonly [ReplayedRecord, ReplayedRecord] {
  const { capturedMs, startedMs, endedMs } = session
  const opened = recordAfter(emptyHead(UNSEEN), openingOf(session), capturedMs, startedMs)
  const closed = recordAfter({ number: 1, digest: opened.digest }, closingOf(session), capturedMs, endedMs)
  return [
    { kind: 'opened', ...opened },
    { kind: 'closed', ...closed },
  ]
}

function recordAfter(head: Head, body: Json, capturedMs: Milliseconds, atMs: Milliseconds) {
  const record = {
    format: 'sotto-replay-1',
    chain: UNSEEN,
    ...linkAfter(head, atMs),
    boot: UNSEEN,
    wall: dayOf(capturedMs + atMs),
    body,
  }
  const line = canonical({ record, replay: true })
  return { line, digest: digestOf(line) }
}

/** A capture may claim a time that no calendar has. */
function dayOf(wallMs: Milliseconds): string {
  const day = new Date(wallMs)
  return Number.isNaN(day.getTime()) ? UNSEEN : day.toISOString()
}

function openingOf({ sessionId, flow }: ReplayedSession): Json {
  return { kind: 'opened', sessionId, callId: UNSEEN, startedBy: UNSEEN, flow: flow as Json, sinks: UNSEEN }
}

function closingOf({ sessionId, startedMs, facts }: ReplayedSession): Json {
  const closing = { kind: 'closed', sessionId, callId: UNSEEN }
  if (facts === undefined) return { ...closing, ending: 'interrupted' }
  const { vaultCounts, wipe, ...known } = facts
  return {
    ...closing,
    ending: 'ended',
    facts: {
      startedMs: Math.round(startedMs),
      ...(known as unknown as { readonly [name: string]: Json }),
      ...(wipe === undefined ? {} : { wipe: { ...wipe, processId: UNSEEN } }),
      sinks: UNSEEN,
      agentLeg: UNSEEN,
      callerLeg: {
        fromMs: UNSEEN,
        toMs: UNSEEN,
        mediaReceived: UNSEEN,
        mediaSent: UNSEEN,
        ...(vaultCounts as { readonly [name: string]: Json }),
      },
      mediaProcessId: UNSEEN,
      vaultProcessId: UNSEEN,
      attestation: UNSEEN,
      rejoin: UNSEEN,
      callEnded: UNSEEN,
      mediaLost: UNSEEN,
    },
  }
}
