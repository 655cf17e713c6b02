import { join } from 'node:path'
import t, { type Test } from 'tap'
import { countIn } from '../../src/history/counting.ts'
import { type HistoryQuery, readPageOf } from '../../src/history/index.ts'
import type { SecureRow } from '../../src/history/row.ts'
import { HistoryStore } from '../../src/history/store.ts'
import { keptCall } from '../peers/kept-calls.ts'
import { checkedServer } from './checked-server.ts'
import { bearer as headers, webBench } from './web-bench.ts'

const SESSION: Omit<SecureRow, 'sessionId'> = {
  ...{ flow: 'card-payment', version: 1, startedBy: 'token', startedMs: 10_000, endedMs: 40_000 },
  ...{ outcome: 'accepted', reason: null },
}

/** A server over a real file with so many calls in it, a minute apart; asks of it what it was asked. */
function bench(t: Test, count: number, withSessions = false) {
  const file = join(t.testdir(), 'calls.sqlite')
  const store = new HistoryStore(file, 'boot-b')
  const startMs = Date.UTC(2026, 10, 27)
  const callOf = (i: number) =>
    keptCall(`call-${i}`, {
      startedMs: startMs + i * 60_000,
      agent: i % 2 ? 'alice' : 'bob',
      secureSessions: withSessions ? [{ ...SESSION, sessionId: `secure-${i}` }] : [],
    })
  store.write(Array.from({ length: count }, (_, i) => callOf(i)))
  store.close()
  const queries: HistoryQuery[] = []
  const page = async (query: HistoryQuery) => {
    queries.push(query)
    return readPageOf(file, query)
  }
  const { options, people, loggedIn, withPassword } = webBench({
    history: { page, count: async (query) => countIn(file, query), subscribe: () => () => undefined },
  })
  const app = checkedServer(options)
  return {
    app,
    queries,
    people,
    loggedIn,
    withPassword,
    get: (query: string, accept = '*/*') =>
      app.inject({ url: `/api/v1/call-history${query}`, headers: { ...headers, accept } }),
  }
}

t.test('nobody without a token', async (t) => {
  const { app, queries } = bench(t, 1)
  t.equal((await app.inject({ url: '/api/v1/call-history' })).statusCode, 401)
  t.equal((await app.inject({ url: '/api/v1/call-history/call-0' })).statusCode, 401)
  t.strictSame(queries, [])
})

t.test('page by page, with times that people read', async (t) => {
  const { get } = bench(t, 5)
  const first = (await get('?limit=3')).json()
  t.match(first.calls, [{ callId: 'call-4' }, { callId: 'call-3' }, { callId: 'call-2' }])
  t.match(first.calls[2], { startedAt: '2026-11-27T00:02:00.000Z', from: '+493012345678', ending: 'caller-hung-up' })
  t.notOk('status' in first.calls[0], 'what is not known is not there')
  const second = (await get(`?limit=3&after=${first.next}`)).json()
  t.match(second.calls, [{ callId: 'call-1' }, { callId: 'call-0' }])
  t.notOk('next' in second)
  t.match((await get('/call-3')).json(), { callId: 'call-3', agent: 'alice' })
  t.equal((await get('/call-9')).statusCode, 404)
})

t.test('who may not see secure sessions is told of none, in whatever form he asks', async (t) => {
  const { app, get, people, loggedIn, withPassword } = bench(t, 2, true)
  await withPassword('root')
  t.not((await get('/call-1')).json().secureSessions.length, 0, 'there is one')
  const { principal } = await loggedIn('root')
  const { token } = await people.tokens.create(principal, { name: 'figures', scopes: ['history:read'], days: 1 })
  const ask = (query: string, accept = '*/*') =>
    app.inject({ url: `/api/v1/call-history${query}`, headers: { authorization: `Bearer ${token}`, accept } })
  t.same((await ask('/call-1')).json().secureSessions, [])
  t.same((await ask('')).json().calls[0].secureSessions, [])
  t.notMatch((await ask('', 'text/csv')).body, 'accepted')
  t.match((await get('', 'text/csv')).body, 'accepted')
  t.equal((await ask('?outcome=accepted')).statusCode, 403, 'nor finds them by their outcome')
})

t.test('questions', async (t) => {
  const { get, queries } = bench(t, 6)
  const { calls } = (await get('?since=2026-11-27T00:02:00Z&until=2026-11-27T00:05:00Z&agent=alice')).json()
  t.match(calls, [{ callId: 'call-3' }])
  t.strictSame(queries, [
    { agent: 'alice', sinceMs: Date.UTC(2026, 10, 27, 0, 2), untilMs: Date.UTC(2026, 10, 27, 0, 5), limit: 100 },
  ])
  for (const query of ['?since=yesterday', '?after=x', '?limit=0', '?limit=1001', '?colour=red', '?agent='])
    t.equal((await get(query)).json().code, 'web.bad-request', query)
})

t.test('CSV, whole, as it is read', async (t) => {
  const { get, queries } = bench(t, 1201)
  const response = await get('?agent=bob', 'text/csv')
  t.match(response.headers['content-type'], 'text/csv')
  const lines = response.body.split('\r\n')
  t.match(lines[0], /^call,started,/)
  t.match(lines[1], /^call-1200,2026-11-27T20:00:00.000Z,/)
  t.equal(lines.length, 601 + 2)
  t.equal(lines.at(-1), '')
  t.equal(queries.length, 2)
})
