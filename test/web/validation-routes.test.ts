/** The API of the validation service and of certificates, with the process that tries the service and a service that may misbehave. */

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readConfig } from '../../src/base/config.ts'
import { certificatesInUse } from '../../src/control/certificates-in-use.ts'
import { createValidationTester } from '../../src/control/validation-test.ts'
import { pause } from '../../src/demo/waiting.ts'
import { clock } from '../directory/engines.ts'
import { makeAuthority } from '../peers/authority.ts'
import { startValidationPeer, type ValidationPeerOptions } from '../peers/validation-peer.ts'
import { checkedServer } from './checked-server.ts'
import { bearer, webBench } from './web-bench.ts'

async function api(t: Test, peerOptions: ValidationPeerOptions = {}, lines: object = {}) {
  const folder = t.testdir()
  const peer = await startValidationPeer(peerOptions)
  t.teardown(() => peer.close())
  writeFileSync(join(folder, 'ca.pem'), peer.authority)
  const validation = { url: `https://localhost:${peer.port}/check`, caFile: join(folder, 'ca.pem'), timeoutSeconds: 5 }
  const outcome = readConfig({
    text: JSON.stringify({ secureInput: { validation: { ...validation, ...lines } } }),
    env: {},
  })
  if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems))
  const { config } = outcome
  const tester = createValidationTester({
    settings: () => config.secureInput.validation,
    ...{ clock, wallMs: () => 0, random: randomBytes },
  })
  const app = checkedServer(
    webBench({ validation: { ...tester, certificates: () => certificatesInUse(config, Date.now()) } }).options,
  )
  const ask = async (method: 'GET' | 'POST', url: string, payload?: object) => {
    const response = await app.inject({ method, url, headers: bearer, ...(payload === undefined ? {} : { payload }) })
    return { status: response.statusCode, json: response.json(), text: response.body }
  }
  /** Tries the service. What takes longer than a request is kept waiting is read once it is over. */
  const tried = async (payload?: object) => {
    let answer = await ask('POST', TEST, payload)
    while (answer.json.state === 'running') {
      await pause(50)
      answer = await ask('GET', TEST)
    }
    return answer
  }
  return { ask, tried, peer }
}

const TEST = '/api/v1/validation/default/test'

t.test('a service is shown and tried: its certificates, and each thing that it must do', async (t) => {
  const { ask, tried, peer } = await api(t)
  peer.behave('accept')
  t.match((await ask('GET', '/api/v1/validation')).json.services, [
    { name: 'default', format: 'xml', usable: true, pins: 0, hasClientCertificate: false },
  ])
  t.same((await ask('GET', TEST)).json, { state: 'none' })
  const came = await tried({})
  t.match(came, { status: 200, json: { state: 'done', verified: true, passed: false } }, 'it takes whatever comes')
  const { chain, rows, tookMs, whyNot } = came.json
  t.equal(whyNot, undefined)
  t.ok(tookMs > 0)
  t.match(chain[0], { subject: /CN=/, fingerprint256: /^(?:[0-9A-F]{2}:){31}/, pin: /^.{43}=$/ })
  t.ok(chain[0].names.includes('DNS:localhost'))
  t.ok(Date.parse(chain[0].validTo) > Date.now())
  t.match(rows[0], { what: /reached/, holds: true })
  t.ok(rows.length > 10 && rows.some(({ holds }: { holds: boolean }) => !holds))
  t.same((await ask('GET', TEST)).json, came.json, 'what it came to can be read again')
  t.equal((await ask('GET', '/api/v1/validation/other/test')).status, 404)
})

t.test('one at a time, and with published test cards alone', async (t) => {
  const { ask, tried, peer } = await api(t, { thinkMs: 50 })
  const before = peer.connections
  t.match(await ask('POST', TEST, { accepted: '4539578763621486' }), {
    status: 422,
    json: { code: 'validation.no-test-card' },
  })
  t.notMatch((await ask('POST', TEST, { accepted: '4539578763621486' })).text, /4539/)
  t.equal(peer.connections, before, 'nothing was sent')
  const first = tried()
  const second = await ask('POST', TEST, {})
  t.match(second, { status: 409, json: { code: 'validation.test-runs' } })
  t.same((await ask('GET', TEST)).json, { state: 'running' })
  t.match(await first, { status: 200, json: { state: 'done' } })
})

for (const [what, options, lines, whyNot] of [
  ['a certificate that has expired', { certificate: 'expired' }, {}, 'CERT_HAS_EXPIRED'],
  ['another name', { certificate: 'wrong-name' }, {}, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['a stranger', { certificate: 'self-signed' }, {}, /SELF_SIGNED|UNABLE_TO_GET_ISSUER/],
  ['another key than is pinned', {}, { pins: [`${'A'.repeat(43)}=`] }, 'PIN_MISMATCH'],
] as const) {
  t.test(`${what} is shown, and said why it is not trusted`, async (t) => {
    const { tried } = await api(t, options, lines)
    const { json } = await tried({})
    t.match(json, { state: 'done', passed: false, verified: false, whyNot, chain: [{ subject: /CN=/ }] })
  })
}

t.test('a service that cannot be used or reached is said to be so', async (t) => {
  const { ask } = await api(t, {}, { caFile: '/nowhere.pem' })
  t.match((await ask('GET', '/api/v1/validation')).json.services, [{ usable: false }])
  t.match(await ask('POST', TEST, {}), { status: 409, json: { code: 'validation.not-usable' } })
  const gone = await api(t)
  await gone.peer.close()
  t.match((await gone.tried({})).json, {
    ...{ passed: false, verified: false, whyNot: /ECONNREFUSED/, chain: [] },
    rows: [{ holds: false }],
  })
})

t.test('certificates are shown with how long they are good, and no key', async (t) => {
  const authority = makeAuthority()
  t.teardown(() => authority.close())
  const good = authority.issue(['DNS:desk.example'])
  const old = authority.issue(['DNS:old.example'], 'expired')
  const folder = t.testdir({ 'good.pem': good.certificate, 'key.pem': good.key, 'old.pem': old.certificate })
  const at = (name: string) => join(folder, name)
  const outcome = readConfig({
    text: JSON.stringify({
      http: { tls: { certFile: at('good.pem'), keyFile: at('key.pem') } },
      sip: { listeners: [{ transport: 'tls', port: 5061, certificateFile: at('old.pem'), keyFile: at('key.pem') }] },
      trunks: [
        {
          ...{ name: 'carrier', addresses: ['192.0.2.1'] },
          outbound: {
            uri: 'sip:carrier.example;transport=tls',
            tls: { certificateFile: at('gone.pem'), keyFile: at('key.pem') },
          },
        },
      ],
    }),
    env: {},
  })
  if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems))
  const certificates = () => certificatesInUse(outcome.config, Date.now())
  const bench = webBench()
  const app = checkedServer({ ...bench.options, validation: { ...bench.options.validation, certificates } })
  const response = await app.inject({ url: '/api/v1/certificates', headers: bearer })
  t.match(response.json().certificates, [
    { of: 'http', state: /valid|expires-soon/, names: ['DNS:desk.example'], issuer: /Test authority/ },
    { of: 'sip-listener', name: /^tls .*:5061$/, state: 'expired', daysLeft: Number },
    { of: 'trunk', name: 'carrier', state: 'unreadable' },
  ])
  t.notMatch(response.body, /PRIVATE|BEGIN/)
})
