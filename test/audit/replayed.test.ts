/** What a replay writes of a session is what a node would write, but for what only a node sees; and it can be taken for no node's record. */

import t from 'tap'
import { anAuditBody } from '../../src/audit/contract.ts'
import { type ReplayedSession, replayedRecords } from '../../src/audit/replayed.ts'
import { verifyRecords } from '../../src/audit/verify.ts'
import { CHECKER, closing, FACTS, opening } from '../peers/audit-chain.ts'

const { durationMs, firstPromptMs, outcome, verdict, fieldsTaken, entriesRefused } = FACTS
const SESSION: ReplayedSession = {
  sessionId: 'secure-a',
  flow: { id: 'card', version: 2 },
  capturedMs: 1_790_000_000_000,
  startedMs: 1000,
  endedMs: 1000 + durationMs,
  facts: {
    durationMs,
    states: [{ at: 'asking', field: 0, ms: 20 }],
    ...(firstPromptMs === undefined ? {} : { firstPromptMs }),
    outcome,
    ...(verdict === undefined ? {} : { verdict }),
    fieldsTaken,
    entriesRefused,
    vaultCounts: { vaultReceived: 1400, vaultSent: 1449, presses: { event: 24, tone: 0, info: 0 } },
    wipe: { by: 'vault', ms: 25_000 },
  },
}

type Json = { readonly [name: string]: unknown }
const UNSEEN = 'not-in-a-replay'

/** @returns the value with the other's members where it has the word for what nobody saw. */
function filled(value: unknown, other: unknown): unknown {
  if (value === UNSEEN) return other
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const members = Object.entries(value).map(([name, member]) => [
    name,
    filled(member, (other as Json | undefined)?.[name]),
  ])
  return Object.fromEntries(members)
}

const recordIn = (line: string): Json & { readonly body: object } => JSON.parse(line).record

t.test('with what a node would have seen it is a record of a node, member by member', async (t) => {
  const [opened, closed] = replayedRecords(SESSION)
  for (const [{ line }, live] of [
    [opened, opening()],
    [closed, closing()],
  ] as const) {
    const { body } = recordIn(line)
    t.equal(anAuditBody(body), false, 'not by itself')
    const whole = filled(body, live) as Json
    t.ok(anAuditBody(whole), JSON.stringify(whole))
    t.same(Object.keys(whole).toSorted(), Object.keys(live).toSorted())
  }
  const { facts } = recordIn(closed.line).body as { facts: object }
  t.same(Object.keys(facts).toSorted(), [...Object.keys(FACTS), 'attestation'].toSorted(), 'no fact is passed over')
})

t.test('times are those of the capture', async (t) => {
  const [opened, closed] = replayedRecords(SESSION).map(({ line }) => recordIn(line))
  t.match(opened, { wall: new Date(1_790_000_001_000).toISOString(), monotonicMs: 1000, number: 1 })
  t.match(closed, { wall: new Date(1_790_000_031_000).toISOString(), monotonicMs: 31_000, number: 2 })
  const [beyond] = replayedRecords({ ...SESSION, capturedMs: 1e300 })
  t.equal(recordIn(beyond.line)['wall'], UNSEEN, 'a day that no calendar has')
})

t.test('one that did not end tells no facts', async (t) => {
  const [, closed] = replayedRecords({ ...SESSION, facts: undefined })
  const { body } = recordIn(closed.line)
  t.match(body, { ending: 'interrupted' })
  t.notOk('facts' in body)
})

t.test('another fact is another digest, of the closing alone; another flow of both', async (t) => {
  const digests = (session: ReplayedSession) => replayedRecords(session).map(({ digest }) => digest)
  const [opened, closed] = digests(SESSION)
  t.same(digests({ ...SESSION }), [opened, closed])
  const other = digests({ ...SESSION, endedMs: SESSION.endedMs + 1 })
  t.equal(other[0], opened)
  t.not(other[1], closed)
  const flow = digests({ ...SESSION, flow: { id: 'card', version: 3 } })
  t.not(flow[0], opened)
  t.not(flow[1], closed)
})

t.test('nobody who checks takes it for a record of a node, with a key, without one, or as an excerpt', async (t) => {
  const lines = replayedRecords(SESSION).map(({ line }) => line)
  const signed = lines.map((line) => JSON.stringify({ record: recordIn(line), signature: 'A'.repeat(86) }))
  for (const given of [lines, signed])
    for (const key of [CHECKER, undefined])
      for (const excerpt of [true, false]) {
        const { findings, sessions } = verifyRecords(given, { key, excerpt, running: false })
        t.equal(findings.filter(({ code }) => code === 'not-a-record').length, 2)
        t.same(sessions, [])
      }
})
