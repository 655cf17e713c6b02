/**
 * Calls as CSV (RFC 4180): a line each, UTF-8, ended by CR LF. A spreadsheet takes a cell that begins with one of `= + - @` for a formula, and
 * whoever calls chooses what stands in From; such a cell gets an apostrophe before it, unless it is a number.
 */

import type { CallRow, LegRow } from './row.ts'
import { transferText } from './transfer-text.ts'

type Cell = string | number | null | undefined
type Column = readonly [name: string, cell: (call: CallRow) => Cell]

const SECOND_MS = 1000

const COLUMNS: readonly Column[] = [
  ['call', ({ callId }) => callId],
  ['started', ({ startedMs }) => timeText(startedMs)],
  ['bridged', ({ bridgedMs }) => timeText(bridgedMs)],
  ['ended', ({ endedMs }) => timeText(endedMs)],
  ['talk seconds', ({ bridgedMs, endedMs }) => secondsBetween(bridgedMs, endedMs)],
  ['origin', ({ origin }) => origin],
  ['from', ({ from }) => from],
  ['to', ({ to }) => to],
  ['trunk', ({ trunk }) => trunk],
  ['agent', ({ agent }) => agent],
  ['ending', ({ ending }) => ending],
  ['status', ({ status }) => status],
  ...legColumns('caller'),
  ...legColumns('agent'),
  ['secure sessions', ({ secureSessions }) => secureSessions.length],
  ['secure outcomes', ({ secureSessions }) => secureSessions.map(({ outcome, reason }) => reason ?? outcome).join(' ')],
  ['transfers', ({ transfers }) => transfers.map(transferText).join('; ')],
]

/** The line of names, without its end. */
export const CSV_HEAD = COLUMNS.map(([name]) => quoted(name)).join(',')

/** @returns the line of a call, without its end. */
export function csvLine(call: CallRow): string {
  return COLUMNS.map(([, cell]) => quoted(cell(call))).join(',')
}

function legColumns(side: LegRow['side']): readonly Column[] {
  const of = (name: string, cell: (leg: LegRow) => Cell): Column => [
    `${side} ${name}`,
    ({ legs }) => {
      const leg = legs.find((each) => each.side === side)
      return leg === undefined ? null : cell(leg)
    },
  ]
  return [
    of('codec', ({ codec }) => codec),
    of('srtp', ({ srtp }) => srtp),
    of('packets received', ({ received }) => received),
    of('packets sent', ({ sent }) => sent),
    of('packets lost', ({ lost }) => lost),
    of('jitter ms', ({ jitterMs }) => jitterMs),
    of('mos received', ({ mosReceived }) => mosReceived),
    of('mos sent', ({ mosSent }) => mosSent),
    of('session uuid', ({ sessionUuid }) => sessionUuid),
  ]
}

function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

function secondsBetween(fromMs: number | null, toMs: number | null): number | null {
  return fromMs === null || toMs === null ? null : (toMs - fromMs) / SECOND_MS
}

function quoted(cell: Cell): string {
  const text = cell === null || cell === undefined ? '' : String(cell)
  const safe = /^[=@\t\r]|^[+-](?![\d*]*$)/.test(text) && typeof cell === 'string' ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
