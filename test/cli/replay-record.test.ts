/** What no kept replay has: verdicts that do not end a session, an entry that is read back, and more states than a record has room for. */

import t from 'tap'
import { recordsOf } from '../../src/cli/replay-record.ts'
import type { LogLine, Rehearsal } from '../../src/replay/rehearsal.ts'

type VaultEvent = Extract<LogLine, { readonly event: unknown }>['event']
/** An event, and when. */
type Came = readonly [number, VaultEvent]

const sessionId = 'replay'
const asking = (field: number): VaultEvent => ({ type: 'asking', sessionId, field, attempt: 1, attempts: 3 })
const declined = { result: 'declined', details: 'no' } as const
const END: readonly Came[] = [
  [
    9000,
    { type: 'wiped', sessionId, outcome: { result: 'accepted', details: 'yes', lastFour: '1111', brand: 'visa' } },
  ],
  [9500, { type: 'returned', sessionId, counts: { received: 7, sent: 8, presses: { event: 1, tone: 2, info: 3 } } }],
]

function closingOf(came: readonly Came[], ended = true) {
  const log = came.map(([atMs, event]) => ({ atMs, event }))
  const rehearsal: Rehearsal = { log, packetsHeard: 7, ended }
  const [, closed] = recordsOf({ flow: { id: 'card', version: 1 }, capturedMs: 0, beginMs: 1000.25, rehearsal })
  return { text: closed.line, body: JSON.parse(closed.line).record.body }
}

t.test('a session that went on after a verdict', async (t) => {
  const { text, body } = closingOf([
    [1000.25, { type: 'began', sessionId }],
    [1100, asking(0)],
    [1200, { type: 'refused', sessionId, field: 0, why: 'too-short' }],
    [1250, asking(0)],
    [1300, { type: 'confirming', sessionId, field: 0 }],
    [1400, { type: 'taken', sessionId, field: 0 }],
    [1500, asking(1)],
    [1600, { type: 'taken', sessionId, field: 1 }],
    [1700, { type: 'submitting', sessionId, submission: 1 }],
    [1800, { type: 'answered', sessionId, outcome: declined }],
    [1900, { type: 'waiting-for-agent', sessionId, ms: 5000 }],
    [2000, asking(1)],
    [2100, { type: 'submitting', sessionId, submission: 2 }],
    ...END,
  ])
  t.match(body, {
    ending: 'ended',
    facts: {
      startedMs: 1000,
      durationMs: 8500,
      firstPromptMs: 0,
      wipe: { by: 'vault', ms: 8000 },
      outcome: { result: 'accepted' },
      verdict: { submissions: 2, earlier: [{ result: 'declined' }] },
      fieldsTaken: 1,
      entriesRefused: 1,
      callerLeg: { vaultReceived: 7, vaultSent: 8, presses: { event: 1, tone: 2, info: 3 } },
    },
  })
  t.same(
    body.facts.states.map(({ at, field }: { at: string; field?: number }) => `${at}${field ?? ''}`),
    ['asking0', 'confirming0', 'asking1', 'submitting', 'answered', 'waiting-for-agent', 'asking1', 'submitting'],
    'one that is entered again at once stands once',
  )
  t.not(body.facts.verdict.detailsDigest, body.facts.verdict.earlier[0].detailsDigest)
  t.notMatch(text, /1111|visa|"(yes|no)"/, 'no sentence, no last four')
})

t.test('more states than a record has room for', async (t) => {
  const many = Array.from({ length: 500 }, (_, i): Came => [2000 + i, asking(i % 2)])
  const { body } = closingOf([...many, ...END])
  t.equal(body.facts.states.length, 480)
  t.equal(body.facts.statesLeftOut, 20)
  t.notOk('firstPromptMs' in body.facts, 'never began')
  t.notOk('verdict' in body.facts, 'never asked the service')
})

t.test('a session that did not end', async (t) => {
  t.match(closingOf([[1100, asking(0)]], false).body, { ending: 'interrupted', facts: undefined })
})
