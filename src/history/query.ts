/** What can be asked of the call history, and the pages that come of it. Types, and the cursor between two pages. */

import type { Milliseconds } from '../base/units.ts'
import type { CallRow } from './row.ts'

export type HistoryQuery = {
  /** Calls that began at this time or later, milliseconds since 1970. */
  readonly sinceMs?: Milliseconds
  /** Calls that began before. */
  readonly untilMs?: Milliseconds
  /** Who called or was called; with a `*` at its end, how the number begins. */
  readonly number?: string
  /** Account of the agent's phone. */
  readonly agent?: string
  readonly trunk?: string
  readonly ending?: string
  readonly callId?: string
  /** Calls with a secure session that ended so; "any": with one at all. */
  readonly outcome?: SessionOutcome
  /** Calls with a leg of one of these accounts: those that somebody sees. */
  readonly accounts?: readonly string[]
  /** Of a far end (RFC 7989), or how it begins. */
  readonly sessionUuid?: string
  /** What the page before named as `next`. */
  readonly after?: Cursor
  readonly limit: number
}

/** How a secure session ended, as it can be asked for. */
export const SESSION_OUTCOMES = ['accepted', 'declined', 'failed', 'any'] as const
export type SessionOutcome = (typeof SESSION_OUTCOMES)[number]

/** Where the next page begins: behind this call. */
export type Cursor = { readonly startedMs: Milliseconds; readonly number: number }

/** Newest first. `next` is absent behind the last page. */
export type HistoryPage = { readonly calls: readonly CallRow[]; readonly next?: Cursor }

export function writeCursor({ startedMs, number }: Cursor): string {
  return `${startedMs.toString(36)}-${number.toString(36)}`
}

/** @returns the cursor; undefined when it is none of ours. */
export function readCursor(text: string): Cursor | undefined {
  const [, started, number] = /^([0-9a-z]{1,11})-([0-9a-z]{1,11})$/.exec(text) ?? []
  if (started === undefined || number === undefined) return undefined
  const cursor = { startedMs: Number.parseInt(started, 36), number: Number.parseInt(number, 36) }
  return Number.isSafeInteger(cursor.startedMs) && Number.isSafeInteger(cursor.number) ? cursor : undefined
}
