/** `sotto calls`: the call history as a table, as CSV, or as JSON lines. It reads the file itself, so the server need not run. */

import { asFault } from '../base/fault.ts'
import { faults } from '../base/faults.ts'
import type { Milliseconds } from '../base/units.ts'
import { type CallRow, CSV_HEAD, csvLine, type HistoryQuery, readPageOf, transferText } from '../history/index.ts'
import { columnsOf } from './columns.ts'
import { configured } from './configured.ts'

export type CallsOptions = {
  readonly file?: string
  readonly since?: string
  readonly until?: string
  readonly number?: string
  readonly agent?: string
  readonly trunk?: string
  readonly ending?: string
  readonly session?: string
  readonly limit?: number
  readonly csv: boolean
  readonly json: boolean
}

export type CallsInput = CallsOptions & {
  /** Configuration file; undefined when there is none. */
  readonly config: string | undefined
  readonly nowMs: Milliseconds
  readonly shippedFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
}

type WriteLine = (line: string) => void

const TABLE_CALLS = 50
const PAGE_CALLS = 500
/** Characters of a UUID in the table; CSV and JSON have all of it. */
const UUID_SHOWN = 8
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const COLUMNS = [
  ...['started (UTC)', 'from', 'to', 'agent', 'talk', 'ending', 'mos', 'session uuid', 'secure sessions', 'transfers'],
] as const

/** @returns 0 listed, 1 the history cannot be read, 2 the arguments or the configuration are wrong. */
export function calls(input: CallsInput, write: WriteLine): 0 | 1 | 2 {
  const sinceMs = timeOf(input.since, input.nowMs)
  const untilMs = timeOf(input.until, input.nowMs)
  if (sinceMs === 'wrong' || untilMs === 'wrong') {
    write(
      'A time is written as 2026-11-27 or 2026-11-27T12:00, both UTC, as 2026-11-27T12:00+01:00, or as how long ago: 30m, 12h, 7d.',
    )
    return 2
  }
  const file = input.file ?? configured(input, write)?.history.file
  if (file === undefined) return 2
  const { number, agent, trunk, ending } = input
  const sessionUuid = input.session?.toLowerCase().replaceAll('-', '')
  const given = { sinceMs, untilMs, number, agent, trunk, ending, sessionUuid }
  const asked = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  try {
    if (input.csv) {
      write(CSV_HEAD)
      for (const call of callsOf(file, asked, input.limit)) write(csvLine(call))
    } else if (input.json) {
      for (const call of callsOf(file, asked, input.limit)) write(JSON.stringify(call))
    } else table([...callsOf(file, asked, input.limit ?? TABLE_CALLS)], write)
  } catch (thrown) {
    const { title, advice } = faults[asFault(thrown).code]
    write(`${file}: ${title}. ${advice}`)
    return 1
  }
  return 0
}

/** Page by page, so that a long history does not have to fit into memory. @throws Fault `history.*` */
function* callsOf(
  file: string,
  asked: Omit<HistoryQuery, 'limit'>,
  most = Number.POSITIVE_INFINITY,
): Generator<CallRow> {
  let left = most
  let query: HistoryQuery | undefined = { ...asked, limit: Math.min(left, PAGE_CALLS) }
  while (query !== undefined && left > 0) {
    const { calls, next }: ReturnType<typeof readPageOf> = readPageOf(file, query)
    yield* calls
    left -= calls.length
    query = next === undefined ? undefined : { ...asked, after: next, limit: Math.min(left, PAGE_CALLS) }
  }
}

function timeOf(text: string | undefined, nowMs: Milliseconds): Milliseconds | undefined | 'wrong' {
  if (text === undefined) return undefined
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? []
  if (count !== undefined) return nowMs - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
  const [whole, time, zone] = /^\d{4}-\d{2}-\d{2}([T ][\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text) ?? []
  // Without a zone Date.parse takes a day for one of UTC, and a time for one of this machine (ECMA-262 section 21.4.1.32).
  const ms =
    whole === undefined ? Number.NaN : Date.parse(time === undefined || zone !== undefined ? whole : `${whole}Z`)
  return Number.isNaN(ms) ? 'wrong' : ms
}

function table(rows: readonly CallRow[], write: WriteLine): void {
  if (rows.length === 0) {
    write('no calls')
    return
  }
  for (const line of columnsOf([COLUMNS, ...rows.map(cellsOf)])) write(line)
}

function cellsOf(call: CallRow): string[] {
  const { startedMs, bridgedMs, endedMs, from, to, agent, ending, status, legs, secureSessions, transfers } = call
  const talk = bridgedMs === null || endedMs === null ? '-' : `${Math.round((endedMs - bridgedMs) / 1000)} s`
  const scores = legs.map(({ mosReceived }) => mosReceived?.toFixed(1) ?? '-')
  return [
    new Date(startedMs).toISOString().slice(0, 19).replace('T', ' '),
    printable(from),
    printable(to),
    agent ?? '-',
    talk,
    `${ending ?? 'stands'}${status === null ? '' : ` (${status})`}`,
    scores.join('/'),
    legs.map(({ sessionUuid }) => sessionUuid?.slice(0, UUID_SHOWN) ?? '-').join('/'),
    secureSessions.map(({ outcome, reason }) => (outcome === null ? 'runs' : (reason ?? outcome))).join(', '),
    transfers.map(transferText).join(', '),
  ]
}

/** Whoever calls chooses what stands in From: it must not steer a terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?')
}
