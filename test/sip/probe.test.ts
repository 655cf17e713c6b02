/** Asking inside a dialog whether the far end still has the call (OPTIONS, RFC 3261 section 11), between endpoints in stepped time. */

import t from 'tap'
import type { IncomingSession } from '../../src/sip/session.ts'
import { call, endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { established, pair } from './session-pair.ts'

t.test('both ends answer while the call stands, and silence is told as 408', async (t) => {
  const net = memoryNet()
  const caller = await endpoint(net, '10.0.0.1', () => {}, { failOver: { patienceMs: 4000, setAsideMs: 60_000 } })
  let far: IncomingSession | undefined
  const callee = await endpoint(net, '10.0.0.2', (session) => {
    session.attach(notes())
    session.accept('answer')
    far = session
  })
  const session = call(caller, notes())
  t.equal(await session.probe(), 481, 'too early')
  await net.run(200)
  const asked = Promise.all([session.probe(), far?.probe()])
  await net.run(200)
  t.strictSame(await asked, [200, 200])
  t.ok(net.log.some(({ text }) => text.startsWith('OPTIONS ') && /^Accept: application\/sdp\r$/m.test(text)))

  net.lose = (text) => text.startsWith('OPTIONS')
  const unanswered = session.probe()
  await net.run(3950)
  t.equal(await Promise.race([unanswered, 'none yet']), 'none yet')
  await net.run(50)
  t.equal(await unanswered, 408, 'no answer within four seconds is none')
  const before = net.log.filter(({ text }) => text.startsWith('OPTIONS ')).length
  await net.run(35_000, 500)
  t.equal(net.log.filter(({ text }) => text.startsWith('OPTIONS ')).length, before, 'and it is not repeated any more')
  t.match(caller.sip.stats(), { setAside: 0 }, 'nor does it speak ill of where it went')
  net.lose = () => false
  session.end()
  await net.run(80_000, 500)
  t.equal(await session.probe(), 481, 'too late')
  for (const { sip, defects } of [caller, callee]) {
    t.strictSame(defects, [])
    t.match(sip.stats(), { clientTransactions: 0, serverTransactions: 0, dialogs: 0, sessions: 0 })
  }
  t.equal(net.clock.pending, 0)
})

t.test('nobody is asked whose ACK has not come', async (t) => {
  const { net, caller, up, incoming } = await pair((session) => session.accept('answer'))
  net.lose = (text) => text.startsWith('ACK')
  const session = call(caller, up)
  await net.run(200)
  t.equal(await incoming().probe(), 481)
  t.notOk(net.log.some(({ text }) => text.startsWith('OPTIONS ')))
  net.lose = () => false
  await net.run(2000)
  const asked = incoming().probe()
  await net.run(200)
  t.equal(await asked, 200, 'and it is when it has')
  session.end()
  await net.run(80_000, 500)
  t.equal(net.clock.pending, 0)
})

t.test(
  'who has said ACK before and offers anew is asked all the same: that ACK may be on its way, or lost',
  async (t) => {
    const { net, session, incoming } = await established()
    net.lose = (text) => text.startsWith('ACK')
    const offered = session.reoffer(() => 'hold')
    await net.run(200)
    t.match(await offered, { result: 'answered' })
    const asked = incoming().probe()
    await net.run(200)
    t.equal(await asked, 200)
    net.lose = () => false
    session.end()
    await net.run(80_000, 500)
    t.equal(net.clock.pending, 0)
  },
)

t.test('a question that is open when the call ends is given up', async (t) => {
  const { net, session } = await established()
  net.lose = (text) => /^(OPTIONS|INFO) /.test(text)
  const asked = [session.probe(), session.info('application/media_control+xml', new Uint8Array(4))]
  session.end()
  await net.run(200)
  t.strictSame(await Promise.all(asked), [481, 481])
  const before = net.log.length
  await net.run(40_000, 500)
  t.equal(net.log.length, before, 'nothing is repeated after the BYE was answered')
  t.equal(net.clock.pending, 0)
})
