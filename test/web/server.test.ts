import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import { Secret } from '../../src/base/secret.ts'
import type { CallEvent, Calls } from '../../src/call/index.ts'
import { openFlowFolder } from '../../src/flow/index.ts'
import { callView, secureRecord } from './call-views.ts'
import { checkedServer } from './checked-server.ts'
import { bearer, TOKEN, webBench } from './web-bench.ts'

const CARD = '4111111111111111'

/** Calls that know one call, `call-1`. */
function fakeCalls() {
  const asked: unknown[] = []
  const listeners = new Set<(event: CallEvent) => void>()
  const only = (callId: string) => {
    if (callId !== 'call-1') throw fault('call.not-found')
  }
  const calls = {
    list: () => [callView('call-1', 'agent')],
    ended: () => [callView('call-0', 'agent')],
    whyNot: (callId: string, request: { flow?: string }) => {
      only(callId)
      if (request.flow === 'nothing') return ['secure.unknown-flow']
      return ['secure.session-in-progress']
    },
    get: (callId: string) => (callId === 'call-1' ? callView(callId, 'agent') : undefined),
    startSecureSession: async (callId: string, request: unknown) => {
      only(callId)
      asked.push(request)
      return { sessionId: 'secure-1' }
    },
    cancelSecureSession: (callId: string, sessionId: string) => {
      only(callId)
      asked.push(['cancel', sessionId])
    },
    orderSecureSession: (callId: string, sessionId: string, order: unknown) => {
      only(callId)
      if (sessionId !== 'secure-1') throw fault('secure.session-over')
      asked.push(order)
    },
    quality: async (callId: string) => {
      only(callId)
      return { caller: { jitterMs: 1.25 } }
    },
    secureSessions: (callId: string) => {
      only(callId)
      return [secureRecord(callId, 'secure-1')]
    },
    hangUp: (callId: string) => {
      only(callId)
      asked.push('hang up')
    },
    subscribe: (listener: (event: CallEvent) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  } as unknown as Calls
  return { calls, asked, listeners }
}

function server(tokens = [new Secret(TOKEN)], flowsFolder = 'flows') {
  const { calls, asked, listeners } = fakeCalls()
  const lines: string[] = []
  let reloads = 0
  const { options } = webBench({
    tokens: tokens.map((token) => ({ name: 'desk', token })),
    calls,
    flows: openFlowFolder({ folder: flowsFolder }),
    flowFiles: openFlowFolder({ folder: flowsFolder }),
    onFlow: (event) => asked.push(event),
    trunks: { list: () => ({ trunks: [{ name: 'carrier' }], targets: [] }), subscribe: () => () => undefined },
    media: {
      list: () => [{ pid: 77, calls: 3 }],
      replace: async (pid) => {
        if (pid !== 77) throw fault('media.unknown-process')
        return { pid: 78, calls: 3 }
      },
    },
    reloadPrompts: () => {
      reloads += 1
    },
    config: { reload: async () => ({ result: 'reloaded', applied: [], needsRestart: [] }) },
    log: createLog({ level: 'debug', write: (line) => lines.push(line), wallMs: () => 0, process: 'control' }),
  })
  const app = checkedServer(options)
  return { app, asked, listeners, lines, reloads: () => reloads }
}

t.test('media processes are listed, and replaced by their id', async (t) => {
  const { app } = server()
  const headers = { authorization: `Bearer ${TOKEN}` }
  t.equal((await app.inject({ method: 'GET', url: '/api/v1/media' })).statusCode, 401)
  const listed = await app.inject({ method: 'GET', url: '/api/v1/media', headers })
  t.strictSame(listed.json(), { processes: [{ pid: 77, calls: 3 }] })
  const replaced = await app.inject({ method: 'POST', url: '/api/v1/media/77/replace', headers })
  t.strictSame(replaced.json(), { pid: 78, callsOnTheOld: 3 })
  for (const [pid, status] of [
    ['78', 404],
    ['0', 400],
    ['all', 400],
    ['77x', 400],
  ] as const) {
    // biome-ignore format: rows
    const refused = await app.inject({ method: 'POST', url: `/api/v1/media/${pid}/replace`, headers })
    t.equal(refused.statusCode, status, pid)
  }
})

const START = '/api/v1/calls/call-1/secure-sessions'

t.test('without a right token nothing is told and nothing is done', async (t) => {
  const rows = [
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer something-else' }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['a right one with a tail', { authorization: `Bearer ${TOKEN}x` }],
    ['two words', { authorization: `Bearer ${TOKEN} ${TOKEN}` }],
    ['an empty one', { authorization: 'Bearer ' }],
  ] as const
  for (const [sentence, headers] of rows) {
    const { app, asked } = server()
    for (const [method, url] of [
      ['GET', '/api/v1/calls'],
      ['POST', START],
      ['GET', '/api/v1/events'],
      ['DELETE', '/api/v1/calls/call-1'],
      ['POST', '/api/v1/prompts/reload'],
      ['POST', `${START}/secure-1/orders`],
      ['GET', '/api/v1/flows'],
      ['GET', '/metrics'],
      ['GET', '/api/v1/directory/users'],
      ['POST', '/api/v1/directory/users'],
      ['GET', '/api/v1/calls/call-1/forms'],
      ['GET', '/api/v1/calls/call-1/quality'],
      ['POST', '/api/v1/flows/card-payment/publish'],
    ] as const) {
      const response = await app.inject({ method, url, headers })
      t.equal(response.statusCode, 401, `${sentence}: ${method} ${url}`)
      t.equal(response.json().code, 'web.unauthorized')
    }
    t.same(asked, [])
  }
  const { app } = server([])
  t.equal(
    (await app.inject({ url: '/api/v1/calls', headers: { authorization: 'Bearer ' } })).statusCode,
    401,
    'no tokens: nobody',
  )
})

t.test('health needs no token and tells no more than a load balancer needs', async (t) => {
  t.equal((await server().app.inject({ url: '/live' })).statusCode, 200)
  const response = await server().app.inject({ url: '/health' })
  t.equal(response.statusCode, 200)
  t.same(response.json(), { ready: true, draining: false })
})

t.test('metrics are text for Prometheus, to whoever holds a token', async (t) => {
  const response = await server().app.inject({ url: '/metrics', headers: bearer })
  t.equal(response.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.equal(response.body, 'sotto_calls 1\n')
})

t.test('how the legs of a call sound', async (t) => {
  const { app } = server()
  const response = await app.inject({ url: '/api/v1/calls/call-1/quality', headers: bearer })
  t.same(response.json(), { caller: { jitterMs: 1.25 } })
  t.equal((await app.inject({ url: '/api/v1/calls/call-2/quality', headers: bearer })).statusCode, 404)
})

t.test('calls are listed, with numbers of a length that nobody takes for a card', async (t) => {
  const response = await server().app.inject({ url: '/api/v1/calls', headers: bearer })
  t.match(response.body, '"startedAtMs":1234.123,')
})

t.test('calls that ended are remembered, and a closed gate says what to do', async (t) => {
  const { app } = server()
  t.match((await app.inject({ url: '/api/v1/ended-calls', headers: bearer })).json(), { calls: [{ callId: 'call-0' }] })
  const { gates } = (await app.inject({ url: '/api/v1/calls/call-1/why-not', headers: bearer })).json()
  t.match(gates, [{ code: 'secure.session-in-progress', status: 409 }])
  t.ok(gates[0].detail.length > 10, 'with advice')
  t.equal((await app.inject({ url: '/api/v1/calls/call-2/why-not', headers: bearer })).statusCode, 404)
})

t.test('a secure session is started with the form, read, and cancelled', async (t) => {
  const { app, asked } = server()
  const fields = [{ name: 'customer account', value: '343453422' }]
  const started = await app.inject({ method: 'POST', url: START, headers: bearer, payload: { fields } })
  t.equal(started.statusCode, 202)
  t.equal(started.headers.location, `${START}/secure-1`)
  t.equal((await app.inject({ url: `${START}/secure-1`, headers: bearer })).statusCode, 200)
  t.equal((await app.inject({ url: `${START}/secure-2`, headers: bearer })).statusCode, 404)
  t.equal((await app.inject({ method: 'DELETE', url: `${START}/secure-1`, headers: bearer })).statusCode, 202)
  t.same(asked, [{ fields, startedBy: { by: 'token' } }, ['cancel', 'secure-1']])
})

t.test('a session may name its flow and the session it tries again', async (t) => {
  const { app, asked } = server()
  const payload = { flow: 'card-on-file@1', retryOf: 'secure-0' }
  t.equal((await app.inject({ method: 'POST', url: START, headers: bearer, payload })).statusCode, 202)
  t.same(asked, [{ ...payload, startedBy: { by: 'token' } }])
  const whyNot = '/api/v1/calls/call-1/why-not'
  t.match((await app.inject({ url: `${whyNot}?flow=nothing`, headers: bearer })).json().gates, [
    { code: 'secure.unknown-flow' },
  ])
  t.equal((await app.inject({ url: `${whyNot}?card=${CARD}`, headers: bearer })).statusCode, 400)
})

t.test('the agent orders fields again, all of them, or to go on', async (t) => {
  const { app, asked } = server()
  const orders = [{ order: 'again', fields: ['security code'] }, { order: 'again-all' }, { order: 'go-on' }] as const
  const order = (payload: object, session = 'secure-1') =>
    app.inject({ method: 'POST', url: `${START}/${session}/orders`, headers: bearer, payload })
  for (const payload of orders) t.equal((await order(payload)).statusCode, 202, payload.order)
  t.same(asked, orders)
  for (const payload of [
    {},
    { order: 'again' },
    { order: 'again', fields: [] },
    { order: 'stop' },
    { order: 'go-on', fields: ['a'] },
  ]) {
    t.equal((await order(payload)).json().code, 'web.bad-request', JSON.stringify(payload))
  }
  const late = await order({ order: 'go-on' }, 'secure-0')
  t.equal(late.statusCode, 409)
  t.equal(late.json().code, 'secure.session-over')
})

t.test('flows are listed, published and retired', async (t) => {
  const folder = t.testdir({
    'mine.yaml': 'id: mine\ntitle: Mine\nsteps:\n  - collect: pin\n  - validate\n',
    'bad.yaml': 'id: bad\ntitle: Bad\nsteps:\n  - colect: pin\n',
  })
  const { app, asked } = server(undefined, folder)
  const get = async (path: string) => (await app.inject({ url: `/api/v1/flows${path}`, headers: bearer })).json()
  const post = (path: string) => app.inject({ method: 'POST', url: `/api/v1/flows${path}`, headers: bearer })
  t.match((await get('')).flows, [
    { id: 'bad', versions: [] },
    { id: 'mine', draft: 'changed', versions: [] },
  ])
  const bad = await post('/bad/publish')
  t.equal(bad.statusCode, 422)
  t.match(bad.json(), { code: 'flow.not-valid', problems: [{ line: 4, says: 'This is not a step.' }] })
  const first = await post('/mine/publish')
  t.equal(first.statusCode, 201)
  t.equal(first.headers.location, '/api/v1/flows/mine/versions/1')
  t.equal((await post('/mine/publish')).statusCode, 200, 'the same text once more')
  t.match(await get('/mine'), { title: 'Mine', draft: 'published', versions: [{ version: 1, state: 'published' }] })
  t.match(await get('/mine/versions/1'), { id: 'mine', version: 1, text: /^id: mine/ })
  t.equal((await post('/mine/versions/1/retire')).statusCode, 204)
  t.match(await get('/mine/versions'), { versions: [{ version: 1, state: 'retired' }] })
  t.same(asked, [
    { type: 'published', id: 'mine', version: 1 },
    { type: 'retired', id: 'mine', version: 1 },
  ])
  for (const path of ['/mine/versions/2', '/mine/versions/x', '/nothing', '/nothing/versions', '/..%2Fmine']) {
    t.equal((await get(path)).code, 'flow.not-found', path)
  }
  t.equal((await post('/nothing/publish')).statusCode, 404)
  t.equal((await post('/mine/versions/2/retire')).statusCode, 404)
})

t.test('a secure session needs no body', async (t) => {
  const { app, asked } = server()
  t.equal((await app.inject({ method: 'POST', url: START, headers: bearer })).statusCode, 202)
  t.same(asked, [{ startedBy: { by: 'token' } }])
})

t.test('a bad request is refused, and never repeated in the answer or the log', async (t) => {
  const json = { ...bearer, 'content-type': 'application/json' }
  const rows = [
    ['broken JSON', json, `{"card": ${CARD}`],
    ['a member that is not known', json, JSON.stringify({ card: CARD })],
    ['a field without a name', json, JSON.stringify({ fields: [{ value: CARD }] })],
    ['a field with more members', json, JSON.stringify({ fields: [{ name: 'a', value: 'b', [CARD]: 1 }] })],
    ['a value that is a number', json, JSON.stringify({ fields: [{ name: 'a', value: Number(CARD) }] })],
    ['a body that is too long', json, JSON.stringify({ fields: [{ name: 'a', value: CARD.repeat(10_000) }] })],
    ['another kind of body', { ...bearer, 'content-type': 'text/plain' }, CARD],
  ] as const
  for (const [sentence, headers, payload] of rows) {
    const { app, asked, lines } = server()
    const response = await app.inject({ method: 'POST', url: START, headers, payload })
    t.equal(response.statusCode, 400, sentence)
    t.equal(response.json().code, 'web.bad-request', sentence)
    t.notMatch(response.body + lines.join(''), CARD.slice(0, 8), `${sentence}: not repeated`)
    t.same(asked, [])
  }
})

t.test('two Host headers, TRACE, and who takes his time', async (t) => {
  const { app } = server()
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const statusOf = async (head: string) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.end(`${head}\r\nConnection: close\r\n\r\n`)
    return Number((await text(socket)).split(' ')[1])
  }
  t.equal(await statusOf('GET /health HTTP/1.1\r\nHost: a'), 200)
  t.equal(await statusOf('GET /health HTTP/1.1\r\nHost: a\r\nHost: b'), 400)
  t.equal(await statusOf('GET /health HTTP/1.1'), 400)
  t.equal(await statusOf('TRACE /health HTTP/1.1\r\nHost: a'), 405)
  t.ok(app.server.headersTimeout <= 10_000 && app.server.requestTimeout <= 20_000, 'closed within half a minute')
})

t.test('what is not there is 404, and a fault of a call is its own problem', async (t) => {
  const { app } = server()
  const nowhere = await app.inject({ url: `/nowhere/${CARD}` })
  t.equal(nowhere.statusCode, 404)
  t.notMatch(nowhere.body, CARD)
  const other = await app.inject({ method: 'POST', url: '/api/v1/calls/call-2/secure-sessions', headers: bearer })
  t.equal(other.json().code, 'call.not-found')
  t.match(other.headers['content-type'], 'application/problem+json')
  t.ok(other.json().detail.length > 10, 'with advice')
})

t.test('every problem is on the page of problems, at its own anchor', async (t) => {
  const response = await server().app.inject({ url: '/problems' })
  t.match(response.headers['content-type'], 'text/html')
  t.match(response.body, 'id="secure.session-in-progress"')
  t.match(response.headers['content-security-policy'], "default-src 'none'")
})

t.test('prompts are loaded anew on request', async (t) => {
  const { app, reloads } = server()
  t.equal((await app.inject({ method: 'POST', url: '/api/v1/prompts/reload', headers: bearer })).statusCode, 204)
  t.equal(reloads(), 1)
})

t.test('events are pushed', async (t) => {
  const { app, listeners } = server()
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const stop = new AbortController()
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/events`, { headers: bearer, signal: stop.signal })
  t.match(response.headers.get('content-type'), 'text/event-stream')
  const reader = response.body?.getReader()
  let text = ''
  const read = async (pattern: RegExp) => {
    while (!pattern.test(text)) text += new TextDecoder().decode((await reader?.read())?.value)
  }
  await read(/connected/)
  for (const listener of listeners) listener({ type: 'call.ringing', atMs: 0.5, callId: 'call-1' })
  await read(/event: call\.ringing\ndata: \{"type":"call\.ringing","atMs":0\.5,"callId":"call-1"\}/)
  stop.abort()
})
