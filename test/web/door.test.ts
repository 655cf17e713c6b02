import { connect } from 'node:net'
import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import type { Calls } from '../../src/call/index.ts'
import { STEP_MS } from '../../src/people/totp.ts'
import { PASSWORD, standing } from '../people/crew.ts'
import { oneTimeCode } from '../people/one-time-code.ts'
import { callView } from './call-views.ts'
import { checkedServer } from './checked-server.ts'
import { bearer, TOKEN, webBench } from './web-bench.ts'

type Bench = ReturnType<typeof bench>
const OURS = { 'sotto-request': '1' }
const JSON_TYPE = { 'content-type': 'application/json' }

function bench(...given: Parameters<typeof webBench>) {
  const all = webBench(...given)
  return { ...all, app: checkedServer(all.options) }
}

/** Logs in as a browser does. @returns the answer, and headers with its cookie. */
async function logIn({ app }: Bench, name: string, more: object = {}, headers: object = {}) {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/login',
    headers: { ...OURS, ...headers },
    payload: { name, password: PASSWORD, ...more },
  })
  const cookie = String(answer.headers['set-cookie'] ?? '').split(';')[0] ?? ''
  return { answer, headers: { ...OURS, cookie } }
}

t.test('a user logs in, is known by the cookie alone, and logs out', async (t) => {
  const b = bench()
  await b.withPassword('ann')
  const { answer, headers } = await logIn(b, 'ann')
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), { name: 'ann', role: 'agent', mustDo: 'nothing', sees: ['agent'] })
  t.match(answer.headers['set-cookie'], /^sotto=[a-z]{64}; Path=\/; HttpOnly; SameSite=Strict$/)
  t.notMatch(answer.body, headers.cookie.slice(6))
  t.match((await b.app.inject({ url: '/api/v1/me', headers })).json(), { name: 'ann', by: 'login' })
  t.match((await b.app.inject({ url: '/api/v1/me/log-ins', headers })).json(), {
    logIns: [{ current: true, address: '127.0.0.1' }],
  })
  const gone = await b.app.inject({ method: 'POST', url: '/api/v1/logout', headers })
  t.equal(gone.statusCode, 204)
  t.match(gone.headers['set-cookie'], /^sotto=; .*Max-Age=0$/)
  t.equal((await b.app.inject({ url: '/api/v1/me', headers })).statusCode, 401)
})

t.test('what is wrong is not told, and neither is it logged who was typed', async (t) => {
  const b = bench()
  await b.withPassword('ann')
  const wrong = await logIn(b, 'ann', { password: 'not the right one' })
  const unknown = await logIn(b, 'my secret password')
  t.equal(wrong.answer.statusCode, 401)
  t.equal(wrong.answer.body, unknown.answer.body)
  t.notOk('set-cookie' in wrong.answer.headers)
  t.match(b.noted, [
    {
      type: 'log-in',
      succeeded: 'no',
      user: 'user-ann',
      by: 'nobody',
      fault: 'people.wrong-credentials',
      from: '127.0.0.1',
    },
    { type: 'log-in', succeeded: 'no', user: '', by: 'nobody' },
  ])
  t.notMatch(JSON.stringify(b.noted), 'my secret password')
  for (let n = 0; n < 4; n += 1) await logIn(b, 'ann', { password: 'guess' })
  const locked = await logIn(b, 'ann')
  t.equal(locked.answer.statusCode, 429)
  t.equal(locked.answer.headers['retry-after'], '2')
})

t.test('cookies are for HTTPS, and passwords come over nothing else but loopback', async (t) => {
  const b = bench({ proxies: ['127.0.0.1'], hosts: ['desk.example.com'] })
  await b.withPassword('ann')
  const clear = await logIn(b, 'ann', {}, { 'x-forwarded-for': '192.0.2.9' })
  t.equal(clear.answer.statusCode, 403)
  t.equal(clear.answer.json().code, 'people.not-encrypted')
  const proxied = { 'x-forwarded-for': '192.0.2.9', 'x-forwarded-proto': 'https', host: 'desk.example.com' }
  const { answer, headers } = await logIn(b, 'ann', {}, { ...proxied, origin: 'https://desk.example.com' })
  t.match(answer.headers['set-cookie'], /^__Host-sotto=[a-z]{64}; Path=\/; HttpOnly; SameSite=Strict; Secure$/)
  t.match(answer.headers['strict-transport-security'], 'max-age=31536000')
  t.match(b.noted.at(-1), { from: '192.0.2.9' }, 'whom the proxy names')
  t.equal((await b.app.inject({ url: '/api/v1/me', headers: { ...proxied, ...headers } })).statusCode, 200)
  t.equal((await b.app.inject({ url: '/api/v1/me', headers })).statusCode, 401, 'the same cookie in the clear')
})

t.test('a page of another site can do nothing with the cookie of a user', async (t) => {
  const b = bench()
  await b.withPassword('ann')
  const { headers } = await logIn(b, 'ann')
  const ask = async (more: object, method: 'GET' | 'POST' = 'GET') => {
    const url = method === 'GET' ? '/api/v1/me' : '/api/v1/logout'
    return (await b.app.inject({ method, url, headers: { cookie: headers.cookie, ...more } })).json().code
  }
  for (const site of ['cross-site', 'same-site', 'something'])
    t.equal(await ask({ 'sec-fetch-site': site }), 'web.cross-site', site)
  for (const origin of ['https://evil.example', 'null', 'http://localhost:81', 'https://localhost:80'])
    t.equal(await ask({ origin }), 'web.cross-site', origin)
  t.equal(await ask({}, 'POST'), 'web.cross-site', 'as a form would')
  t.equal(await ask({ origin: 'http://localhost:80', 'sec-fetch-site': 'same-origin' }, 'POST'), 'web.cross-site')
  t.equal(await ask({ 'sec-fetch-site': 'none' }), undefined, 'typed into the address bar')
  t.equal(await ask({ origin: 'http://localhost:80', 'sec-fetch-site': 'same-origin' }), undefined)
  const forged = await b.app.inject({
    method: 'POST',
    url: '/api/v1/login',
    headers: { 'content-type': 'application/json', origin: 'https://evil.example', ...OURS },
    payload: { name: 'ann', password: PASSWORD },
  })
  t.equal(forged.json().code, 'web.cross-site', 'nor log somebody in')
  const preflight = await b.app.inject({
    method: 'OPTIONS',
    url: '/api/v1/calls',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'DELETE' },
  })
  t.equal(preflight.statusCode, 404)
  t.notMatch(Object.keys(preflight.headers).join(), 'access-control')
})

t.test('a name that somebody else has pointed here gets no answer, unless a token comes along', async (t) => {
  const b = bench({ hosts: ['desk.example.com'] })
  const status = async (host: string, url: string, more: object = {}) =>
    (await b.app.inject({ url, headers: { host, ...more } })).statusCode
  for (const host of [
    'evil.example',
    'desk.example.com.evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'a b',
  ])
    t.equal(await status(host, '/api/v1/me'), 421, host)
  for (const host of [
    'desk.example.com',
    'DESK.example.com:8443',
    'localhost:8080',
    '127.0.0.1',
    '[::1]:8080',
    'desk.example.com.',
  ])
    t.equal(await status(host, '/api/v1/me'), 401, host)
  t.equal(await status('evil.example', '/api/v1/calls', bearer), 200, 'no browser sends one by itself')
  t.equal(await status('evil.example', '/health'), 200, 'tells nothing')
})

t.test('an agent does his own calls, a supervisor sees those of the workgroup, an administrator all', async (t) => {
  const done: unknown[] = []
  const views = [callView('call-ann', 'agent'), callView('call-bob', 'agent-2'), callView('call-other', 'agent-7')]
  const calls = {
    list: () => views,
    ended: () => views,
    get: (callId: string) => views.find((each) => each.callId === callId),
    quality: async () => ({}),
    secureSessions: () => [],
    hangUp: (callId: string) => done.push(callId),
    startSecureSession: async (callId: string) => {
      done.push(callId)
      return { sessionId: 'secure-1' }
    },
    subscribe: () => () => undefined,
  } as unknown as Calls
  const b = bench({ calls })
  for (const name of ['ann', 'sue', 'root']) await b.withPassword(name)
  const as = async (name: string) => (await logIn(b, name)).headers
  const ids = async (headers: object, url: string) =>
    (await b.app.inject({ url, headers: { ...headers } })).json().calls.map(({ callId }: { callId: string }) => callId)
  const status = async (headers: object, method: 'GET' | 'POST' | 'DELETE', url: string) =>
    (await b.app.inject({ method, url, headers: { ...headers } })).statusCode
  const [ann, sue, root] = [await as('ann'), await as('sue'), await as('root')]
  for (const url of ['/api/v1/calls', '/api/v1/ended-calls']) {
    t.same(await ids(ann, url), ['call-ann'])
    t.same(await ids(sue, url), ['call-ann', 'call-bob'])
    t.same(await ids(root, url), ['call-ann', 'call-bob', 'call-other'])
  }
  const bob = '/api/v1/calls/call-bob'
  for (const path of ['', '/quality', '/secure-sessions', '/secure-sessions/secure-1', '/why-not'])
    t.equal(await status(ann, 'GET', bob + path), 404, `ann: ${path}`)
  t.equal(await status(ann, 'DELETE', bob), 404)
  t.equal(await status(ann, 'POST', `${bob}/secure-sessions`), 404)
  t.equal(await status(sue, 'GET', bob), 200)
  t.equal(await status(sue, 'DELETE', bob), 404, 'sees, and does not act')
  t.equal(await status(sue, 'POST', `${bob}/secure-sessions`), 404)
  t.same(done, [])
  t.equal(await status(ann, 'DELETE', '/api/v1/calls/call-ann'), 204)
  t.equal(await status(root, 'DELETE', bob), 204)
  t.same(done, ['call-ann', 'call-bob'])
  b.users.set('user-ann', standing('ann', { phone: 'agent', mayStart: false, mayView: false }))
  t.equal(await status(ann, 'POST', '/api/v1/calls/call-ann/secure-sessions'), 403, 'denied by the directory, at once')
  t.equal(await status(ann, 'GET', '/api/v1/calls/call-ann/secure-sessions'), 403)
})

t.test('what is no business of an agent is refused, and written down', async (t) => {
  const b = bench()
  await b.withPassword('ann')
  const { headers } = await logIn(b, 'ann')
  b.noted.length = 0
  for (const [method, url] of [
    ['POST', '/api/v1/prompts/reload'],
    ['GET', '/api/v1/trace'],
    ['GET', '/metrics'],
    ['GET', '/api/v1/access-log'],
    ['GET', '/api/v1/call-history'],
    ['POST', '/api/v1/flows/card-payment/publish'],
    ['GET', '/api/v1/directory/users/root/way-in'],
    ['DELETE', '/api/v1/directory/users/root/second-factor'],
  ] as const) {
    const answer = await b.app.inject({ method, url, headers })
    t.equal(answer.statusCode, 403, `${method} ${url}`)
    t.equal(answer.json().code, 'web.forbidden')
    b.go(10_000)
  }
  t.equal(b.noted.length, 8)
  t.match(b.noted[0], {
    ...{ user: 'user-ann', by: 'login', type: 'prompts-reloaded', succeeded: 'no', fault: 'web.forbidden' },
    resource: '/api/v1/prompts/reload',
  })
  await b.app.inject({
    url: '/api/v1/calls/4111111111111111?x=4111111111111111',
    headers: { authorization: 'Bearer wrong' },
  })
  t.match(b.noted.at(-1), { by: 'nobody', fault: 'web.unauthorized', resource: '/api/v1/calls/~' })
  for (let n = 0; n < 50; n += 1)
    await b.app.inject({ url: '/api/v1/calls', headers: { authorization: 'Bearer wrong' } })
  t.equal(b.noted.length, 9, 'who asks on and on fills no disk')
})

t.test('a password that was set has to be changed, and a second factor set up, before anything else', async (t) => {
  const b = bench({}, ['administrator'])
  const set = await b.app.inject({
    method: 'PUT',
    url: '/api/v1/directory/users/root/password',
    headers: bearer,
    payload: { password: PASSWORD },
  })
  t.equal(set.statusCode, 204)
  t.match(b.noted.at(-1), { by: 'configured-token', key: 'desk', user: '', type: 'password-set', succeeded: 'yes' })
  const { headers } = await logIn(b, 'root')
  const post = (url: string, payload?: object) =>
    b.app.inject({ method: 'POST', url: `/api/v1/me${url}`, headers, ...(payload === undefined ? {} : { payload }) })
  const code = async () => (await b.app.inject({ url: '/api/v1/calls', headers })).json().code
  t.equal(await code(), 'people.must-change-password')
  t.equal((await post('/password', { old: PASSWORD, new: 'short' })).json().code, 'people.password-short')
  t.equal((await post('/password', { old: PASSWORD, new: 'some other words entirely' })).statusCode, 204)
  t.equal(await code(), 'people.must-enrol')
  const { key } = (await post('/second-factor')).json()
  const oneTime = () => oneTimeCode(key, b.time.wallMs)
  const confirmed = await post('/second-factor/confirm', { code: oneTime() })
  t.equal(confirmed.json().recoveryCodes.length, 10)
  t.equal(await code(), undefined)
  b.go(STEP_MS)
  const password = 'some other words entirely'
  t.equal((await logIn(b, 'root', { password })).answer.json().code, 'people.code-needed')
  t.equal((await logIn(b, 'root', { password, code: oneTime() })).answer.statusCode, 200)
  t.match((await b.app.inject({ url: '/api/v1/directory/users/root/way-in', headers })).json(), {
    ...{ password: true, secondFactor: true, recoveryCodes: 10 },
    logIns: [{ current: true }, { current: false }],
  })
  const text = JSON.stringify(b.noted)
  for (const secret of [PASSWORD, password, key, ...confirmed.json().recoveryCodes]) t.notMatch(text, secret)
})

t.test('an API token is shown once, does what its scopes say, and is revoked', async (t) => {
  const b = bench()
  await b.withPassword('root')
  const { headers } = await logIn(b, 'root')
  const make = (payload: object, more: object = headers) =>
    b.app.inject({ method: 'POST', url: '/api/v1/tokens', headers: { ...more }, payload })
  const made = await make({ name: 'Wallboard', scopes: ['calls:read', 'metrics:read'], days: 7 })
  t.equal(made.statusCode, 201)
  const { token, tokenId } = made.json()
  const held = { authorization: `Bearer ${token}` }
  t.equal((await b.app.inject({ url: '/metrics', headers: held })).statusCode, 200)
  t.equal((await b.app.inject({ url: '/api/v1/status', headers: held })).statusCode, 403)
  t.equal((await make({ name: 'more', scopes: ['calls:read'] }, held)).statusCode, 403, 'makes no other')
  t.equal((await b.app.inject({ method: 'POST', url: '/api/v1/me/second-factor', headers: held })).statusCode, 403)
  t.equal((await make({ name: 'x', scopes: ['calls:read'] }, bearer)).json().code, 'people.no-user')
  for (const bad of [
    {},
    { name: 'x', scopes: [] },
    { name: 'x', scopes: ['all'] },
    { name: 'x', scopes: ['calls:read'], days: 9999 },
  ])
    t.equal((await make(bad)).statusCode, 400, JSON.stringify(bad))
  const list = (await b.app.inject({ url: '/api/v1/tokens', headers })).json().tokens
  t.match(list, [{ tokenId, name: 'Wallboard', prefix: token.slice(0, 14), lastUsedAt: String }])
  t.notMatch(JSON.stringify(list), token)
  t.equal((await b.app.inject({ method: 'DELETE', url: `/api/v1/tokens/${tokenId}`, headers })).statusCode, 204)
  t.equal((await b.app.inject({ url: '/metrics', headers: held })).statusCode, 401)
  t.equal((await b.app.inject({ method: 'DELETE', url: `/api/v1/tokens/${tokenId}`, headers })).statusCode, 404)
})

t.test('while nothing can be logged nobody comes in, and calls go on', async (t) => {
  const hungUp: string[] = []
  const calls = {
    hangUp: (callId: string) => hungUp.push(callId),
    subscribe: () => () => undefined,
  } as unknown as Calls
  const b = bench({ calls })
  await b.withPassword('ann')
  b.access.available = false
  t.equal((await logIn(b, 'ann')).answer.json().code, 'access.not-writable')
  t.equal((await b.app.inject({ method: 'POST', url: '/api/v1/prompts/reload', headers: bearer })).statusCode, 503)
  t.equal((await b.app.inject({ method: 'DELETE', url: '/api/v1/calls/call-1', headers: bearer })).statusCode, 204)
  t.same(hungUp, ['call-1'])
})

t.test('every answer tells browsers to do nothing with it', async (t) => {
  const b = bench()
  for (const url of ['/health', '/problems', '/api/v1/calls', '/nothing', '/api/v1/openapi.json', '/%zz']) {
    const { headers } = await b.app.inject({ url })
    t.match(
      headers['content-security-policy'],
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
      url,
    )
    t.notMatch(headers['content-security-policy'], 'unsafe')
    t.match(
      headers,
      { 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' },
      url,
    )
    t.notOk('server' in headers || 'x-powered-by' in headers)
  }
})

/** Sends octets as they are. @returns what came until the server closed, or nothing came for a while after the head. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let got = ''
    socket.on('data', (chunk) => {
      got += chunk
    })
    socket.on('close', () => resolve(got))
    socket.on('error', reject)
  })
}

t.test('TRACE, two Hosts, none, and what is no HTTP are refused over a real connection', async (t) => {
  const b = bench()
  await b.app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => b.app.close())
  const address = b.app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const end = 'Connection: close\r\n\r\n'
  const secret = 'X-Secret: 4111111111111111\r\n'
  for (const [sentence, text, status] of [
    ['TRACE', `TRACE /health HTTP/1.1\r\nHost: localhost\r\n${secret}${end}`, 405],
    [
      'TRACE with a token',
      `TRACE /api/v1/calls HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n${secret}${end}`,
      405,
    ],
    ['two Hosts', `GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n${end}`, 400],
    [
      'two equal Hosts',
      `GET /api/v1/calls HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n${end}`,
      400,
    ],
    ['no Host', `GET /health HTTP/1.1\r\n${end}`, 400],
    ['no HTTP', 'HELO there\r\n\r\n', 400],
    ['another version', `GET / HTTP/9.9\r\nHost: localhost\r\n${end}`, 400],
    [
      'two lengths',
      `POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n${end}0\r\n\r\n`,
      400,
    ],
    ['a head too long', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(40_000)}\r\n${end}`, 400],
    ['a good one', `GET /health HTTP/1.1\r\nHost: localhost\r\n${end}`, 200],
  ] as const) {
    const got = await raw(port, text)
    t.match(got, new RegExp(`^HTTP/1.1 ${status} `), sentence)
    t.notMatch(got, '4111111111111111', `${sentence}: not repeated`)
  }
  t.ok((await fetch(`http://127.0.0.1:${port}/health`)).ok, 'and it goes on')
})

t.test('configured tokens may everything, and names of them stand in the log', async (t) => {
  const b = bench({
    tokens: [
      { name: 'one', token: new Secret('one-token-of-two') },
      { name: 'two', token: new Secret('two-token-of-two') },
    ],
  })
  const headers = { authorization: 'Bearer two-token-of-two' }
  t.match((await b.app.inject({ url: '/api/v1/me', headers })).json(), {
    by: 'configured-token',
    name: 'two',
    sees: 'all',
    role: 'administrator',
  })
  await b.app.inject({ method: 'POST', url: '/api/v1/prompts/reload', headers: { ...headers, ...JSON_TYPE } })
  t.match(b.noted.at(-1), { by: 'configured-token', key: 'two' })
})
