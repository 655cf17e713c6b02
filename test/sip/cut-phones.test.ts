/** Phones and registrars whose connection is cut: calls follow a phone to its new connection, and we register anew (R-32, RFC 5626). */

import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { Secret } from '../../src/base/secret.ts'
import type { OpenPhoneWire } from '../../src/demo/phone-wire.ts'
import { openSipPhone } from '../../src/demo/sip-phone.ts'
import type { IncomingSession } from '../../src/sip/index.ts'
import { connectWs } from '../peers/ws-wire.ts'
import { cutLine } from './cut-line.ts'
import { notes } from './endpoints.ts'
import { realEndpoint, until } from './real-endpoint.ts'

const alice = { password: new Secret('right') }
const phones = {
  realm: 'sotto',
  accountOf: (user: string) => (user === 'alice' ? alice : undefined),
  nonceKey: Buffer.alloc(32, 7),
}

/** A browser's phone whose network goes and comes back: the same phone, with the same Contact, over another WebSocket. */
function wsLine(url: string): { readonly open: OpenPhoneWire; losesAck: boolean; renew(): Promise<void> } {
  let socket: WebSocket
  let take: (octets: Buffer) => void = () => {}
  const begin = async () => {
    socket = await connectWs(url)
    socket.on('message', (octets: Buffer) => {
      if (!line.losesAck || !octets.toString('latin1').startsWith('ACK ')) take(octets)
    })
  }
  const end = async () => {
    if (socket.readyState === WebSocket.CLOSED) return
    socket.terminate()
    await once(socket, 'close')
  }
  const open: OpenPhoneWire = async (receive) => {
    take = receive
    await begin()
    return {
      protocol: 'WS',
      port: 0,
      host: 'abcdef.invalid',
      namedPort: undefined,
      contactParams: { transport: 'ws' },
      send: (octets) => socket.send(Buffer.from(octets), { binary: false }),
      close: end,
    }
  }
  const line = {
    open,
    losesAck: false,
    renew: async () => {
      await end()
      await begin()
    },
  }
  return line
}

async function scene(t: Test) {
  const told = notes()
  const incoming: IncomingSession[] = []
  const server = await realEndpoint(
    (session) => {
      incoming.push(session)
      session.attach(told)
      session.accept('our answer')
    },
    { listeners: [{ transport: 'ws', address: '127.0.0.1', port: 0, origins: [] }], phones },
  )
  const line = wsLine(`ws://127.0.0.1:${server.port}`)
  const heard: string[] = []
  const phone = await openSipPhone({
    user: 'alice',
    password: 'right',
    address: '127.0.0.1',
    server: { address: '127.0.0.1', port: server.port },
    openWire: line.open,
    onDatagram: ({ direction, bytes }) => {
      if (direction === 'received' && Buffer.from(bytes).toString('latin1').startsWith('ACK ')) heard.push('ACK')
    },
    onInvite: () => ({ answer: 'phone answer', ringMs: 5 }),
    onReoffer: () => 'phone reanswer',
    onAnswered: () => {},
    onEnded: () => heard.push('ended'),
  })
  t.teardown(async () => {
    await phone.close()
    await server.sip.close()
  })
  await phone.register()
  t.ok(await until(() => server.registrations.length === 1))
  /** Calls the phone, which answers. */
  const call = async () => {
    const events = notes()
    const from = { displayName: '', uri: 'sip:caller@127.0.0.1', user: 'caller' }
    const [target = { uri: 'sip:nobody@127.0.0.1' }] = server.sip.contacts('alice')
    const session = server.sip.invite({ target, from, body: 'our offer', events })
    t.ok(await until(() => events.told.includes('answered phone answer')))
    return session
  }
  return { server, line, phone, heard, incoming, told, call }
}

const REANSWERED = { result: 'answered', body: 'phone reanswer' }

t.test('a phone that was called comes back over another connection: its call goes on there', async (t) => {
  const { server, line, phone, heard, call } = await scene(t)
  const session = await call()
  await line.renew()
  t.ok(await until(() => server.sip.contacts('alice').length === 0))
  await phone.register()
  // The ACK of its answer may have been lost with the connection: the phone asks for it again, and gets it where it is now.
  t.ok(await until(() => heard.includes('ACK')))
  t.strictSame(await session.reoffer(() => 'hold'), REANSWERED)
  t.ok(await until(() => heard.filter((each) => each === 'ACK').length >= 2))
  session.end()
  t.ok(await until(() => heard.includes('ended') && server.sip.sessionCount === 0))
  t.strictSame(server.defects, [])
})

t.test(
  'a call is ended while its phone is away: told when it is back and asks for the ACK that it never got',
  async (t) => {
    const { server, line, phone, heard, call } = await scene(t)
    line.losesAck = true
    const session = await call()
    await line.renew()
    t.ok(await until(() => server.sip.contacts('alice').length === 0))
    session.end()
    t.ok(await until(() => server.sip.sessionCount === 0))
    line.losesAck = false
    await phone.register()
    t.ok(await until(() => heard.includes('ACK') && heard.includes('ended')))
    t.strictSame(server.defects, [])
  },
)

t.test('a phone that has called likewise; one that stays away has its call ended, not held', async (t) => {
  const { server, line, phone, heard, incoming, told } = await scene(t)
  await phone.call('42', 'phone offer')
  t.ok(await until(() => told.told.length === 1))
  await line.renew()
  await phone.register()
  t.strictSame(await incoming[0]?.reoffer(() => 'hold'), REANSWERED)
  // The ACK of that may be lost with the connection: the phone asks for it again, and gets it where it is.
  await line.renew()
  await phone.register()
  t.ok(await until(() => heard.includes('ACK')))
  await line.renew()
  t.ok(await until(() => server.sip.contacts('alice').length === 0))
  t.strictSame(await incoming[0]?.reoffer(() => 'nobody is there'), { result: 'refused', status: 503 })
  t.ok(await until(() => told.told.includes('ended timeout') && server.sip.sessionCount === 0))
  t.notOk(heard.includes('ended'))
  t.strictSame(server.defects, [])
})

t.test('a phone that is away when it is asked whether it is there is asked again until it is back', async (t) => {
  const { server, line, phone, call } = await scene(t)
  const session = await call()
  await line.renew()
  t.ok(await until(() => server.sip.contacts('alice').length === 0))
  const asked = session.probe()
  await phone.register()
  t.equal(await asked, 200)
  await line.renew()
  t.ok(await until(() => server.sip.contacts('alice').length === 0))
  t.equal(await session.probe(), 408, 'one that stays away is not there')
  t.strictSame(server.defects, [])
})

t.test(
  'a registrar whose connection to us is cut is registered with anew, since it may reach us by that alone',
  async (t) => {
    const registrar = await realEndpoint(() => {}, {
      listeners: [{ transport: 'tcp', address: '127.0.0.1', port: 0 }],
      trunks: [],
      phones,
    })
    const line = await cutLine(registrar.port)
    const us = await realEndpoint(() => {}, {
      listeners: [{ transport: 'tcp', address: '127.0.0.1', port: 0 }],
      trunks: [
        {
          name: 'carrier',
          addresses: [],
          registration: {
            registrar: `sip:127.0.0.1:${line.port};transport=tcp`,
            proxies: [],
            user: 'alice',
            credentials: { user: 'alice', password: alice.password },
            expiresSeconds: 3600,
            retrySeconds: 1,
          },
        },
      ],
    })
    t.teardown(async () => {
      await us.sip.close()
      await Promise.all([registrar.sip.close(), line.close()])
    })
    const isRegistered = () => us.sip.trunks()[0]?.registration?.state === 'registered'
    t.ok(await until(isRegistered))
    line.cut('reset')
    t.ok(await until(() => registrar.registrations.join() === 'alice 1,alice 0,alice 1'))
    t.ok(await until(isRegistered))
    t.strictSame([...us.defects, ...registrar.defects], [])
  },
)
