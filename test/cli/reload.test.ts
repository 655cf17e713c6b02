/** `sotto reload` and `sotto trace` beside a server that speaks HTTPS: its certificate is of an own authority, is renewed, and waits for nobody's trust; whoever else has the port is told nothing. */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { makeDevelopmentCertificates } from '../../src/demo/certificate.ts'
import { DOOR_TOKEN, furnish, startHttps } from '../peers/https-server.ts'

t.setTimeout(240_000)
const CLI = resolve(import.meta.dirname, '../../src/cli.ts')

function run(config: string, ...words: readonly string[]): Promise<{ code: number; said: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [CLI, ...words, '--config', config], { env: {} }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
    )
  })
}

function ownFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-reload-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

t.test('from the file alone, whatever the certificate names and whoever signed it', async (t) => {
  const folder = ownFolder(t)
  const config = join(folder, 'sotto.yaml')
  const { port, authority } = await furnish(folder)
  t.match(await run(config, 'reload'), { code: 1, said: /cannot be reached, or has ended \(ECONNREFUSED\)/ })
  const { stop } = await startHttps(t, folder, port, authority)
  t.strictSame(await run(config, 'reload'), { code: 0, said: '0 applied, 0 after a restart\n' })
  t.match(await run(config, 'trace', '--all', '--seconds', '1'), {
    code: 0,
    said: new RegExp(`^Tracing at https://127\\.0\\.0\\.1:${port}\\..*\n.*The time is up`),
  })
  const renewed = await makeDevelopmentCertificates(Date.now())
  writeFileSync(join(folder, 'cert.pem'), `${renewed.key}\n${renewed.certificate}`)
  writeFileSync(join(folder, 'key.pem'), renewed.key)
  for (const what of ['the old certificate is shown, and the new one in the file', 'the new one is shown'])
    t.strictSame(await run(config, 'reload'), { code: 0, said: '0 applied, 0 after a restart\n' }, what)
  const written = readFileSync(join(folder, 'var/audit/.server.json'), 'utf8')
  t.match(written, 'BEGIN CERTIFICATE')
  t.notMatch(written, 'PRIVATE KEY', 'of a file that holds the key as well it is the certificate alone')
  const good = readFileSync(config, 'utf8')
  writeFileSync(config, good.replace(String(port), '1').concat('log: { level: debug }\n'))
  t.strictSame(await run(config, 'reload'), {
    code: 0,
    said: 'changed: log.level\nneeds a restart: http.port (changed)\n1 applied, 1 after a restart\n',
  })
  await stop()
})

t.test('whoever else has the port is not told a token', async (t) => {
  const folder = ownFolder(t)
  const config = join(folder, 'sotto.yaml')
  await furnish(folder)
  const other = await makeDevelopmentCertificates(Date.now())
  let asked = 0
  let connected = 0
  const server = createServer({ cert: other.certificate, key: other.key }, (_request, response) => {
    asked += 1
    response.end('{"ready":true,"draining":false}')
  })
  server.on('connection', () => {
    connected += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  writeFileSync(
    config,
    `http: { port: ${port}, tls: { certFile: cert.pem, keyFile: key.pem }, tokens: [{ name: a, token: ${DOOR_TOKEN} }] }`,
  )
  for (const words of [['reload'], ['trace', '--all']])
    t.match(await run(config, ...words), { code: 1, said: /shows a certificate that is not trusted \(OTHER_CERTIF/ })
  t.equal(connected, 2)
  t.equal(asked, 0)
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, DOOR_TOKEN)
  const api = `https://127.0.0.1:${port}`
  t.match(await run(config, 'reload', '--api', api, '--token-file', tokenFile), {
    code: 1,
    said: /not trusted \((?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_).*NODE_EXTRA_CA_CERTS/,
  })
  t.equal(asked, 0)
})

t.test('Control-C ends it also while the server takes connections and says nothing', async (t) => {
  const folder = ownFolder(t)
  const config = join(folder, 'sotto.yaml')
  await furnish(folder)
  const silent = createTcpServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^ {2}port: .*$/m, `  port: ${port}`))
  const connected = once(silent, 'connection')
  const child = spawn(process.execPath, [CLI, 'trace', '--all', '--config', config], { env: {}, stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const [socket] = await connected
  t.teardown(() => {
    socket.destroy()
    silent.close()
  })
  child.kill('SIGINT')
  t.strictSame(await ended, [0, null])
})

t.test('a capture that cannot be written is told before anything is asked', async (t) => {
  const folder = ownFolder(t)
  await furnish(folder)
  t.match(await run(join(folder, 'sotto.yaml'), 'trace', '--all', '--pcap', join(folder, 'none/all.pcap')), {
    code: 2,
    said: /none\/all\.pcap: Nothing can be written there/,
  })
})
