import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { Fault } from '../../src/base/fault.ts'
import { makeDevelopmentCertificates } from '../../src/demo/certificate.ts'
import { providerRequests } from '../../src/people/provider-requests.ts'

async function serving(t: Test, answer: RequestListener) {
  const { certificate, key, authority } = await makeDevelopmentCertificates(Date.now())
  const server = createServer({ cert: certificate, key }, answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `https://localhost:${(server.address() as AddressInfo).port}`, authority }
}

const GET = { method: 'GET', headers: {}, body: undefined, redirect: 'manual' } as const

async function faultOf(sent: Promise<unknown>): Promise<{ code: string; reason: unknown }> {
  try {
    await sent
  } catch (thrown) {
    if (thrown instanceof Fault) return { code: thrown.code, reason: thrown.detail['reason'] }
    throw thrown
  }
  return { code: 'none', reason: undefined }
}

t.test('a request and its answer, whatever its status; a redirect is not followed', async (t) => {
  const { origin, authority } = await serving(t, (request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/elsewhere' }).end()
    else if (request.url === '/empty') response.writeHead(204).end()
    else request.pipe(response.writeHead(400, { 'content-type': 'text/plain', 'x-method': request.method }))
  })
  const send = providerRequests(authority)
  const body = new URLSearchParams({ code: 'a b' })
  const answer = await send(`${origin}/token`, { ...GET, method: 'POST', body })
  t.equal(answer.status, 400)
  t.equal(answer.headers.get('x-method'), 'POST')
  t.equal(await answer.text(), 'code=a+b')
  t.equal((await send(`${origin}/moved`, GET)).status, 302)
  t.equal((await send(`${origin}/empty`, GET)).status, 204)
})

t.test('what cannot be had is one fault, with a word for the log', async (t) => {
  const down = 'people.provider-down'
  const { origin, authority } = await serving(t, (request, response) => {
    if (request.url === '/long') response.end('x'.repeat(300_000))
    else if (request.url === '/cut')
      response.writeHead(200, { 'content-length': 10 }).write('x', () => request.socket.destroy())
  })
  const send = providerRequests(authority)
  t.same(await faultOf(send(origin.replace('https:', 'http:'), GET)), { code: down, reason: 'not-https' })
  t.equal((await faultOf(send(`${origin}/long`, GET))).code, down)
  t.match(await faultOf(send(`${origin}/cut`, GET)), { code: down, reason: 'econnreset' })
  const signal = AbortSignal.timeout(100)
  t.match(await faultOf(send(`${origin}/silent`, { ...GET, signal })), { code: down, reason: 'abort-err' })
  t.equal((await faultOf(providerRequests(undefined)(`${origin}/`, GET))).code, down, 'an authority that nobody trusts')
})
