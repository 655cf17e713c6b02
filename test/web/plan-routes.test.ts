/** The API of the dial plan on a real store, with what is applied of each change. */

import type { InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import type { Calls } from '../../src/call/index.ts'
import { EMPTY_PICTURE, versionsIn } from '../../src/directory/index.ts'
import { withEntry } from '../../src/directory/picture.ts'
import { openFlowFolder } from '../../src/flow/index.ts'
import { engineOf, quickFolder } from '../directory/engines.ts'
import { keptPlan } from '../peers/dial-plan.ts'
import { checkedServer } from './checked-server.ts'
import { TOKEN, webBench } from './web-bench.ts'

const ENTRIES = '/api/v1/directory'
const CONTACT = { uri: 'sip:alice@192.0.2.7', transport: 'udp', address: '192.0.2.7', port: 5062, expiresInSeconds: 60 }

async function api(t: Test) {
  const engine = engineOf(t, 'SQLite', { file: `${quickFolder(t)}/d.sqlite` })
  const directory = await engine.open()
  const kept = keptPlan(directory)
  const { options, ...team } = webBench({
    directory,
    calls: {
      subscribe: () => () => undefined,
      list: () => [{ callId: 'call-1', agentLeg: { account: 'bob' } }],
    } as unknown as Calls,
    flowFiles: openFlowFolder({ folder: 'flows' }),
    flows: openFlowFolder({ folder: 'flows', shelf: () => versionsIn(directory.picture()) }),
    plan: {
      outside: kept.keeper.outside,
      current: kept.keeper.current,
      contactsOf: (account) => (account === 'alice' ? [CONTACT] : []),
    },
  })
  const app = checkedServer(options)
  const ask = async (
    method: InjectOptions['method'] & string,
    url: string,
    body?: object,
    headers: Record<string, string> = {},
  ) => {
    const response = await app.inject({
      method,
      url: url.startsWith('/api') ? url : `${ENTRIES}${url}`,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      ...(body === undefined ? {} : { payload: body }),
    })
    const json = response.body === '' ? undefined : response.json()
    return { status: response.statusCode, json, text: response.body, etag: String(response.headers.etag ?? '') }
  }
  return { ask, app, directory, ...kept, ...team }
}

t.test('trunks, phones and routes of both places are read, and those of the directory changed', async (t) => {
  const { ask, running, applied } = await api(t)
  const made = await ask('POST', '/phones', { name: 'bob', displayName: 'Bob', password: 'password-of-bob' })
  t.match(made, {
    status: 201,
    json: { name: 'bob', origin: 'store', inUse: true, secrets: ['password'], displayName: 'Bob', revision: 1 },
  })
  t.equal(running().phones.length, 2, 'it is in force when it is answered')
  t.equal(
    (await ask('POST', '/routes', { name: 'to-bob', from: 'carrier', number: '200', to: { phone: 'bob' } })).status,
    201,
  )
  t.equal(running().routes.length, 2)

  const list = await ask('GET', '/phones')
  t.match(list.json.entries, [
    { name: 'alice', origin: 'file', secrets: ['password'] },
    { name: 'bob', origin: 'store' },
  ])
  t.match((await ask('GET', '/routes')).json.entries, [
    { name: 'file-1', origin: 'file', number: '100', to: { phone: 'alice' } },
    { name: 'to-bob', from: 'carrier', rank: 100 },
  ])
  t.match((await ask('GET', '/trunks/carrier')).json, {
    secrets: ['credentials.password'],
    credentials: { user: 'us' },
    outbound: { uri: 'sip:192.0.2.1' },
  })
  t.match((await ask('GET', '/phones?limit=1')).json, { entries: [{ name: 'alice' }], next: 'alice' })
  t.match((await ask('GET', '/phones?search=bo')).json.entries, [{ name: 'bob' }])
  t.equal(
    (await ask('GET', '/phones/alice', undefined, { 'if-none-match': (await ask('GET', '/phones/alice')).etag }))
      .status,
    304,
  )

  const read = await ask('GET', '/phones/bob')
  const put = await ask('PUT', '/phones/bob', { ...read.json, displayName: 'Robert' }, { 'if-match': read.etag })
  t.match(
    put,
    { status: 200, json: { displayName: 'Robert', secrets: ['password'] } },
    'what was read goes back as it is',
  )
  t.ok(running().phones[1]?.password?.matches('password-of-bob'))
  t.equal((await ask('DELETE', '/phones/bob', undefined, { 'if-match': put.etag })).status, 409, 'a route leads there')
  const route = await ask('GET', '/routes/to-bob')
  t.equal((await ask('DELETE', '/routes/to-bob', undefined, { 'if-match': route.etag })).status, 204)
  t.equal((await ask('DELETE', '/phones/bob', undefined, { 'if-match': put.etag })).status, 204)
  t.equal(running().phones.length, 1)
  t.equal(applied.length, 5)
  const history = await ask('GET', '/phones/bob/history')
  t.match(history.json.changes, [{ action: 'removed' }, { difference: { displayName: {} } }, { action: 'created' }])
  for (const { text } of [made, list, read, put, history]) t.notMatch(text, /password-|"password":"[^(]/)
})

t.test('what stands in the file is read-only here, and what cannot work is refused and changes nothing', async (t) => {
  const { ask, applied, directory } = await api(t)
  const file = await ask('GET', '/phones/alice')
  const match = { 'if-match': file.etag }
  t.match(await ask('POST', '/phones', { name: 'alice', password: 'x' }), {
    status: 409,
    json: { code: 'directory.in-file' },
  })
  t.match(await ask('PUT', '/phones/alice', { password: 'x' }, match), {
    status: 409,
    json: { code: 'directory.in-file' },
  })
  t.match(await ask('PATCH', '/phones/alice', { displayName: 'x' }, match), { status: 409 })
  t.match(await ask('DELETE', '/phones/alice', undefined, match), { status: 409, json: { code: 'directory.in-file' } })
  t.match(await ask('DELETE', '/routes/file-1', undefined, match), { status: 409 })
  t.match(await ask('POST', '/routes', { name: 'r', number: '1', to: { trunk: 'nowhere' } }), {
    status: 422,
    json: { code: 'directory.not-valid', problems: [{ key: 'routes.r.to.trunk' }] },
  })
  t.match(await ask('GET', '/trunks/nobody'), { status: 404 })
  t.strictSame(applied, [])
  t.equal(directory.picture().generation, 0)
})

t.test('a request that comes again is carried out once, and no digest of a password is kept', async (t) => {
  const { ask, directory } = await api(t)
  const key = { 'idempotency-key': 'k1' }
  const body = { name: 'bob', password: 'password-of-bob' }
  t.equal((await ask('POST', '/phones', body, key)).status, 201)
  t.equal((await ask('POST', '/phones', body, key)).status, 201)
  t.equal(directory.picture().entries.phones.get('bob')?.revision, 1)
  const digests = async () =>
    (await directory.db.selectFrom('requests').select('digest').execute()).map((row) => row.digest)
  const [first] = await digests()
  const other = await api(t)
  await other.ask('POST', '/phones', { ...body, password: 'another' }, key)
  const [second] = (await other.directory.db.selectFrom('requests').select('digest').execute()).map((row) => row.digest)
  t.equal(first, second)
})

t.test('phones are shown where they are, to whoever may see trunks', async (t) => {
  const { ask, running } = await api(t)
  await ask('POST', '/phones', { name: 'bob', password: 'password-of-bob' })
  t.equal(running().phones.length, 2)
  t.strictSame((await ask('GET', '/api/v1/phones')).json.phones, [
    { name: 'alice', displayName: 'Alice', origin: 'file', registered: true, busy: false, contacts: [CONTACT] },
    { name: 'bob', displayName: 'Phone', origin: 'store', registered: false, busy: true, contacts: [] },
  ])
  t.match(await ask('GET', '/api/v1/me/phone'), { status: 404, json: { code: 'people.no-phone' } }, 'it is nobody')
})

t.test('an agent sees his own phone, and no list of all', async (t) => {
  const entry = { id: 'user-ann', name: 'ann', revision: 1, createdMs: 0, updatedMs: 0 }
  const body = { displayName: '', disabled: false, administrator: false, phone: 'alice', rights: {} }
  const picture = withEntry(EMPTY_PICTURE, 'users', 'ann', { ...entry, body })
  const bench = webBench()
  const directory = { ...bench.options.directory, picture: () => picture }
  const plan = { ...bench.options.plan, contactsOf: () => [CONTACT] }
  const app = checkedServer({ ...bench.options, directory, plan })
  await bench.withPassword('ann')
  const { cookie } = await bench.loggedIn('ann')
  const get = async (url: string) =>
    app.inject({ url, headers: { cookie: `sotto=${cookie}`, host: 'localhost', 'sec-fetch-site': 'same-origin' } })
  t.match((await get('/api/v1/me/phone')).json(), { name: 'alice', registered: true, busy: false, contacts: [CONTACT] })
  t.equal((await get('/api/v1/phones')).statusCode, 403)
  t.equal((await get(`${ENTRIES}/phones`)).statusCode, 403)
})
