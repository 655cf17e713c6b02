/**
 * Whether the record of one session holds, out of the files of the chain: its own lines, everything between them, and the links to the line before and the one behind, as `verify.ts`
 * checks them. With it what the record says of the session in counts. What other sessions between claim is their business.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Closing, SealedRecord } from './contract.ts'
import { readLine } from './seal.ts'
import { verifyingKey } from './signature.ts'
import { recordNames, splitLines } from './store.ts'
import { type Finding, type SessionReport, verifyRecords } from './verify.ts'

export type SessionCheck = {
  /** `open`: what there is of it holds, and its end is not written yet. */
  readonly verdict: 'holds' | 'open' | 'does-not-hold'
  /** What does not hold; empty when everything does. */
  readonly findings: readonly Pick<Finding, 'number' | 'code' | 'says'>[]
  /** Numbers of its records. */
  readonly records: readonly number[]
  /** Id of the key that it was checked with. */
  readonly key: string
  readonly isolation: SessionReport['isolation']
  /** Of the record of its end; absent as long as there is none, or when it was interrupted. */
  readonly counts?: SessionCounts
}

export type SessionCounts = {
  readonly durationMs: number
  readonly fieldsTaken: number
  readonly entriesRefused: number
  /** How often each field was asked for, in the order of the flow. */
  readonly asked: number[]
}

export type SessionQuestion = {
  readonly folder: string
  readonly sessionId: string
  /** Its end was written: without one its record does not hold. */
  readonly isClosed: boolean
  /** The node's own key, PEM; empty when it has none just now. */
  readonly publicPem: string
}

/** Flaws of lines and links: they concern every session around. */
const OF_THE_CHAIN: ReadonlySet<Finding['code']> = new Set([
  ...(['not-json', 'not-a-record', 'not-canonical', 'other-key', 'bad-signature'] as const),
  ...(['gap', 'repeated', 'broken-link', 'clock'] as const),
])

/** Reads the files, the newest first. @throws what the file system threw */
export function checkSession({ folder, sessionId, isClosed, publicPem }: SessionQuestion): SessionCheck {
  const names = recordNames(readdirSync(folder))
  const linesOf = (name: string | undefined) =>
    name === undefined ? [] : splitLines(readFileSync(join(folder, name))).lines
  for (const [at, name] of [...names.entries()].toReversed()) {
    const lines = linesOf(name)
    // A file does not end while a session is open, so that both of its records are in one.
    if (!lines.some(isOf(sessionId))) continue
    const before = lines.findIndex(isOf(sessionId)) === 0 ? linesOf(names[at - 1]) : []
    return checkIn(lines, { sessionId, isClosed, publicPem }, before)
  }
  return { ...NOTHING, findings: [{ number: undefined, code: 'empty', says: 'it has no record' }] }
}

/** @param before lines of the file before. Pure. */
export function checkIn(
  lines: readonly string[],
  { sessionId, isClosed, publicPem }: Omit<SessionQuestion, 'folder'>,
  before: readonly string[] = [],
): SessionCheck {
  const key = verifyingKey(publicPem)
  if (key === undefined)
    return { ...NOTHING, findings: [{ number: undefined, code: 'other-key', says: 'there is no key to check with' }] }
  const first = lines.findIndex(isOf(sessionId))
  // Where its end is missing, a gap further on may tell of it.
  const closing = closingIn(lines, sessionId)
  const last = closing === undefined ? lines.length : lines.findLastIndex(isOf(sessionId))
  const lead = first === 0 ? before.slice(-1) : [lines[first - 1] ?? '']
  const part = [...lead, ...lines.slice(first, last + 2)]
  const own = new Set(part.flatMap((line, at) => (isOf(sessionId)(line) ? [at + 1] : [])))
  const report = verifyRecords(part, { key, excerpt: false, running: !isClosed })
  const findings = report.findings
    .filter(({ line, code }) => own.has(line) || OF_THE_CHAIN.has(code))
    .map(({ number, code, says }) => ({ number, code, says }))
  const session = report.sessions.find((each) => each.sessionId === sessionId)
  return {
    verdict:
      findings.length > 0 || session === undefined ? 'does-not-hold' : session.ending === 'open' ? 'open' : 'holds',
    findings,
    records: [session?.number, session?.closedNumber].filter((number) => number !== undefined),
    key: key.id,
    isolation: session?.isolation ?? 'not-shown',
    ...(closing?.facts === undefined ? {} : { counts: countsOf(closing.facts) }),
  }
}

const NOTHING = { verdict: 'does-not-hold', records: [], key: '', isolation: 'not-shown' } as const

/** By its text, so that a line that is no record any more is found too. */
function isOf(sessionId: string): (line: string) => boolean {
  const member = `"sessionId":"${sessionId}"`
  return (line) => line.includes(member)
}

function closingIn(lines: readonly string[], sessionId: string): Closing | undefined {
  for (const line of lines) {
    const sealed: SealedRecord | string = readLine(line, undefined, false)
    if (typeof sealed === 'string') continue
    const { body } = sealed.record
    if (body.kind === 'closed' && body.sessionId === sessionId) return body
  }
  return undefined
}

function countsOf({ durationMs, fieldsTaken, entriesRefused, states }: NonNullable<Closing['facts']>): SessionCounts {
  const asked: number[] = []
  for (const { at, field } of states) {
    if (at !== 'asking' || field === undefined || field > 15) continue
    while (asked.length <= field) asked.push(0)
    asked[field] = (asked[field] ?? 0) + 1
  }
  return { durationMs, fieldsTaken, entriesRefused, asked }
}
