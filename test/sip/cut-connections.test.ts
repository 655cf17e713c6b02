/** Connections that end in the middle of a dialog, and far ends that are not there: calls go on over a new connection, or end at once. */

import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import type { IncomingSession, SipOptions } from '../../src/sip/index.ts'
import { type Talk, wayOf } from '../../src/sip/talk.ts'
import type { Flow } from '../../src/sip/transport.ts'
import { createUdpProbe } from '../../src/sip/udp-probe.ts'
import { makeAuthority } from '../peers/authority.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { cutLine } from './cut-line.ts'
import { notes } from './endpoints.ts'
import { type RealEndpoint, realEndpoint, until } from './real-endpoint.ts'
import { termsOf } from './tls-peers.ts'

const authority = makeAuthority()
t.teardown(() => authority.close())
const TCP: Partial<SipOptions> = { listeners: [{ transport: 'tcp', address: '127.0.0.1', port: 0 }] }
/** Both ends may open a connection, since both know whose name the other one has. */
const TLS: Partial<SipOptions> = {
  listeners: [{ transport: 'tls', address: '127.0.0.1', port: 0 }],
  tls: termsOf([authority.issue(['DNS:sip.example.com'])], {
    authorities: authority.certificate,
    domain: 'sip.example.com',
  }),
}

function callTo(from: RealEndpoint, port: number, over: 'tcp' | 'tls' = 'tcp') {
  const told = notes()
  const session = from.sip.invite({
    target: { uri: `sip:a@127.0.0.1:${port};transport=${over}` },
    from: { displayName: '', uri: 'sip:b@c', user: 'b' },
    body: 'offer',
    events: told,
  })
  return { told, session }
}

/** A call that stands, over a line that can be cut. */
async function bridged(t: Test, options: Partial<SipOptions>, over: 'tcp' | 'tls' = 'tcp') {
  const told = notes()
  let incoming: IncomingSession | undefined
  const callee = await realEndpoint((session) => {
    incoming = session
    session.attach(told)
    session.accept('answer')
  }, options)
  const caller = await realEndpoint(() => {}, options)
  const line = await cutLine(callee.port)
  t.teardown(() => Promise.all([caller.sip.close(), callee.sip.close(), line.close()]))
  const { told: up, session } = callTo(caller, line.port, over)
  t.ok(await until(() => up.told.includes('answered answer') && told.told.some((each) => each.startsWith('confirmed'))))
  if (incoming === undefined) throw new Error('nobody was called')
  return { caller, callee, line, up, session, incoming: incoming as IncomingSession }
}

for (const [over, how] of [
  ['tcp', 'reset'],
  ['tcp', 'end'],
  ['tls', 'reset'],
] as const) {
  t.test(`a call over ${over} whose connection is cut goes on over a new one: by ${how}`, async (t) => {
    const { caller, callee, line, up, session, incoming } = await bridged(t, over === 'tcp' ? TCP : TLS, over)

    line.cut(how)
    t.strictSame(
      await incoming.reoffer(() => 'from the callee'),
      { result: 'answered', body: 'answer to from the callee' },
      'who was called opens a connection to the Contact of the caller',
    )
    line.cut(how)
    t.strictSame(await session.reoffer(() => 'from the caller'), {
      result: 'answered',
      body: 'answer to from the caller',
    })
    line.cut(how)
    incoming.end()
    t.ok(await until(() => up.told.includes('ended far-end')))
    t.ok(await until(() => callee.sip.sessionCount === 0 && caller.sip.sessionCount === 0))
    t.strictSame([...caller.defects, ...callee.defects], [])
  })
}

t.test('who has opened a new connection is reached over it', async (t) => {
  // Nobody reaches the caller but over what it has opened.
  const { caller, callee, line, session, incoming } = await bridged(t, TCP)
  line.cut('reset')
  t.match(await session.reoffer(() => 'first'), { result: 'answered' })
  t.equal(line.taken(), 2)
  t.match(await incoming.reoffer(() => 'second'), { result: 'answered' })
  t.equal(line.taken(), 2, 'no third one')
  session.end()
  t.ok(await until(() => callee.sip.sessionCount === 0 && caller.sip.sessionCount === 0))
})

t.test('a request that is lost with its old connection is sent once more over a new one', async (t) => {
  const callee = await realEndpoint((session) => {
    session.attach(notes())
    session.accept('answer')
  }, TCP)
  const caller = await realEndpoint(() => {}, TCP)
  const line = await cutLine(callee.port)
  t.teardown(() => Promise.all([caller.sip.close(), callee.sip.close(), line.close()]))
  const first = callTo(caller, line.port)
  t.ok(await until(() => first.told.told.includes('answered answer')))
  // From now on what is sent is swallowed, as by a firewall that has forgotten the connection; then it says so.
  line.cut('silence')
  const second = callTo(caller, line.port)
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.strictSame(second.told.told, [])
  line.cut('reset')
  t.ok(await until(() => second.told.told.includes('answered answer')), 'not after 32 s, and not at all')
  t.equal(line.taken(), 2)
  for (const { session } of [first, second]) session.end()
  t.ok(await until(() => callee.sip.sessionCount === 0 && caller.sip.sessionCount === 0))
})

t.test('a far end that ends every connection is not asked for ever', async (t) => {
  const caller = await realEndpoint(() => {}, TCP)
  const sockets = new Set<Socket>()
  let taken = 0
  const server = createServer((socket) => {
    taken += 1
    sockets.add(socket)
    socket.on('error', () => {}).on('data', () => socket.resetAndDestroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => Promise.all([caller.sip.close(), new Promise((resolve) => server.close(resolve))]))
  const bound = server.address()
  const { told } = callTo(caller, typeof bound === 'object' && bound !== null ? bound.port : 0)
  t.ok(await until(() => told.told.includes('refused 503')))
  t.ok(taken <= 2)
  t.equal(caller.sip.sessionCount, 0)
})

t.test(
  'nobody at the port: a call over UDP fails within two seconds, and one to who is only slow does not',
  async (t) => {
    const caller = await realEndpoint(() => {})
    const silent = createSocket('udp4')
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
    t.teardown(() => Promise.all([caller.sip.close(), new Promise<void>((resolve) => silent.close(resolve))]))
    const call = (to: number) => {
      const told = notes()
      const session = caller.sip.invite({
        target: { uri: `sip:a@127.0.0.1:${to}` },
        from: { displayName: '', uri: 'sip:b@c', user: 'b' },
        body: 'offer',
        events: told,
      })
      return { told, session }
    }
    // TCPMUX takes privileges: nobody has it, while a port that was given back may be somebody else's by now.
    const [dead, slow] = [call(1), call(silent.address().port)]
    t.ok(await until(() => dead.told.told.includes('refused 503')))
    t.strictSame(slow.told.told, [])
    t.equal(caller.sip.stats()['clientTransactions'], 1, 'of the dead one nothing is left')
    slow.session.end()
    t.strictSame(caller.defects, [])
  },
)

t.test('what is asked of a port: once for all who ask, and only for a while', async (t) => {
  const clock = steppedClock()
  const probe = createUdpProbe(clock, '127.0.0.1')
  const silent = createSocket('udp4')
  let pinged = 0
  silent.on('message', (octets) => {
    if (octets.toString() === '\r\n\r\n') pinged += 1
  })
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
  t.teardown(() => silent.close())
  let refused = 0
  for (let i = 0; i < 5; i += 1) probe.ask('127.0.0.1', silent.address().port, () => (refused += 1))
  t.ok(await until(() => pinged === 1))
  clock.step(1000)
  probe.ask('127.0.0.1', silent.address().port, () => (refused += 1))
  t.ok(await until(() => pinged === 2))
  for (const port of [0, 65_536]) probe.ask('127.0.0.1', port, () => (refused += 1))
  probe.close()
  probe.close()
  t.equal(refused, 0)
})

t.test('where a new connection leads: to the same host, and never out of TLS', (t) => {
  const flow = { transport: 'tls', address: '192.0.2.9', port: 40_000, listener: 1, connection: 7 } as const
  const anewOf = (remoteTarget: string, over: Partial<Flow> = {}) => {
    const way = wayOf({
      dialog: { routes: [], remoteTarget },
      flow: { ...flow, ...over },
      pinned: false,
      account: undefined,
    } as unknown as Talk)
    return way.to === 'flow' ? way.anew : way.uri
  }
  t.strictSame(anewOf('sip:a@192.0.2.9:5071'), { ...flow, port: 5071, connection: 0 }, 'though it names no transport')
  t.strictSame(anewOf('sip:a@192.0.2.9'), { ...flow, port: 5061, connection: 0 })
  t.strictSame(anewOf('sips:a@192.0.2.9;transport=tcp'), { ...flow, port: 5061, connection: 0 })
  t.strictSame(anewOf('sip:a@192.0.2.9', { transport: 'tcp' }), {
    ...flow,
    transport: 'tcp',
    port: 5060,
    connection: 0,
  })
  t.equal(anewOf('sip:a@192.0.2.10'), 'sip:a@192.0.2.10', 'elsewhere is where its URI says, as ever')
  t.end()
})
