/** Routes for whoever looks after others: the team, counts over time, whether records hold; each for what he sees, and nothing else. */

import t from 'tap'
import type { SessionCheck } from '../../src/audit/index.ts'
import type { Calls } from '../../src/call/index.ts'
import { EMPTY_PICTURE, type Picture } from '../../src/directory/index.ts'
import type { CountQuery, HistoryQuery } from '../../src/history/index.ts'
import { workgroupsOf } from '../../src/web/team-routes.ts'
import { keptCall } from '../peers/kept-calls.ts'
import { PASSWORD, standing } from '../people/crew.ts'
import { callView } from './call-views.ts'
import { checkedServer } from './checked-server.ts'
import { bearer, webBench } from './web-bench.ts'

const SECURE = { flow: 'card-payment', version: 1, startedBy: 'token', startedMs: 0, endedMs: 1, reason: null } as const
const CHECK: SessionCheck = {
  ...{ verdict: 'holds', findings: [], records: [2, 4], key: 'a-key', isolation: 'shown' },
  counts: { durationMs: 9_000, fieldsTaken: 3, entriesRefused: 1, asked: [2, 1, 1] },
}

function bench(check: SessionCheck = CHECK) {
  const views = [callView('call-ann', 'agent'), callView('call-other', 'agent-7')]
  const questions: (HistoryQuery | CountQuery)[] = []
  const checked: [string, boolean][] = []
  const b = webBench({
    calls: {
      list: () => views,
      ended: () => [],
      get: (callId: string) => views.find((view) => view.callId === callId),
      secureSessions: () => [],
      subscribe: () => () => undefined,
    } as unknown as Calls,
    history: {
      page: async (query) => {
        questions.push(query)
        const call = keptCall('call-old', {
          secureSessions: [{ ...SECURE, sessionId: 'secure-old', outcome: 'accepted' }],
        })
        return { calls: query.callId === 'call-old' && query.accounts?.includes('agent') !== false ? [call] : [] }
      },
      count: async (query) => {
        questions.push(query)
        const counts = { calls: 3, bridged: 2, withSession: 1, accepted: 1, declined: 0, failed: 0, secureMs: 9_000 }
        return [{ fromMs: query.sinceMs, ...counts }]
      },
      subscribe: () => () => undefined,
    },
    records: {
      check: async (...given) => {
        checked.push(given)
        return check
      },
    },
  })
  const app = checkedServer(b.options)
  const as = async (name: string) => {
    await b.withPassword(name)
    const { loggedIn } = (await b.people.logIn({ name, password: PASSWORD, address: '127.0.0.1' })) as {
      loggedIn: { cookie: string }
    }
    return { cookie: `sotto=${loggedIn.cookie}` }
  }
  const get = async (headers: object, url: string) => app.inject({ url, headers: { ...headers } })
  return { ...b, app, as, get, views, questions, checked }
}

t.test('whether a record holds: for who sees the call, in memory and out of the history', async (t) => {
  const { as, get, checked, noted } = bench()
  const [ann, sue] = [await as('ann'), await as('sue')]
  const of = (callId: string, sessionId: string) => `/api/v1/calls/${callId}/secure-sessions/${sessionId}/verification`
  const held = await get(sue, of('call-ann', 'secure-1'))
  t.strictSame(held.json(), {
    ...{ verdict: 'holds', findings: [], records: [2, 4], key: 'a-key', isolation: 'shown' },
    ...{ durationMs: 9_000, fieldsTaken: 3, entriesRefused: 1, asked: [2, 1, 1] },
  })
  t.equal((await get(sue, of('call-old', 'secure-old'))).statusCode, 200)
  const wanted: [string, boolean][] = [
    ['secure-1', false],
    ['secure-old', true],
  ]
  t.strictSame(checked, wanted, 'the end of the second was recorded')
  t.match(noted.at(-1), { type: 'record-verified', succeeded: 'yes' })
  t.equal((await get(sue, of('call-ann', 'secure-9'))).statusCode, 404, 'no such session')
  t.equal((await get(sue, of('call-old', 'secure-9'))).statusCode, 404, 'nor in the history')
  t.equal((await get(sue, of('call-other', 'secure-1'))).statusCode, 404, 'not his call')
  t.equal((await get(ann, of('call-ann', 'secure-1'))).statusCode, 403, 'an agent reads no records')
  t.equal((await get({}, of('call-ann', 'secure-1'))).statusCode, 401)
  t.strictSame(checked, wanted, 'nothing was read for them')
})

t.test('what does not hold is said, and where', async (t) => {
  const findings = [
    { number: 4, code: 'bad-signature', says: 'the signature is wrong' },
    { number: undefined, code: 'empty', says: 'it has no record' },
  ] as const
  const { counts: _none, ...rest } = CHECK
  const { get } = bench({ ...rest, verdict: 'does-not-hold', findings })
  const { findings: told, ...answer } = (
    await get(bearer, '/api/v1/calls/call-ann/secure-sessions/secure-1/verification')
  ).json()
  t.strictSame(told, [findings[0], { code: 'empty', says: 'it has no record' }])
  t.notOk('asked' in answer)
})

t.test('counts over time, of the calls that one sees', async (t) => {
  const { as, get, questions } = bench()
  const span = 'since=2026-11-27T00:00:00Z&until=2026-11-28T00:00:00Z&step=3600'
  const { stretches } = (await get(bearer, `/api/v1/call-statistics?${span}`)).json()
  t.match(stretches, [{ from: '2026-11-27T00:00:00.000Z', calls: 3, secureMs: 9_000 }])
  await get(await as('sue'), `/api/v1/call-statistics?${span}`)
  const asked = { sinceMs: Date.UTC(2026, 10, 27), untilMs: Date.UTC(2026, 10, 28), stepMs: 3_600_000 }
  t.strictSame(questions, [asked, { ...asked, accounts: ['agent-9', 'agent', 'agent-2'] }])
  for (const question of [
    '',
    '?since=x&until=2026-11-28T00:00:00Z&step=60',
    '?since=2026-11-28T00:00:00Z&until=2026-11-27T00:00:00Z&step=60',
    '?since=2026-01-01T00:00:00Z&until=2026-11-27T00:00:00Z&step=60',
    '?since=2026-11-27T00:00:00Z&until=2026-11-28T00:00:00Z&step=0',
  ])
    t.equal((await get(bearer, `/api/v1/call-statistics${question}`)).json().code, 'web.bad-request', question)
  t.equal((await get(await as('ann'), `/api/v1/call-statistics?${span}`)).statusCode, 403)
})

t.test('the history is asked for what one sees, by how sessions ended too', async (t) => {
  const { as, get, questions } = bench()
  await get(await as('sue'), '/api/v1/call-history?outcome=declined')
  t.strictSame(questions, [{ outcome: 'declined', accounts: ['agent-9', 'agent', 'agent-2'], limit: 100 }])
  t.equal((await get(bearer, '/api/v1/call-history?outcome=perhaps')).statusCode, 400)
})

t.test('who may not see secure sessions is not told of them by their calls', async (t) => {
  const { as, get, users } = bench()
  const ann = await as('ann')
  const told = async () => {
    const [call] = (await get(ann, '/api/v1/calls')).json().calls
    return [call.secureSessions.length, (await get(ann, '/api/v1/calls/call-ann')).json().secureSessions.length]
  }
  t.strictSame(await told(), [1, 1])
  users.set('user-ann', standing('ann', { phone: 'agent', mayView: false }))
  t.strictSame(await told(), [0, 0])
})

t.test('neither is an administrator without the right: by state, counts, records, or the history', async (t) => {
  const { as, get, users, views } = bench()
  users.set('user-root', standing('root', { administrator: true }))
  const root = await as('root')
  const span = 'since=2026-11-27T00:00:00Z&until=2026-11-28T00:00:00Z&step=3600'
  const told = async () => {
    const { secureSessions, state } = (await get(root, '/api/v1/calls/call-ann')).json()
    const [{ from: _from, ...counts }] = (await get(root, `/api/v1/call-statistics?${span}`)).json().stretches
    const record = '/api/v1/calls/call-ann/secure-sessions/secure-1/verification'
    const asked = [record, '/api/v1/calls/call-ann/secure-sessions', '/api/v1/call-history?outcome=any']
    const statuses = await Promise.all(asked.map(async (url) => (await get(root, url)).statusCode))
    return { sessions: secureSessions.length, state, counted: Object.keys(counts), statuses }
  }
  views[0] = callView('call-ann', 'agent', { state: 'secure' })
  const counted = ['calls', 'bridged', 'withSession', 'accepted', 'declined', 'failed', 'secureMs']
  t.strictSame(await told(), { sessions: 1, state: 'secure', counted, statuses: [200, 200, 200] })
  users.set('user-root', standing('root', { administrator: true, mayView: false }))
  const nothing = { sessions: 0, state: 'bridged', counted: ['calls', 'bridged'], statuses: [403, 403, 403] }
  t.strictSame(await told(), nothing)
})

t.test('the workgroups that one looks after', async (t) => {
  const entry = (name: string, body: object) => ({
    id: `id-${name}`,
    name,
    revision: 1,
    createdMs: 0,
    updatedMs: 0,
    body,
  })
  const picture = {
    ...EMPTY_PICTURE,
    entries: {
      ...EMPTY_PICTURE.entries,
      users: new Map([
        ['ann', entry('ann', { displayName: 'Ann Ames', phone: 'agent', disabled: false })],
        ['bob', entry('bob', { displayName: '', disabled: false })],
        ['old', entry('old', { displayName: '', disabled: true })],
      ]),
      workgroups: new Map([
        ['claims', entry('claims', { displayName: 'Claims', members: ['bob'], supervisors: [] })],
        [
          'payments',
          entry('payments', { displayName: '', members: ['ann', 'old', 'gone', 'bob'], supervisors: ['sue'] }),
        ],
      ]),
    },
  } as unknown as Picture
  const sue = { name: 'sue', userId: 'user-sue', sees: new Set<string>() }
  t.strictSame(workgroupsOf(picture, sue), [
    {
      ...{ name: 'payments', displayName: 'payments' },
      members: [
        { name: 'ann', displayName: 'Ann Ames', phone: 'agent' },
        { name: 'bob', displayName: 'bob' },
      ],
    },
  ])
  t.strictSame(workgroupsOf(picture, { ...sue, userId: undefined }), [], 'a token of the same name is nobody')
  t.strictSame(workgroupsOf(picture, { ...sue, name: 'ann' }), [], 'a member is no supervisor')
  t.strictSame(workgroupsOf(picture, undefined), [])
  t.equal(workgroupsOf(picture, { ...sue, sees: 'all' }).length, 2)
  const { get } = bench()
  t.strictSame((await get(bearer, '/api/v1/team')).json(), { workgroups: [] })
})
