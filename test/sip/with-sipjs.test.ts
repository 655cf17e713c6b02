import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { openSipPhone } from '../../src/demo/sip-phone.ts'
import type { IncomingSession } from '../../src/sip/index.ts'
import { notes } from './endpoints.ts'
import { realEndpoint, until } from './real-endpoint.ts'

/** A phone on sip.js's core: a stack that others wrote. */
async function phoneOf(port: number, user: string, password: string, heard: string[]) {
  return openSipPhone({
    user,
    password,
    address: '127.0.0.1',
    server: { address: '127.0.0.1', port },
    onDatagram: () => {},
    onInvite: (offer) => {
      heard.push(`invited ${offer}`)
      return { answer: 'phone answer', ringMs: 20 }
    },
    onReoffer: (offer) => {
      heard.push(`reoffered ${offer}`)
      return 'phone reanswer'
    },
    onAnswered: (answer) => heard.push(`answered ${answer}`),
    onEnded: () => heard.push('ended'),
  })
}

const alice = { password: new Secret('right') }
const phones = {
  realm: 'sotto',
  accountOf: (user: string) => (user === 'alice' ? alice : undefined),
  nonceKey: Buffer.alloc(32, 7),
}

t.test('a sip.js phone registers, is called, is held, hangs up', async (t) => {
  const server = await realEndpoint(() => {}, { trunks: [], phones })
  const heard: string[] = []
  const phone = await phoneOf(server.port, 'alice', 'right', heard)
  t.teardown(async () => {
    await phone.close()
    await server.sip.close()
  })
  await phone.register()
  t.ok(await until(() => server.registrations.length === 1))
  t.strictSame(server.registrations, ['alice 1'])
  const [target] = server.sip.contacts('alice')
  t.match(target, { uri: /^sip:alice@127\.0\.0\.1:\d+$/, peer: { transport: 'udp', port: phone.port } })
  if (target === undefined) return

  const told = notes()
  const session = server.sip.invite({
    target,
    from: { displayName: 'Zoë', uri: 'sip:caller@127.0.0.1', user: 'caller' },
    body: 'our offer',
    events: told,
  })
  t.ok(await until(() => told.told.includes('answered phone answer')))
  // It rings again for an INVITE that came again, as it does when this process was held up for T1 (RFC 3261 section 17.1.1.2).
  t.strictSame([...new Set(told.told)], ['progress 180', 'answered phone answer'])
  t.strictSame(await session.reoffer(() => 'hold offer'), { result: 'answered', body: 'phone reanswer' })
  await phone.hangUp()
  t.ok(await until(() => told.told.includes('ended far-end')))
  t.equal(told.told.at(-1), 'ended far-end')
  t.strictSame(heard, ['invited our offer', 'reoffered hold offer'])
  t.equal(server.sip.sessionCount, 0)
  t.strictSame(server.defects, [])
})

t.test('a sip.js phone calls, proved by digest, and is re-INVITEd and hung up on', async (t) => {
  const incoming: IncomingSession[] = []
  const told = notes()
  const server = await realEndpoint(
    (session) => {
      incoming.push(session)
      session.attach(told)
      session.progress(180)
      session.accept('our answer')
    },
    { trunks: [], phones },
  )
  const heard: string[] = []
  const phone = await phoneOf(server.port, 'alice', 'right', heard)
  t.teardown(async () => {
    await phone.close()
    await server.sip.close()
  })
  await phone.call('42', 'phone offer')
  t.ok(await until(() => told.told.length === 1))
  t.match(incoming[0], { origin: { kind: 'phone', account: 'alice' }, offer: 'phone offer', target: { user: '42' } })
  t.strictSame(await incoming[0]?.reoffer(() => 'another'), { result: 'answered', body: 'phone reanswer' })
  incoming[0]?.end()
  t.ok(await until(() => heard.includes('ended')))
  t.strictSame(heard, ['answered our answer', 'reoffered another', 'ended'])
  t.strictSame(server.defects, [])
})

t.test('a phone is called from the listener that it registered at: a NAT lets nothing else in', async (t) => {
  const udp = { transport: 'udp', address: '127.0.0.1', port: 0 } as const
  const server = await realEndpoint(() => {}, { trunks: [], phones, listeners: [udp, udp] })
  const sources: number[] = []
  const second = server.sip.listening[1]?.port ?? 0
  const phone = await openSipPhone({
    user: 'alice',
    password: 'right',
    address: '127.0.0.1',
    server: { address: '127.0.0.1', port: second },
    onDatagram: () => {},
    onInvite: () => ({ answer: 'phone answer', ringMs: 0 }),
    onReoffer: () => '',
    onAnswered: () => {},
    onEnded: () => {},
  })
  t.teardown(async () => {
    await phone.close()
    await server.sip.close()
  })
  await phone.register()
  const [target] = server.sip.contacts('alice')
  if (target === undefined) throw new Error('nobody is registered')
  const stop = server.sip.watch(({ direction, local, head }) => {
    if (direction === 'out' && head.startsWith('INVITE')) sources.push(local.port)
  })
  const told = notes()
  const from = { displayName: '', uri: 'sip:caller@127.0.0.1', user: 'caller' }
  server.sip.invite({ target, from, body: 'our offer', events: told })
  t.ok(await until(() => told.told.includes('answered phone answer')))
  stop()
  t.strictSame([...new Set(sources)], [second])
})

t.test('a second phone of the account names the dialog whose place it takes (RFC 3891)', async (t) => {
  const taking: IncomingSession[] = []
  const server = await realEndpoint(
    (session) => {
      taking.push(session)
      session.attach(notes())
      session.accept('our answer')
    },
    { trunks: [], phones },
  )
  const first = await phoneOf(server.port, 'alice', 'right', [])
  const second = await phoneOf(server.port, 'alice', 'right', [])
  t.teardown(async () => {
    await Promise.all([first.close(), second.close()])
    await server.sip.close()
  })
  await first.register()
  const [target] = server.sip.contacts('alice')
  if (target === undefined) throw new Error('nobody is registered')
  const told = notes()
  const from = { displayName: '', uri: 'sip:caller@127.0.0.1', user: 'caller' }
  const session = server.sip.invite({ target, from, body: 'our offer', events: told })
  t.ok(await until(() => told.told.includes('answered phone answer') && first.inCall))
  await second.call('42', 'phone offer', first.dialog())
  t.strictSame(taking[0]?.replaces, { session: session.id, earlyOnly: false })
  const stranger = { ...first.dialog(), localTag: 'another' }
  await t.rejects(second.call('42', 'phone offer', stranger), { message: 'call refused: 481' })
  t.strictSame(server.defects, [])
})

t.test('a wrong password neither registers nor calls', async (t) => {
  const server = await realEndpoint(() => t.fail('a call came through'), { trunks: [], phones })
  const phone = await phoneOf(server.port, 'alice', 'wrong', [])
  t.teardown(async () => {
    await phone.close()
    await server.sip.close()
  })
  await t.rejects(phone.register())
  await t.rejects(phone.call('42', 'offer'))
  t.strictSame(server.sip.contacts('alice'), [])
})
