import t from 'tap'
import { fault } from '../../src/base/fault.ts'
import type { Calls } from '../../src/call/index.ts'
import { checkedServer } from './checked-server.ts'
import { bearer, webBench } from './web-bench.ts'

const START = '/api/v1/calls/call-1/secure-sessions'

function bench() {
  let started = 0
  let letGo: () => void = () => undefined
  const wait = { until: Promise.resolve(), fails: false }
  const calls = {
    startSecureSession: async () => {
      await wait.until
      if (wait.fails) throw fault('secure.no-vault')
      started += 1
      return { sessionId: `secure-${started}` }
    },
    list: () => [],
    subscribe: () => () => undefined,
  } as unknown as Calls
  const b = webBench({ calls })
  const app = checkedServer(b.options)
  const start = (key: string, payload: object = {}) =>
    app.inject({ method: 'POST', url: START, headers: { ...bearer, 'idempotency-key': key }, payload })
  return {
    ...{ ...b, app, start, wait },
    count: () => started,
    hold: () => {
      wait.until = new Promise((resolve) => {
        letGo = resolve
      })
    },
    letGo: () => letGo(),
  }
}

t.test('a request that comes again is answered again, and done once', async (t) => {
  const b = bench()
  const first = await b.start('key-1')
  const second = await b.start('key-1')
  t.equal(first.statusCode, 202)
  t.equal(second.statusCode, 202)
  t.equal(second.body, first.body)
  t.equal(second.headers.location, first.headers.location)
  t.equal(b.count(), 1)
  t.equal((await b.start('key-1', { flow: 'another' })).json().code, 'web.other-request')
  await b.start('key-2')
  t.equal(b.count(), 2)
  b.go(86_400_000)
  await b.start('key-1')
  t.equal(b.count(), 3, 'a day later')
  t.equal((await b.start('x'.repeat(129))).statusCode, 400)
})

t.test('what failed may be tried again, and what runs is waited for', async (t) => {
  const b = bench()
  b.wait.fails = true
  t.equal((await b.start('key-1')).json().code, 'secure.no-vault')
  b.wait.fails = false
  b.hold()
  const running = (async () => b.start('key-1'))()
  await new Promise((resolve) => setImmediate(resolve))
  while ((await b.start('key-1')).json().code !== 'web.same-request-runs')
    await new Promise((resolve) => setImmediate(resolve))
  b.letGo()
  t.equal((await running).statusCode, 202)
  t.equal(b.count(), 1)
})

t.test('a key of somebody else is another key', async (t) => {
  const b = bench()
  await b.withPassword('root')
  const { token } = await b.people.tokens.create((await b.loggedIn('root')).principal, {
    name: 'x',
    scopes: ['secure:start'],
    days: 1,
  })
  await b.start('key-1')
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': 'key-1' }
  t.equal((await b.app.inject({ method: 'POST', url: START, headers, payload: {} })).json().sessionId, 'secure-2')
})

t.test('who has it already is told that nothing has changed', async (t) => {
  const b = bench()
  const get = (tag?: string) =>
    b.app.inject({
      url: '/api/v1/trunks',
      headers: { ...bearer, ...(tag === undefined ? {} : { 'if-none-match': tag }) },
    })
  const first = await get()
  const tag = String(first.headers.etag)
  t.match(tag, /^"[\w-]{43}"$/)
  for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    const again = await get(known)
    t.equal(again.statusCode, 304, known)
    t.equal(again.body, '')
    t.equal(again.headers.etag, tag)
  }
  t.equal((await get('"other"')).statusCode, 200)
})
