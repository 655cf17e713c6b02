/** Keys by SIP INFO at the sip room: cut out at the transport, told as the owner asks, and nothing of them left. */

import t, { type Test } from 'tap'
import { infoKey, type KeySlip } from '../../src/base/info-key.ts'
import type { IncomingSession } from '../../src/sip/index.ts'
import { call, endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'

/** A call from 10.0.0.1 that 10.0.0.2 has answered, which notes what it is told and takes keys. */
async function established({ keySlip }: { readonly keySlip: KeySlip }) {
  const net = memoryNet()
  const [up, down] = [notes(), notes()]
  const caller = await endpoint(net, '10.0.0.1')
  const callee = await endpoint(
    net,
    '10.0.0.2',
    (session) => {
      session.attach(down)
      session.accept('answer')
    },
    { keySlip },
  )
  const session = call(caller, up)
  await net.run(200)
  const incoming = (): IncomingSession => {
    const [first] = callee.incoming
    if (first === undefined) throw new Error('no call came')
    return first
  }
  return { net, caller, callee, down, incoming, session }
}

/** After all timers nothing may be left, and nothing may have gone wrong inside. */
async function isClean(t: Test, { net, caller, callee }: Awaited<ReturnType<typeof established>>): Promise<void> {
  await net.run(70_000, 500)
  for (const each of [caller, callee]) t.strictSame(each.defects, [])
  t.match(callee.sip.stats(), { serverTransactions: 0, dialogs: 0, sessions: 0 })
}

/** A slip whose octets can be looked at, and what became of it. */
const watchedSlip = () => {
  const plain = Buffer.alloc(64)
  let length = 0
  const seen = { sealed: 0, lying: () => length }
  const keySlip: KeySlip = {
    put: (_form, octets, from, to) => {
      plain.set(octets.subarray(from, to))
      length = to - from
      return true
    },
    seal: () => {
      seen.sealed += 1
      return length === 0 ? undefined : new Map([[77, Uint8Array.of(1)]])
    },
    read: () => infoKey('dtmf-relay', plain, 0, length),
    wipe: () => {
      length = 0
      plain.fill(0)
    },
  }
  return { ...seen, seen, keySlip }
}
const keyed = (signal: string) => Buffer.from(`Signal=${signal}\r\nDuration=160`)

t.test('keys in INFO are answered, and told as the owner asks: not at all, sealed, or plain', async (t) => {
  const slip = watchedSlip()
  const at = await established({ keySlip: slip.keySlip })
  const told = () => at.down.told.filter((each) => /key|info/.test(each))
  const press = async (...bodies: readonly Buffer[]) => {
    const asked = bodies.map((body) => at.session.info('application/dtmf-relay', body))
    await at.net.run(500)
    return Promise.all(asked)
  }
  t.strictSame(await press(keyed('5')), [200])
  t.strictSame(told(), [], 'nobody asked for it')
  t.equal(slip.seen.sealed, 0)
  at.incoming().hearKeys('sealed')
  t.strictSame(await press(keyed('5'), keyed('6')), [200, 200])
  t.strictSame(told(), ['sealed key for 77', 'sealed key for 77'])
  at.incoming().hearKeys('plain')
  t.strictSame(await press(keyed('*'), keyed('7'), keyed('55')), [200, 200, 200])
  t.strictSame(told().slice(2), ['key 10', 'key 7'], 'two keys at once are none')
  at.incoming().hearKeys('not')
  t.strictSame(await press(keyed('5')), [200])
  t.equal(told().length, 4)
  t.equal(slip.lying(), 0, 'nothing is left on the slip')
  t.strictSame(
    await Promise.all([at.session.info('audio/telephone-event', keyed('5')), at.net.run(500)]).then(
      ([status]) => status,
    ),
    415,
  )
  t.ok(
    at.net.log.some(({ text }) =>
      /^SIP\/2\.0 415[\s\S]*Accept: application\/dtmf-relay, application\/dtmf,/.test(text),
    ),
    'and it is said what is taken',
  )
  at.session.end()
  await isClean(t, at)
})
t.test('a key that is repeated by the network is one, and outside the dialog it is none', async (t) => {
  const slip = watchedSlip()
  const at = await established({ keySlip: slip.keySlip })
  at.incoming().hearKeys('sealed')
  void at.session.info('application/dtmf-relay', keyed('5'))
  await at.net.run(500)
  const sent = at.net.log.find(({ text }) => text.startsWith('INFO '))?.text ?? ''
  const source = { transport: 'udp', address: '10.0.0.1', port: 5060 } as const
  const again = (change: (text: string) => string) => at.net.inject(Buffer.from(change(sent)), source, '10.0.0.2')
  again((text) => text)
  again((text) => text.replace(/branch=z9hG4bK/, 'branch=z9hG4bKx').replace(/(From:[^\r]*;tag=)/i, '$1x'))
  again((text) => text.replace(/branch=z9hG4bK/, 'branch=z9hG4bKy').replace(/(To:[^\r]*;tag=)/i, '$1x'))
  again((text) => text.replace(/branch=z9hG4bK/, 'branch=z9hG4bKz').replace(/(Call-ID: )/i, '$1x'))
  again((text) => text.replace(/branch=z9hG4bK/, 'branch=z9hG4bKv'))
  await at.net.run(500)
  t.equal(at.down.told.filter((each) => each.startsWith('sealed')).length, 1)
  t.equal(slip.seen.sealed, 1, 'and nothing else was even sealed')
  t.equal(slip.lying(), 0)
  t.equal(at.net.log.filter(({ from, text }) => from === '10.0.0.2' && text.startsWith('SIP/2.0 481')).length, 3)
  t.equal(at.net.log.filter(({ from, text }) => from === '10.0.0.2' && text.startsWith('SIP/2.0 500')).length, 1)
  at.session.end()
  await isClean(t, at)
})
