/** How often strangers are answered, and that a flood from forged addresses takes nothing from those whose address is no forgery. */

import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { createFlood } from '../../src/sip/flood.ts'
import { endpoint } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { registrant } from './registrant.ts'

t.test('answers to one address come back with time', async (t) => {
  const may = createFlood({ perAddress: 10, burst: 3, total: 1000 })
  t.strictSame(
    [0, 0, 0, 0].map((ms) => may('a', 1000 + ms)),
    [true, true, true, false],
  )
  t.ok(may('b', 1000), 'another address has its own')
  t.ok(may('a', 1100))
  t.notOk(may('a', 1150))
})

t.test('who has a /64 has one share, whatever address of it he writes', async (t) => {
  const may = createFlood({ perAddress: 10, burst: 3, total: 1000 })
  t.strictSame(
    [1, 2, 3, 4].map((last) => may(`2001:db8:1:2::${last}`, 1000)),
    [true, true, true, false],
  )
  t.ok(may('2001:db8:1:3::1', 1000), 'his neighbour has another')
})

t.test('a flood from forged addresses: streams are answered, and so is where a phone has signed in', async (t) => {
  const net = memoryNet()
  const account = { password: new Secret('right') }
  const server = await endpoint(net, '10.0.0.2', () => {}, {
    phones: {
      realm: 'sotto',
      accountOf: (user) => (user === 'alice' ? account : undefined),
      nonceKey: new Uint8Array(32),
    },
    flood: { perAddress: 10, burst: 10, total: 10 },
  })
  const { ask, guess } = registrant(net, '10.0.0.2')
  t.equal(guess('10.9.0.1', 'alice', 'right'), '200')
  net.clock.step(60_000)
  const options = (from: string) => {
    net.log.length = 0
    const text = `OPTIONS sip:10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP ${from};branch=z9hG4bK${from}\r\nFrom: <sip:a@b>;tag=a\r\nTo: <sip:10.0.0.2>\r\nCall-ID: ${from}\r\nCSeq: 1 OPTIONS\r\n\r\n`
    net.inject(Buffer.from(text), { transport: 'udp', address: from, port: 5060 }, '10.0.0.2')
    return net.log.length
  }
  let answered = 0
  for (let i = 0; i < 100; i += 1) answered += options(`10.7.0.${i}`)
  t.equal(answered, 10, 'all of them together')
  t.equal(ask('10.8.0.1', 'alice'), '', 'a stranger over UDP may have forged his address as well')
  t.match(ask({ transport: 'wss', address: '10.8.0.1', port: 5060 }, 'alice'), / 401 /)
  t.equal(guess('10.9.0.1', 'alice', 'right'), '200')
  t.strictSame(server.defects, [])
})
