/**
 * Checks records as a stranger would: each line by itself, the chain from line to line, each session from its opening to its close, and what
 * it claims. Needs the records and a public key; no clock, no network, no configuration.
 *
 * What it cannot see: whether records were cut off at the very end. For that somebody else has to have kept a digest (`mustHold`).
 */

import { digestOf } from '../base/digest.ts'
import { type Claim, contradictions } from './claims.ts'
import type { Closing, Opening, SealedRecord } from './contract.ts'
import { type Head, type LineFlaw, readLine } from './seal.ts'
import type { VerifyingKey } from './signature.ts'

export type Finding = {
  /** Which line of what was given, counted from 1; 0 for the whole. */
  readonly line: number
  /** The record's number, when it has one. */
  readonly number: number | undefined
  readonly code:
    | LineFlaw
    | Claim
    | 'gap'
    | 'repeated'
    | 'broken-link'
    | 'clock'
    | 'incomplete'
    | 'missing-record'
    | 'torn'
    | 'empty'
  readonly says: string
}

export type SessionReport = {
  readonly sessionId: string
  readonly callId: string
  readonly number: number
  readonly closedNumber: number | undefined
  readonly ending: Closing['ending'] | 'open'
  readonly result: string | undefined
  /** `not-needed`: no key could be keyed. `not-counted`: the media process died, and its counts with it. */
  readonly isolation: 'shown' | 'not-needed' | 'not-counted' | 'not-shown'
  readonly sound: boolean
}

export type Report = {
  readonly records: number
  readonly first: number | undefined
  readonly head: Head | undefined
  readonly sessions: readonly SessionReport[]
  readonly findings: readonly Finding[]
}

export type VerifyOptions = {
  /** Undefined: signatures are not checked, which the caller has to say. */
  readonly key: VerifyingKey | undefined
  /** Single sessions out of a chain, perhaps reformatted: no links are looked at. */
  readonly excerpt: boolean
  /** The node still runs: a session that is open at the end is no fault. */
  readonly running: boolean
  /** Digest of a record that somebody noted elsewhere: it must be in the chain. */
  readonly mustHold?: string
}

type Read = { readonly line: number; readonly sealed: SealedRecord; readonly digest: string }

/** @param lines in the order of their files. @param tornOctets what comes after the last whole line. */
export function verifyRecords(lines: readonly string[], options: VerifyOptions, tornOctets = 0): Report {
  const findings: Finding[] = []
  const note = (line: number, number: number | undefined, code: Finding['code'], says: string) =>
    void findings.push({ line, number, code, says })
  const read: Read[] = []
  for (const [at, line] of lines.entries()) {
    const sealed = readLine(line, options.key, !options.excerpt)
    if (typeof sealed === 'string') note(at + 1, numberIn(line), sealed, FLAWS[sealed])
    // A record whose signature is wrong is still a link, so that one flaw does not hide the next.
    const shown = typeof sealed === 'string' ? readLine(line, undefined, false) : sealed
    if (typeof shown !== 'string') read.push({ line: at + 1, sealed: shown, digest: digestOf(line) })
  }
  if (lines.length === 0) note(0, undefined, 'empty', 'there is no record')
  if (tornOctets > 0)
    note(lines.length + 1, undefined, 'torn', `${tornOctets} octets of a record that was not written to its end`)
  if (!options.excerpt) checkLinks(read, lines.length, note)
  if (options.mustHold !== undefined && !read.some(({ digest }) => digest === options.mustHold))
    note(
      0,
      undefined,
      'missing-record',
      'the record with the digest that was noted elsewhere is not here: records were cut off or exchanged',
    )
  const last = read.at(-1)
  return {
    records: lines.length,
    first: read[0]?.sealed.record.number,
    head: last === undefined ? undefined : { number: last.sealed.record.number, digest: last.digest },
    sessions: checkSessions(read, options, note, findings),
    findings,
  }
}

type Note = (line: number, number: number | undefined, code: Finding['code'], says: string) => void

function checkLinks(read: readonly Read[], lines: number, note: Note): void {
  const [first] = read
  if (first?.sealed.record.number === 1 && first.sealed.record.previous !== digestOf(first.sealed.record.chain))
    note(first.line, 1, 'broken-link', 'the first record does not begin its chain')
  for (const [at, { line, sealed }] of read.entries()) {
    const before = read[at - 1]
    if (before === undefined) continue
    const { number, previous, boot, monotonicMs, chain } = sealed.record
    const { record } = before.sealed
    if (chain !== record.chain) note(line, number, 'other-key', 'another chain goes on here')
    if (number === record.number) note(line, number, 'repeated', 'the same number as the record before')
    else if (number !== record.number + 1)
      note(line, number, 'gap', `comes after record ${record.number}: ${gapWords(record.number, number)}`)
    else if (previous !== before.digest)
      note(
        line,
        number,
        'broken-link',
        `does not name the record before it: record ${record.number} was changed or exchanged`,
      )
    if (boot === record.boot && monotonicMs < record.monotonicMs)
      note(line, number, 'clock', 'the clock of this run went backwards')
  }
  // Lines that could not be read at all leave a hole that the numbers tell of.
  if (read.length === 0 && lines > 0) note(0, undefined, 'gap', 'no line is a record')
}

function gapWords(from: number, to: number): string {
  return to < from
    ? 'records were swapped or repeated'
    : `${to - from - 1} ${to - from === 2 ? 'record is' : 'records are'} missing`
}

type Course = { readonly opening?: Read; readonly closing?: Read; readonly extra: boolean }

function checkSessions(
  read: readonly Read[],
  { running }: VerifyOptions,
  note: Note,
  findings: readonly Finding[],
): SessionReport[] {
  const courses = new Map<string, Course>()
  for (const one of read) {
    const { body } = one.sealed.record
    if (body.kind !== 'opened' && body.kind !== 'closed') continue
    const known = courses.get(body.sessionId) ?? { extra: false }
    const role = body.kind === 'opened' ? 'opening' : 'closing'
    courses.set(body.sessionId, known[role] === undefined ? { ...known, [role]: one } : { ...known, extra: true })
  }
  return [...courses].map(([sessionId, course]) => {
    const before = findings.length
    const told = checkCourse(sessionId, course, running, note)
    const own = [course.opening?.line, course.closing?.line]
    return { ...told, sound: findings.length === before && !findings.some(({ line }) => own.includes(line)) }
  })
}

function checkCourse(
  sessionId: string,
  { opening, closing, extra }: Course,
  running: boolean,
  note: Note,
): Omit<SessionReport, 'sound'> {
  const one = opening ?? closing
  const number = one?.sealed.record.number
  const line = one?.line ?? 0
  const opened = opening?.sealed.record.body as Opening | undefined
  const closed = closing?.sealed.record.body as Closing | undefined
  if (opened === undefined) note(line, number, 'incomplete', `${sessionId}: closed, and never opened`)
  if (closed === undefined && !running) note(line, number, 'incomplete', `${sessionId}: opened, and never closed`)
  if (extra) note(line, number, 'repeated', `${sessionId}: opened or closed more than once`)
  if (opening !== undefined && closing !== undefined && opened !== undefined && closed !== undefined) {
    const [from, to] = [opening.sealed.record, closing.sealed.record]
    if (to.number <= from.number) note(closing.line, to.number, 'course', `${sessionId}: closed before it was opened`)
    if (closed.ending === 'ended' && to.boot !== from.boot)
      note(closing.line, to.number, 'course', `${sessionId}: ended in another run of the program than it began in`)
    if (closed.ending === 'interrupted' && to.boot === from.boot)
      note(closing.line, to.number, 'course', `${sessionId}: interrupted, though the program that opened it went on`)
    for (const { claim, says } of contradictions(opened, closed))
      note(closing.line, to.number, claim, `${sessionId}: ${says}`)
  }
  return {
    sessionId,
    callId: (opened ?? closed)?.callId ?? '',
    number: number ?? 0,
    closedNumber: closing?.sealed.record.number,
    ending: closed?.ending ?? 'open',
    isolation: isolationOf(closed),
    result: closed?.facts?.outcome.reason ?? closed?.facts?.outcome.result,
  }
}

function isolationOf(closed: Closing | undefined): SessionReport['isolation'] {
  if (closed === undefined || closed.ending === 'interrupted') return 'not-shown'
  if (closed.facts?.firstPromptMs === undefined) return 'not-needed'
  const { agentLeg, callerLeg } = closed.facts
  return agentLeg === undefined || callerLeg === undefined ? 'not-counted' : 'shown'
}

const FLAWS: Readonly<Record<LineFlaw, string>> = {
  'not-json': 'not JSON',
  'not-a-record': 'a member is missing, not known, or holds what it may not',
  'not-canonical': 'not in canonical form (RFC 8785)',
  'other-key': 'signed with another key than the one that was given',
  'bad-signature': 'the signature is wrong: the record was changed',
}

/** The number that a damaged line seems to have, for whoever looks for it. */
function numberIn(line: string): number | undefined {
  const found = /"number":(\d{1,15}),/.exec(line)?.[1]
  return found === undefined ? undefined : Number(found)
}
