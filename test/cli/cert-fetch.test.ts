import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import t from 'tap'
import { type CertFetchInput, certFetch, parseTarget } from '../../src/cli/cert-fetch.ts'
import { makeDevelopmentCertificates } from '../../src/demo/certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'sotto-fetch-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const { authority, certificate, key } = await makeDevelopmentCertificates(Date.now())

/** A server that shows these certificates and keeps what it is sent. */
async function serve(cert: string) {
  const received: Buffer[] = []
  const server = createTlsServer({ cert, key }, (socket) => {
    socket.on('data', (octets: Buffer) => received.push(octets))
    socket.on('error', () => undefined)
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { port: (server.address() as AddressInfo).port, received }
}

async function fetchFrom(port: number, change: Partial<CertFetchInput> = {}) {
  const lines: string[] = []
  const asked: string[] = []
  const exit = await certFetch(
    {
      target: `127.0.0.1:${port}`,
      out: undefined,
      yes: false,
      serverName: undefined,
      timeoutMs: 10_000,
      ask: async (question) => {
        asked.push(question)
        return false
      },
      ...change,
    },
    (line) => lines.push(line),
  )
  return { exit, text: lines.join('\n'), asked }
}

t.test('a chain is shown, and nothing is sent or written', async (t) => {
  const { port, received } = await serve(`${certificate}\n${authority}`)
  const { exit, text, asked } = await fetchFrom(port)
  const [own, issuer] = [new X509Certificate(certificate), new X509Certificate(authority)]
  t.equal(exit, 0)
  t.match(text, /subject +CN=localhost\n.*names +DNS:localhost/)
  t.match(text, /issuer +CN=Sotto development authority/)
  t.match(text, `${own.validFrom} to ${own.validTo}`)
  t.equal(text.split(own.fingerprint256).length - 1, 1)
  t.equal(text.split(issuer.fingerprint256).length - 1, 2, 'the one to be trusted is the topmost')
  const pin = createHash('sha256')
    .update(own.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')
  t.match(text, `pin          ${pin}`)
  t.match(text, /every one that it signs/)
  t.match(text, /Nothing was written/)
  t.same(asked, [])
  t.same(received, [], 'the server got no octet')
})

t.test('it is written after a yes, into a folder that is made', async (t) => {
  const { port } = await serve(`${certificate}\n${authority}`)
  const out = join(folder, 'a', 'b')
  const refused = await fetchFrom(port, { out })
  t.equal(refused.exit, 1)
  t.equal(refused.asked.length, 1)
  t.notOk(existsSync(out))
  const said = await fetchFrom(port, { out, ask: async () => true })
  t.equal(said.exit, 0)
  const files = readdirSync(out)
  t.equal(files.length, 1)
  t.match(files[0], /^127\.0\.0\.1-\d+-[0-9a-f]{8}\.pem$/)
  const written = new X509Certificate(readFileSync(join(out, files[0] ?? '')))
  t.equal(written.fingerprint256, new X509Certificate(authority).fingerprint256)
  const again = await fetchFrom(port, { out, yes: true })
  t.equal(again.exit, 0)
  t.same(again.asked, [], '--yes asks nobody')
})

t.test('a server that shows its own certificate alone', async (t) => {
  const { port } = await serve(certificate)
  const { exit, text } = await fetchFrom(port, { out: join(folder, 'alone'), yes: true, serverName: 'localhost' })
  t.equal(exit, 0)
  t.match(text, /This certificate alone would be trusted/)
})

t.test('what cannot be fetched', async (t) => {
  const silent = createServer(() => undefined)
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  t.match(await fetchFrom(port, { timeoutMs: 300 }), { exit: 1, text: /no answer in time/ })
  silent.close()
  t.match(await fetchFrom(port), { exit: 1, text: /ECONNREFUSED|closed/ })
  const { port: good } = await serve(certificate)
  writeFileSync(join(folder, 'file'), '')
  t.match(await fetchFrom(good, { out: join(folder, 'file', 'x'), yes: true }), { exit: 1, text: /cannot be written/ })
  for (const target of ['', 'a b', 'host:0', 'host:70000', '::1', 'host:x']) {
    t.match(await fetchFrom(0, { target }), { exit: 2 }, target)
  }
})

t.test('targets', async (t) => {
  t.same(parseTarget('pay.example'), { host: 'pay.example', port: 443 })
  t.same(parseTarget('pay.example:8443'), { host: 'pay.example', port: 8443 })
  t.same(parseTarget('[2001:db8::1]:444'), { host: '2001:db8::1', port: 444 })
  t.same(parseTarget('https://pay.example:8443/validate'), { host: 'pay.example', port: 8443 })
})
