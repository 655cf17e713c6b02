/** What is looked for and how it is shown: calls, members of workgroups, the history, stretches of time. */

import t from 'tap'
import {
  questionFor,
  type Span,
  type Stretch,
  spansOf,
  stacked,
  todayOf,
  totalOf,
} from '../../../pages/supervisor/chart-data.ts'
import { fitting, pageOf } from '../../../pages/supervisor/choosing.ts'
import { detailOfCall, detailOfKept } from '../../../pages/supervisor/details.ts'
import { NOTHING_WANTED, partsOfWanted, questionOf, wantedIn } from '../../../pages/supervisor/history-query.ts'
import type { Call } from '../../../pages/supervisor/live-calls.ts'
import { namesByAccount, statesOf, type Workgroup } from '../../../pages/supervisor/team.ts'
import { durationText } from '../../../pages/supervisor/time-text.ts'
import { callView } from '../../web/call-views.ts'

/** As it comes over the wire. */
function call(...given: Parameters<typeof callView>): Call {
  return JSON.parse(JSON.stringify(callView(...given)))
}
const GROUPS: readonly Workgroup[] = [
  {
    ...{ name: 'payments', displayName: 'Payments' },
    members: [
      { name: 'cid', displayName: 'Cid Cole' },
      { name: 'ann', displayName: 'Ann Ames', phone: 'alice' },
      { name: 'bob', displayName: 'Bob Best', phone: 'bob' },
    ],
  },
]

t.test('members on a call first, with how many of them are in Secure Input', async (t) => {
  const [state] = statesOf(GROUPS, [call('call-1', 'bob'), call('call-2', 'bob', { secureSessions: [] })])
  t.match(state, { onCall: 1, inSecure: 1 })
  t.strictSame(
    state?.members.map(({ member, call }) => [member.name, call?.callId]),
    [
      ['bob', 'call-1'],
      ['cid', undefined],
      ['ann', undefined],
    ],
  )
  const nameOf = namesByAccount(GROUPS)
  t.strictSame([nameOf('alice'), nameOf('stranger'), nameOf(undefined)], ['Ann Ames', 'stranger', undefined])
})

t.test('calls are found by number and by agent, and those in Secure Input alone', async (t) => {
  const calls = [call('call-1', 'alice'), call('call-2', 'bob', { from: '+4989777', secureSessions: [] })]
  const found = (text: string, secureOnly = false) =>
    fitting(calls, { text, secureOnly }, namesByAccount(GROUPS)).map(({ callId }) => callId)
  t.strictSame(found(''), ['call-1', 'call-2'])
  t.strictSame(found(' 777 '), ['call-2'])
  t.strictSame(found('ANN'), ['call-1'])
  t.strictSame(found('', true), ['call-1'])
  t.strictSame(found('nobody'), [])
})

t.test('pages: the last one when there are fewer than asked for', async (t) => {
  const rows = [1, 2, 3, 4, 5]
  t.strictSame(pageOf(rows, 1, 2), { rows: [3, 4], at: 1, pages: 3, first: 3, all: 5 })
  t.match(pageOf(rows, 9, 2), { rows: [5], at: 2, first: 5 })
  t.match(pageOf(rows, -1, 2), { rows: [1, 2], at: 0 })
  t.match(pageOf([], 3, 2), { rows: [], at: 0, pages: 1, first: 0 })
})

t.test('what is looked for in the history goes into the address and comes back', async (t) => {
  const wanted = { ...NOTHING_WANTED, number: '+49*', agent: 'al=ice', from: '2026-11-27', outcome: 'accepted' }
  t.strictSame(wantedIn(partsOfWanted(wanted)), wanted)
  t.strictSame(partsOfWanted({ ...NOTHING_WANTED, number: '  ' }), [])
  t.strictSame(wantedIn(['colour=red', 'x', '=']), NOTHING_WANTED)
})

t.test('a question to the API: days whole, by the clock of the reader', async (t) => {
  t.equal(questionOf(NOTHING_WANTED), '')
  const asked = new URLSearchParams(
    questionOf({ ...NOTHING_WANTED, number: '+49*', from: '2026-11-27', to: '2026-11-30' }, { limit: '50' }),
  )
  t.equal(asked.get('number'), '+49*')
  t.equal(asked.get('limit'), '50')
  t.equal(asked.get('since'), new Date(2026, 10, 27).toISOString())
  t.equal(asked.get('until'), new Date(2026, 11, 1).toISOString(), 'the end of the last day')
  t.equal(questionOf({ ...NOTHING_WANTED, from: 'yesterday' }), '')
})

/** When each stretch begins, as the server counts them. */
function beginsIn(spans: readonly Span[]): readonly number[] {
  return spans.flatMap(({ sinceMs, untilMs, stepS }) =>
    Array.from({ length: Math.ceil((untilMs - sinceMs) / (stepS * 1000)) }, (_, at) => sinceMs + at * stepS * 1000),
  )
}

t.test('periods end with the hour or the day that runs', async (t) => {
  const nowMs = new Date(2026, 10, 27, 15, 20).getTime()
  const [day] = spansOf('day', nowMs) as [Span]
  t.equal(day.untilMs, new Date(2026, 10, 27, 16).getTime())
  t.equal((day.untilMs - day.sinceMs) / day.stepS / 1000, 24)
  const week = spansOf('week', nowMs)
  t.equal(week.at(-1)?.untilMs, new Date(2026, 10, 28).getTime())
  t.equal(beginsIn(week).length, 7)
  t.equal(todayOf(nowMs).sinceMs, new Date(2026, 10, 27).getTime())
  t.equal(new URLSearchParams(questionFor(day)).get('step'), '3600')
})

t.test('days begin where those of the reader do, also those before his clocks were changed', async (t) => {
  const before = process.env['TZ']
  t.teardown(() => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })
  for (const [zone, nowMs, hours] of [
    ['Europe/Berlin', Date.UTC(2026, 10, 5, 12), 25],
    ['Europe/Berlin', Date.UTC(2026, 3, 5, 12), 23],
    ['Australia/Lord_Howe', Date.UTC(2026, 3, 20, 12), 24.5],
    ['Asia/Tokyo', Date.UTC(2026, 10, 5, 12), 24],
  ] as const) {
    process.env['TZ'] = zone
    const spans = spansOf('month', nowMs)
    const begins = beginsIn(spans).map((ms) => new Date(ms))
    t.equal(begins.length, 30, zone)
    t.ok(
      begins.every((at) => at.getHours() === 0 && at.getMinutes() === 0),
      `${zone}: each at midnight`,
    )
    t.ok(spans.some(({ stepS }) => stepS === hours * 3600))
    t.equal(new Set(begins.map((at) => at.toDateString())).size, 30)
  }
})

t.test('series stand on each other, and are summed up', async (t) => {
  t.strictSame(
    stacked([
      [1, 0, 2],
      [3, 1, 0],
      [0, 0, 1],
    ]),
    [
      [1, 0, 2],
      [4, 1, 2],
      [4, 1, 3],
    ],
  )
  const stretch: Stretch = {
    ...{ from: '', calls: 3, bridged: 2, withSession: 1, accepted: 1, declined: 0, failed: 0, secureMs: 9 },
  }
  t.equal(
    totalOf([stretch, stretch], ({ calls }) => calls),
    6,
  )
})

t.test('durations', async (t) => {
  const rows: [number, string][] = [
    [-5, '0:00'],
    [7_900, '0:07'],
    [760_000, '12:40'],
    [3_723_000, '1:02:03'],
  ]
  for (const [ms, text] of rows) t.equal(durationText(ms), text)
})

t.test('a call with its sessions, from each of the places that it can come from, and no value of it', async (t) => {
  const outcome = { result: 'accepted', details: 'Good', reference: 'R-17', brand: 'visa', lastFour: '4242' } as const
  const [session] = callView('call-1', 'alice').secureSessions
  if (session === undefined) throw new Error('it has one')
  const over = { ...session, endedAtMs: 9_000, outcome }
  const shown = detailOfCall(call('call-1', 'alice', { secureSessions: [over, session] }), (ms) => ms + 1_000_000)
  t.match(shown, { agent: 'alice', trunk: 'carrier', state: 'bridged', startedMs: 1_001_234.123456789 })
  t.match(shown.sessions, [
    { result: 'accepted', running: undefined, endedMs: 1_009_000, fields: [{ name: 'credit card' }] },
    { result: undefined, running: { stage: 'parting', keys: 0 } },
  ])
  for (const value of ['R-17', 'visa', '4242', 'Good']) t.notMatch(JSON.stringify(shown), value)
  const kept = detailOfKept({
    ...{ callId: 'call-1', startedAt: '2026-11-27T00:00:00.000Z', from: '+49', to: '100', ending: 'interrupted' },
    secureSessions: [
      {
        ...{ sessionId: 'secure-1', flow: 'card-payment', version: 2, startedAt: '2026-11-27T00:00:05.000Z' },
        ...{ outcome: 'failed', reason: 'timeout' },
      },
    ],
  })
  t.match(kept, { ending: 'interrupted', endedMs: undefined })
  t.match(kept.sessions, [{ flow: 'card-payment@2', result: 'failed', reason: 'timeout', fields: undefined }])
})
