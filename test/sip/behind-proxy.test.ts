/** Phones behind proxies of ours: what one of them does counts against him, and what nobody vouches for counts against who sent it. */

import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { clientOf, createProxies } from '../../src/sip/behind-proxy.ts'
import type { Flow } from '../../src/sip/transport.ts'
import { WsTransport } from '../../src/sip/ws-transport.ts'
import { makeAuthority } from '../peers/authority.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { connectWs } from '../peers/ws-wire.ts'
import { endpoint } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { until } from './real-endpoint.ts'
import { registrant } from './registrant.ts'
import { termsOf } from './tls-peers.ts'

const PROXY = '10.0.5.1'
const OURS = '10.0.0.2'

async function world(proxies: readonly string[]) {
  const net = memoryNet()
  const said: string[] = []
  const account = { password: new Secret('right') }
  const server = await endpoint(net, OURS, () => {}, {
    phones: {
      realm: 'sotto',
      accountOf: (user) => (user === 'alice' ? account : undefined),
      nonceKey: new Uint8Array(32),
      proxies,
    },
    log: ({ event, address }) => said.push(`${event} ${address}`),
  })
  return { ...registrant(net, OURS), server, said }
}

const behind = (address: string) => [`SIP/2.0/UDP 192.168.1.7:5070;received=${address};branch=z9hG4bKphone;rport=1024`]

t.test('who guesses behind a proxy is locked out, and nobody else there', async (t) => {
  const { ask, guess, server, said } = await world([`${PROXY}/32`])
  for (let i = 0; i < 10; i += 1) guess(PROXY, `user-${i}`, 'wrong', behind('203.0.113.66'))
  t.match(ask(PROXY, 'alice', '', behind('203.0.113.66')), / 403 /)
  t.equal(guess(PROXY, 'alice', 'right', behind('198.51.100.7')), '200')
  t.equal(said.filter((each) => each === 'locked-out 203.0.113.66').length, 1, 'and that is who is told of')
  t.strictSame(server.defects, [])
})

t.test('a proxy that nobody named is one source', async (t) => {
  const { ask, guess } = await world([])
  for (let i = 0; i < 10; i += 1) guess(PROXY, 'alice', 'wrong', behind('203.0.113.66'))
  t.match(ask(PROXY, 'alice', '', behind('198.51.100.7')), / 403 /)
})

t.test('where a proxy saw it come from: by received, else by a numeric host, through several of ours', async (t) => {
  const via = (sentBy: string, more = '') => `SIP/2.0/TCP ${sentBy};branch=z9hG4bKx${more}`
  const rows: readonly (readonly [what: string, below: readonly string[], counts: string])[] = [
    ['received', behind('203.0.113.1'), '203.0.113.1'],
    ['the host, when it is right', [via('203.0.113.2:5060')], '203.0.113.2'],
    ['IPv6', [via('[2001:db8::1]:5060', ';received=2001:DB8:0::2')], '2001:db8::2'],
    ['a second proxy of ours', [via('10.0.6.1', ''), ...behind('203.0.113.3')], '203.0.113.3'],
    ['a proxy of others', [via('203.0.113.4'), ...behind('198.51.100.1')], '203.0.113.4'],
    ['a name', [via('phone.example')], PROXY],
    ['nothing', [], PROXY],
    ['received twice, one of them written by the phone', [via('a', ';received=1.2.3.4;received=203.0.113.5')], PROXY],
    ['no Via at all', ['nonsense'], PROXY],
  ]
  for (const [what, below, counts] of rows) {
    const { guess, said, server } = await world(['10.0.5.0/24', '10.0.6.1'])
    guess(PROXY, 'alice', 'wrong', below)
    t.strictSame(said, [`wrong-credentials ${counts}`], what)
    t.strictSame(server.defects, [], what)
  }
  const { guess, said } = await world(['10.0.6.1'])
  guess(PROXY, 'alice', 'wrong', behind('203.0.113.1'))
  t.strictSame(said, [`wrong-credentials ${PROXY}`], 'anybody may write a Via')
})

t.test('browsers behind a reverse proxy: each has as many connections as anybody', async (t) => {
  const authority = makeAuthority()
  t.teardown(() => authority.close())
  const flows: Flow[] = []
  const transport = new WsTransport({
    listener: { transport: 'ws', address: '127.0.0.1', port: 0, proxies: ['127.0.0.1'] },
    index: 0,
    clock: steppedClock(),
    terms: termsOf([authority.issue(['DNS:sip.example.com'])]),
    limits: { perListener: 100, perSource: 1 },
    count: (name) => t.fail(name),
    onFailure: () => t.fail('nobody is refused'),
  })
  await transport.open(
    (_octets, flow) => flows.push(flow),
    () => {},
  )
  t.teardown(() => transport.close())
  const url = `ws://127.0.0.1:${transport.local.port}`
  for (const header of ['203.0.113.1', '9.9.9.9, 203.0.113.2']) {
    const socket = await connectWs(url, { headers: { 'X-Forwarded-For': header } })
    t.teardown(() => socket.terminate())
    socket.send('OPTIONS sip:a@b SIP/2.0\r\n\r\n')
  }
  t.ok(await until(() => flows.length === 2))
  t.strictSame(flows.map(({ address }) => address).toSorted(), ['203.0.113.1', '203.0.113.2'])
})

t.test('whom a reverse proxy connects for', async (t) => {
  const isProxy = createProxies(['127.0.0.1', '10.0.0.0/8'])
  const rows: readonly (readonly [header: string | undefined, from: string, client: string])[] = [
    ['203.0.113.1', '127.0.0.1', '203.0.113.1'],
    ['1.2.3.4, 203.0.113.1, 10.1.1.1', '127.0.0.1', '203.0.113.1'],
    ['2001:DB8::1', '127.0.0.1', '2001:db8::1'],
    ['10.2.2.2', '127.0.0.1', '10.2.2.2'],
    ['unknown', '127.0.0.1', '127.0.0.1'],
    [undefined, '127.0.0.1', '127.0.0.1'],
    ['203.0.113.1', '192.0.2.1', '192.0.2.1'],
  ]
  for (const [header, from, client] of rows) t.equal(clientOf(header, from, isProxy), client, `${header} from ${from}`)
})
