import t, { type Test } from 'tap'
import { readConfig } from '../../src/base/config.ts'
import { keysInTheClear } from '../../src/control/clear-keys.ts'
import { type CertificateEvent, createSipCertificates } from '../../src/control/sip-certificates.ts'
import { makeAuthority } from '../peers/authority.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

const authority = makeAuthority()
t.teardown(() => authority.close())
const [first, second] = [authority.issue(['DNS:first.example.com']), authority.issue(['DNS:second.example.com'])]

const LISTENER =
  '{ transport: tls, port: 5061, certificateFile: /a.pem, keyFile: /a.key, caFile: /ca.pem, clientCertificates: required }'
const TRUNKS = `trunks:
  - name: by-domain
    addresses: [192.0.2.10]
    outbound: { uri: "sips:sip.carrier.example" }
  - name: by-address
    addresses: [192.0.2.20, 192.0.2.21, "2001:db8:0:0:0:0:0:21"]
    outbound: { uri: "sip:192.0.2.20;transport=tls", tls: { serverName: pbx.example, caFile: /pbx-ca.pem, certificateFile: /a.pem, keyFile: /a.key } }
  - { name: inward, addresses: [192.0.2.30] }
`

function configOf(t: Test, text: string) {
  const read = readConfig({ text, env: {} })
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  t.ok(read.config)
  return read.config
}

function stage(t: Test) {
  const files = new Map([
    ['/a.pem', first.certificate],
    ['/a.key', first.key],
    ['/ca.pem', 'clients'],
    ['/pbx-ca.pem', 'pbx'],
  ])
  const told: string[] = []
  const clock = steppedClock()
  let reads = 0
  const tell = (event: CertificateEvent) =>
    told.push(`${event.type} ${event.of}${'fault' in event ? ` ${event.fault.code}` : ''}`)
  const read = (path: string) => {
    reads += 1
    const text = files.get(path)
    if (text === undefined) throw new Error('ENOENT')
    return text
  }
  const config = configOf(t, `sip: { listeners: [${LISTENER}] }\n${TRUNKS}`)
  const certificates = createSipCertificates(config, { read, stamp: read }, clock, () => Date.now(), tell)
  return { files, told, clock, certificates, config, reads: () => reads }
}

t.test('changed files are taken, looked for seldom, and not before they can be used', async (t) => {
  const { files, told, clock, certificates, reads } = stage(t)
  const { server } = certificates
  certificates.load()
  const before = server(0)
  t.strictSame(before, { identities: [first], clientAuthorities: 'clients' })
  const soFar = reads()
  for (let i = 0; i < 1000; i++) t.equal(server(0), before)
  t.equal(reads(), soFar, 'a flood of connections reads nothing')
  files.set('/a.pem', second.certificate)
  t.equal(server(0), before)
  clock.step(6000)
  t.equal(server(0), before, 'its key is not there yet')
  t.strictSame(told, ['refused listener-0 sip.certificate-key-mismatch'])
  clock.step(6000)
  server(0)
  t.equal(told.length, 1, 'told once')
  files.set('/a.key', second.key)
  certificates.reload()
  t.strictSame(server(0).identities, [second], 'at once, when it is asked for')
  files.delete('/a.key')
  certificates.reload()
  t.strictSame(server(0).identities, [second])
  t.strictSame(told.slice(1), [
    'loaded listener-0',
    'loaded by-address',
    'refused listener-0 sip.certificate-unreadable',
    'refused by-address sip.certificate-unreadable',
  ])
})

t.test('one that has expired is shown all the same, and told', async (t) => {
  const { files, told, certificates } = stage(t)
  const old = authority.issue(['DNS:a'], 'expired')
  files.set('/a.pem', old.certificate).set('/a.key', old.key)
  t.strictSame(certificates.server(0).identities, [old])
  t.strictSame(told, ['expired listener-0 sip.certificate-expired'])
})

t.test('nothing to begin with is a fault', async (t) => {
  const { files, certificates } = stage(t)
  files.delete('/ca.pem')
  t.throws(() => certificates.server(0), { code: 'sip.certificate-unreadable' })
  t.throws(() => certificates.server(1), { code: 'sip.certificate-unreadable' })
  t.throws(() => certificates.load(), { code: 'sip.certificate-unreadable' })
})

t.test('which name a far end must have, and whose authorities count', async (t) => {
  const { client } = stage(t).certificates
  const peer = (address: string, domain?: string) =>
    client({ transport: 'tls', address, port: 5061, ...(domain === undefined ? {} : { domain }) })
  const common = { authorities: undefined, identity: undefined }
  const own = { authorities: 'pbx', identity: first }
  for (const [address, domain, wanted, trust] of [
    ['198.51.100.1', 'sip.carrier.example', 'sip.carrier.example', common],
    ['198.51.100.1', 'elsewhere.example', 'elsewhere.example', common],
    ['192.0.2.10', undefined, 'sip.carrier.example', common],
    ['192.0.2.10', '192.0.2.10', 'sip.carrier.example', common],
    ['192.0.2.20', '192.0.2.20', 'pbx.example', own],
    ['192.0.2.21', undefined, 'pbx.example', own],
    ['2001:db8::21', undefined, 'pbx.example', own],
    ['192.0.2.21', 'node.pbx.example', 'node.pbx.example', own],
    ['192.0.2.30', undefined, undefined, common],
    ['192.0.2.40', '192.0.2.40', undefined, common],
    ['192.0.2.40', undefined, undefined, common],
  ] as const) {
    t.strictSame(peer(address, domain), { domain: wanted, trust }, `${address} ${domain}`)
  }
})

t.test('where keys of SRTP travel in the clear', async (t) => {
  const named = (text: string) => keysInTheClear(configOf(t, text))
  const trunk = (srtp: string, uri: string) =>
    `trunks: [{ name: a, addresses: [192.0.2.1], srtp: ${srtp}, outbound: { uri: "${uri}" } }]\n`
  const tls = 'sip: { listeners: [{ transport: tls, certificateFile: /a, keyFile: /b }] }\n'
  t.strictSame(named(trunk('required', 'sip:a.example')), ['a'])
  t.strictSame(named(tls + trunk('required', 'sip:a.example')), ['a'])
  t.strictSame(named(tls + trunk('required', 'sips:a.example')), [])
  t.strictSame(named(tls + trunk('required', 'sip:a.example;transport=tls')), [])
  t.strictSame(named(trunk('preferred', 'sip:a.example')), [])
  t.strictSame(named('trunks: [{ name: a, addresses: [192.0.2.1], srtp: required }]\n'), ['a'])
  t.strictSame(named(`${tls}trunks: [{ name: a, addresses: [192.0.2.1], srtp: required }]\n`), [])
  t.strictSame(named('media: { srtp: { phones: required } }\n'), ['phones'])
  t.strictSame(named(`${tls}media: { srtp: { phones: required } }\n`), [])
})
