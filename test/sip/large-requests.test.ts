import t, { type Test } from 'tap'
import type { IncomingSession, IncomingText } from '../../src/sip/index.ts'
import { createLargeRequests } from '../../src/sip/large-requests.ts'
import { freePort } from '../peers/free-port.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { notes } from './endpoints.ts'
import { type RealEndpoint, realEndpoint, until } from './real-endpoint.ts'

const FROM = { displayName: '', uri: 'sip:b@c', user: 'b' }
const trunks = [{ name: 'loopback', addresses: ['127.0.0.1'], largeOverTcp: true }]

/** Calls a URI that says UDP. @returns over what it came. */
async function transportOf(t: Test, caller: RealEndpoint, port: number, incoming: IncomingSession[], body: string) {
  const told = notes()
  const before = incoming.length
  const session = caller.sip.invite({ target: { uri: `sip:a@127.0.0.1:${port}` }, from: FROM, body, events: told })
  t.ok(await until(() => told.told.includes('answered answer')), 'answered')
  const { transport } = incoming[before]?.peer ?? {}
  session.end()
  t.ok(await until(() => caller.sip.sessionCount === 0))
  return transport
}

const LARGE = `v=0\r\n${'a=x\r\n'.repeat(300)}`

for (const takesTcp of [true, false]) {
  t.test(`a request of 1500 octets to who takes ${takesTcp ? 'TCP' : 'none'}`, async (t) => {
    const port = await freePort()
    const incoming: IncomingSession[] = []
    const callee = await realEndpoint(
      (session) => {
        incoming.push(session)
        session.attach(notes())
        session.accept('answer')
      },
      {
        listeners: (takesTcp ? (['udp', 'tcp'] as const) : (['udp'] as const)).map((transport) => ({
          transport,
          address: '127.0.0.1',
          port,
        })),
      },
    )
    const caller = await realEndpoint(() => {}, { trunks })
    const unwilling = await realEndpoint(() => {})
    t.teardown(() => Promise.all([caller, unwilling, callee].map(({ sip }) => sip.close())))
    t.equal(await transportOf(t, caller, port, incoming, 'short'), 'udp', 'a short one')
    for (const what of ['a long one', 'and another'])
      t.equal(await transportOf(t, caller, port, incoming, LARGE), takesTcp ? 'tcp' : 'udp', what)
    t.equal(await transportOf(t, unwilling, port, incoming, LARGE), 'udp', 'where nobody asked for it')
    t.strictSame([...caller.defects, ...callee.defects], [])
  })
}

for (const takesTcp of [true, false]) {
  t.test(`a text that is too long for UDP, to who takes ${takesTcp ? 'TCP' : 'none'}`, async (t) => {
    const port = await freePort()
    const texts: number[] = []
    const onText = ({ body, respond }: IncomingText) => {
      texts.push(body.length)
      respond(200)
    }
    const callee = await realEndpoint(() => {}, {
      events: { onIncoming: () => {}, onText, onRegistrationChanged: () => {} },
      listeners: (takesTcp ? (['udp', 'tcp'] as const) : (['udp'] as const)).map((transport) => ({
        transport,
        address: '127.0.0.1',
        port,
      })),
    })
    const caller = await realEndpoint(() => {}, { trunks })
    t.teardown(() => Promise.all([caller, callee].map(({ sip }) => sip.close())))
    const write = (octets: number) =>
      caller.sip.text({ target: { uri: `sip:a@127.0.0.1:${port}` }, from: FROM, body: Buffer.alloc(octets, 'x') })
    t.equal(await write(600), 200)
    t.equal(await write(1300), takesTcp ? 200 : 413)
    t.strictSame(texts, takesTcp ? [600, 1300] : [600])
    t.strictSame([...caller.defects, ...callee.defects], [])
  })
}

t.test('who takes no TCP is not tried again for ten minutes', async (t) => {
  const clock = steppedClock()
  const large = createLargeRequests(clock, ({ address }) => address !== '192.0.2.9')
  const peer = { transport: 'udp', address: '192.0.2.1', port: 5060 } as const
  t.notOk(large.prefersTcp(peer, 1300))
  t.ok(large.prefersTcp(peer, 1301))
  t.notOk(large.prefersTcp({ ...peer, address: '192.0.2.9' }, 5000))
  large.refused(peer)
  t.notOk(large.prefersTcp(peer, 5000))
  t.ok(large.prefersTcp({ ...peer, port: 5062 }, 5000), 'another one is')
  clock.step(600_000)
  t.ok(large.prefersTcp(peer, 5000))
  large.refused(peer)
  for (let port = 1; port <= 1000; port++) large.refused({ ...peer, address: '192.0.2.2', port })
  t.ok(large.prefersTcp(peer, 5000), 'what is remembered is bounded')
})
