/**
 * What is kept of a call: times, legs, codecs, quality, why it ended, and of each secure session its outcome alone. There is no room for a
 * digit, a form's value, a reference or the last four. Pure.
 *
 * Numbers are personal: card numbers are cut out of them, and the last digits hidden where the settings say so, before anything is written.
 */

import { maskCardNumbers } from '../base/mask.ts'
import type { Milliseconds } from '../base/units.ts'
import type { CallView, LegQuality, LegView } from '../call/index.ts'

export const SIDES = ['caller', 'agent'] as const
export type Side = (typeof SIDES)[number]

/** Why a call is over, as it is kept: `interrupted` when the server was killed while the call stood. */
export type KeptEnding = NonNullable<CallView['ending']> | 'interrupted'

export type LegRow = {
  readonly side: Side
  readonly legId: string
  /** By which its far end is known from end to end (RFC 7989). */
  readonly sessionUuid: string | null
  readonly account: string | null
  readonly trunk: string | null
  readonly codec: string | null
  /** Suite of SRTP; null in plain RTP. */
  readonly srtp: string | null
  readonly received: number | null
  readonly sent: number | null
  readonly lost: number | null
  readonly dropped: number | null
  readonly jitterMs: number | null
  readonly roundTripMs: number | null
  readonly mosReceived: number | null
  readonly mosSent: number | null
}

export type SecureRow = {
  readonly sessionId: string
  readonly flow: string
  readonly version: number
  readonly startedBy: string
  readonly startedMs: Milliseconds
  readonly endedMs: Milliseconds | null
  readonly outcome: 'accepted' | 'declined' | 'failed' | null
  /** Why it failed: a word of a fixed list. */
  readonly reason: string | null
}

export type TransferRow = {
  readonly kind: 'blind' | 'attended' | 'replaced'
  /** Account of the phone that asked; null when it has none. */
  readonly by: string | null
  /** Account of who took over; empty for somebody who is no phone of ours, null when nobody did. */
  readonly to: string | null
  readonly startedMs: Milliseconds
  readonly endedMs: Milliseconds | null
  readonly outcome: 'pending' | 'transferred' | 'failed' | 'refused'
  /** What it was refused with, or what came of the target. */
  readonly status: number | null
}

/** Times are milliseconds since 1970. */
export type CallRow = {
  readonly callId: string
  readonly startedMs: Milliseconds
  readonly bridgedMs: Milliseconds | null
  readonly endedMs: Milliseconds | null
  readonly origin: string
  readonly from: string
  readonly to: string
  /** Account of the agent's phone. */
  readonly agent: string | null
  /** Trunk of the caller's leg, or of the agent's. */
  readonly trunk: string | null
  readonly ending: KeptEnding | null
  readonly status: number | null
  readonly legs: readonly LegRow[]
  readonly secureSessions: readonly SecureRow[]
  /** Oldest first. */
  readonly transfers: readonly TransferRow[]
}

export type RowTerms = {
  /** From a time of the clock to milliseconds since 1970. */
  readonly wallMsOf: (clockMs: Milliseconds) => Milliseconds
  /** Last digits of a number that are hidden. */
  readonly hiddenDigits: number
}

/** Of a call: a phone could ask without end. */
const MOST_TRANSFERS = 50

/** @returns what is kept of a call as it is now. */
export function rowOf(view: CallView, { wallMsOf, hiddenDigits }: RowTerms): CallRow {
  const timeOf = (clockMs: Milliseconds | undefined) => (clockMs === undefined ? null : Math.round(wallMsOf(clockMs)))
  const { callerLeg, agentLeg } = view
  return {
    callId: view.callId,
    startedMs: Math.round(wallMsOf(view.startedAtMs)),
    bridgedMs: timeOf(view.bridgedAtMs),
    endedMs: timeOf(view.endedAtMs),
    origin: view.origin,
    from: keptNumber(view.from, hiddenDigits),
    to: keptNumber(view.to, hiddenDigits),
    agent: agentLeg?.account ?? null,
    trunk: callerLeg?.trunk ?? agentLeg?.trunk ?? null,
    ending: view.ending ?? null,
    status: view.status ?? null,
    legs: [...legRow('caller', callerLeg), ...legRow('agent', agentLeg)],
    secureSessions: view.secureSessions.map((session) => ({
      sessionId: session.sessionId,
      flow: session.flow.id,
      version: session.flow.version,
      startedBy: session.startedBy,
      startedMs: Math.round(wallMsOf(session.startedAtMs)),
      endedMs: timeOf(session.endedAtMs),
      outcome: session.outcome?.result ?? null,
      reason: session.outcome?.result === 'failed' ? session.outcome.reason : null,
    })),
    transfers: view.transfers.slice(0, MOST_TRANSFERS).map((transfer) => ({
      kind: transfer.kind,
      by: transfer.by === '' ? null : transfer.by,
      to: transfer.to ?? null,
      startedMs: Math.round(wallMsOf(transfer.atMs)),
      endedMs: timeOf(transfer.endedAtMs),
      outcome: transfer.outcome,
      status: transfer.status ?? null,
    })),
  }
}

/** @returns a number as it is kept: card numbers cut out, its last digits as stars. Letters stay: the name of an account is nobody's number. */
export function keptNumber(number: string, hiddenDigits: number): string {
  const characters = [...maskCardNumbers(number)]
  let left = hiddenDigits
  for (let at = characters.length - 1; at >= 0 && left > 0; at--) {
    if (!/\p{Nd}/u.test(characters[at] ?? '')) continue
    characters[at] = '*'
    left -= 1
  }
  return characters.join('')
}

function legRow(side: Side, leg: LegView | undefined): readonly LegRow[] {
  if (leg === undefined) return []
  const { legId, sessionUuid, account, trunk, codec, srtp, quality } = leg
  return [
    {
      side,
      legId,
      sessionUuid: sessionUuid ?? null,
      account: account ?? null,
      trunk: trunk ?? null,
      codec: codec ?? null,
      srtp: srtp ?? null,
      received: quality?.packetsReceived ?? null,
      sent: quality?.packetsSent ?? null,
      lost: quality?.packetsLost ?? null,
      dropped: quality === undefined ? null : droppedOf(quality),
      jitterMs: rounded(quality?.jitterMs),
      roundTripMs: rounded(quality?.roundTripMs),
      mosReceived: rounded(quality?.mosReceived),
      mosSent: rounded(quality?.mosSent),
    },
  ]
}

function droppedOf({ strangers, unusable, implausible, forged, replayed }: LegQuality): number {
  return strangers + unusable + implausible + forged + replayed
}

/** To thousandths: nobody needs more, and long tails of digits can look like a card number to whoever searches for one. */
function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 1000) / 1000
}
