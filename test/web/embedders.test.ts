/** Which pages of others may use the API, and how. */

import t from 'tap'
import { buildServer } from '../../src/web/server.ts'
import { webBench } from './web-bench.ts'

const OURS = 'https://crm.example.com'
const PREFLIGHT = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }

t.test('a page that was named may use the API with a token, and reads what it is refused with', async (t) => {
  const server = buildServer({ ...webBench().options, embedders: [OURS] })
  const asked = await server.inject({
    method: 'OPTIONS',
    url: '/api/v1/calls',
    headers: { origin: OURS, ...PREFLIGHT },
  })
  t.equal(asked.statusCode, 204)
  t.match(asked.headers, {
    'access-control-allow-origin': OURS,
    'access-control-allow-headers': /authorization.*idempotency-key/,
    'access-control-allow-methods': /PATCH/,
  })
  t.equal(asked.headers['access-control-allow-credentials'], undefined, 'no cookie')
  const refused = await server.inject({ url: '/api/v1/calls', headers: { origin: OURS } })
  t.equal(refused.statusCode, 401)
  t.equal(refused.headers['access-control-allow-origin'], OURS)
  t.match(refused.headers.vary, /origin/)
})

t.test('no other page, and none where none was named', async (t) => {
  const some = buildServer({ ...webBench().options, embedders: [OURS] })
  const none = buildServer(webBench().options)
  for (const [server, origin] of [
    [some, 'https://crm.example.com.evil.example'],
    [some, 'https://crm.example.com:8443'],
    [some, 'http://crm.example.com'],
    [some, 'null'],
    [none, OURS],
  ] as const) {
    const answer = await server.inject({ url: '/api/v1/calls', headers: { origin } })
    t.equal(answer.headers['access-control-allow-origin'], undefined, origin)
    const asked = await server.inject({ method: 'OPTIONS', url: '/api/v1/calls', headers: { origin, ...PREFLIGHT } })
    t.not(asked.statusCode, 204, origin)
    t.equal(asked.headers['access-control-allow-origin'], undefined)
  }
})

t.test('a cookie from a page that was named is refused as one from anywhere', async (t) => {
  const server = buildServer({ ...webBench().options, embedders: [OURS] })
  const cookie = `sotto=${'a'.repeat(64)}`
  const answer = await server.inject({ url: '/api/v1/calls', headers: { origin: OURS, cookie } })
  t.match(answer.json(), { code: 'web.cross-site' })
})
