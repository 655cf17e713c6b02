import t from 'tap'
import { isSecureWay, leadsHere, waysTo } from '../../src/call/ways.ts'
import { configOf } from '../peers/call-bench.ts'

const { trunks } = configOf(`
trunks:
  - name: carrier
    addresses: [192.0.2.7]
    sendIdentity: true
    credentials: { user: us, password: a-password-of-tests }
    outbound: { uri: 'sip:192.0.2.7' }
`)
const listening = [
  { transport: 'udp', address: '198.51.100.1', port: 5060 },
  { transport: 'tcp', address: '2001:db8::1', port: 5080 },
  { transport: 'tls', address: '198.51.100.2', port: 5061 },
] as const
const contacts = (account: string) => (account === 'agent' ? [{ uri: 'sip:a@1' }, { uri: 'sip:a@2' }] : [])
const sip = { contacts, listening }

t.test('a phone is rung at each of its contacts', async (t) => {
  const ways = waysTo({ kind: 'phone', account: 'agent' }, sip, trunks)
  t.match(ways, [
    { target: { uri: 'sip:a@1' }, account: 'agent', sendIdentity: false },
    { target: { uri: 'sip:a@2' }, account: 'agent', sendIdentity: false },
  ])
  t.same(waysTo({ kind: 'phone', account: 'nobody' }, sip, trunks), [])
})

t.test('a trunk gets its credentials and its policy', async (t) => {
  const [way] = waysTo({ kind: 'trunk', trunk: 'carrier', uri: 'sip:1@192.0.2.7' }, sip, trunks)
  t.equal(way?.sendIdentity, true)
  t.equal(way?.target.credentials?.user, 'us')
  t.strictSame(
    waysTo({ kind: 'trunk', trunk: 'gone', uri: 'sip:1@x' }, sip, trunks),
    [],
    'gone since the call was routed',
  )
})

const rows: readonly (readonly [uri: string, here: boolean])[] = [
  ['sip:500@198.51.100.1:5060', true],
  ['sip:500@198.51.100.1', true],
  ['sip:198.51.100.1;transport=tcp', true],
  ['sip:500@198.51.100.1:5062', false],
  ['sips:500@198.51.100.2', true],
  ['sip:500@198.51.100.2;transport=tls', true],
  ['sip:500@198.51.100.2', false],
  ['sip:500@[2001:db8::1]:5080', true],
  ['sip:500@[2001:db8::1]', false],
  ['sip:pbx.example', false],
  ['nonsense', false],
]
for (const [uri, here] of rows) {
  t.test(`${uri} ${here ? 'leads back here' : 'leads away'}`, async (t) => {
    t.equal(leadsHere(uri, listening), here)
    t.equal(waysTo({ kind: 'uri', uri }, sip, trunks).length, here ? 0 : 1)
  })
}

t.test('which ways nobody can listen in on', async (t) => {
  const peer = (transport: 'udp' | 'tcp' | 'tls') => ({ transport, address: '192.0.2.1', port: 5060 })
  for (const [target, isSecure] of [
    [{ uri: 'sips:pbx.example' }, true],
    [{ uri: 'sip:1@pbx.example;transport=tls' }, true],
    [{ uri: 'sip:1@pbx.example;transport=TLS;user=phone' }, true],
    [{ uri: 'sip:1@pbx.example;transport=tcp' }, false],
    [{ uri: 'sip:tls@pbx.example' }, false],
    [{ uri: 'sip:a@192.168.0.7', peer: peer('tls') }, true],
    [{ uri: 'sips:a@192.168.0.7', peer: peer('tcp') }, false],
    [{ uri: 'sip:a@192.168.0.7', peer: peer('udp') }, false],
  ] as const) {
    t.equal(isSecureWay({ target, account: undefined, sendIdentity: false }), isSecure, JSON.stringify(target))
  }
})

t.test('several places are told as they are, and none of them may be ours', async (t) => {
  const choice = (uri: string) => ({ uri, key: uri, priority: 0, weight: 1 })
  const choices = [choice('sip:1@192.0.2.7'), choice('sip:1@192.0.2.8')]
  const [way] = waysTo({ kind: 'trunk', trunk: 'carrier', uri: 'sip:1@192.0.2.7', choices }, sip, trunks)
  t.strictSame(way?.target.choices, choices)
  t.equal(way?.target.credentials?.user, 'us')
  t.equal(waysTo({ kind: 'uri', uri: 'sip:1@192.0.2.7', choices }, sip, trunks).length, 1)
  const circle = [...choices, choice('sip:1@198.51.100.1')]
  t.strictSame(waysTo({ kind: 'uri', uri: 'sip:1@192.0.2.7', choices: circle }, sip, trunks), [])
})
