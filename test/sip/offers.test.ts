/** Offers after the first one, both ways, in line, in glare, and late. */

import t from 'tap'
import { established, isClean, sent } from './session-pair.ts'

t.test('re-INVITE and UPDATE both ways', async (t) => {
  const at = await established()
  const asked = [at.session.reoffer(() => 'one'), at.incoming().reoffer(() => 'two', 'UPDATE')]
  await at.net.run(6000)
  t.strictSame(await Promise.all(asked), [
    { result: 'answered', body: 'answer to one' },
    { result: 'answered', body: 'answer to two' },
  ])
  at.session.end()
  await isClean(t, at)
})

t.test('three of ours in a row wait for each other', async (t) => {
  const at = await established()
  const asked = ['a', 'b', 'c'].map((body) => at.session.reoffer(() => body, body === 'b' ? 'UPDATE' : 'INVITE'))
  await at.net.run(1000)
  t.strictSame(
    (await Promise.all(asked)).map((each) => each.result),
    ['answered', 'answered', 'answered'],
  )
  t.strictSame(at.down.told.slice(1), ['reoffer INVITE a', 'reoffer UPDATE b', 'reoffer INVITE c'])
  at.session.end()
  await isClean(t, at)
})

t.test('one that waited in line is made when the answer to the one before it has been taken', async (t) => {
  const at = await established()
  let port = 'old port'
  const move = async () => {
    await at.session.reoffer(() => 'new port')
    port = 'new port'
  }
  const moved = move()
  const refreshed = at.session.reoffer(() => port)
  await at.net.run(1000)
  await moved
  t.strictSame(await refreshed, { result: 'answered', body: 'answer to new port' })
  at.session.end()
  await isClean(t, at)
})

t.test('glare: both get 491, the owner of the Call-ID waits longer, both are answered in the end', async (t) => {
  const at = await established()
  const asked = [at.session.reoffer(() => 'mine'), at.incoming().reoffer(() => 'yours')]
  await at.net.run(200)
  t.equal(sent(at.net, '10.0.0.1', /^SIP\/2.0 491/), 1)
  t.equal(sent(at.net, '10.0.0.2', /^SIP\/2.0 491/), 1)
  await at.net.run(10_000)
  t.strictSame(
    (await Promise.all(asked)).map((each) => each.result),
    ['answered', 'answered'],
  )
  at.session.end()
  await isClean(t, at)
})

t.test('theirs during theirs gets 500 with Retry-After, ours during theirs 491 at once', async (t) => {
  const at = await established()
  at.down.answerReoffers = false
  const first = at.session.reoffer(() => 'slow')
  await at.net.run(100)
  t.strictSame(await at.incoming().reoffer(() => 'mine'), { result: 'refused', status: 491 })
  at.down.reoffers[0]?.reject(488)
  at.down.reoffers[0]?.accept('too late')
  await at.net.run(100)
  t.strictSame(await first, { result: 'refused', status: 488 })
  at.session.end()
  await isClean(t, at)
})

t.test('one that waits for an answer when the call ends is refused', async (t) => {
  const at = await established()
  at.down.answerReoffers = false
  const asked = at.session.reoffer(() => 'slow')
  await at.net.run(100)
  at.incoming().end()
  await at.net.run(200)
  t.strictSame(await asked, { result: 'refused', status: 487 })
  await isClean(t, at)
})

t.test('a re-INVITE without offer: ours goes in the 200, theirs comes in the ACK', async (t) => {
  const at = await established()
  const local = at.net.log.find((each) => each.text.startsWith('ACK'))?.text ?? ''
  const header = (name: string) => new RegExp(`^${name}: (.*)\r$`, 'm').exec(local)?.[1] ?? ''
  const write = (method: string, branch: string, body: string) =>
    Buffer.from(
      `${method} sip:10.0.0.2:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK${branch}\r\nFrom: ${header('From')}\r\nTo: ${header('To')}\r\n` +
        `Call-ID: ${header('Call-ID')}\r\nCSeq: 9 ${method}\r\nContact: <sip:10.0.0.1>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  const source = { transport: 'udp', address: '10.0.0.1', port: 5060 } as const
  at.net.inject(write('INVITE', 'x1', ''), source, '10.0.0.2')
  await at.net.run(100)
  t.strictSame(at.down.told.at(-1), 'reoffer INVITE undefined')
  at.net.inject(write('ACK', 'x2', 'late answer'), source, '10.0.0.2')
  await at.net.run(100)
  t.strictSame(at.down.told.at(-1), 'confirmed late answer')
  at.incoming().end()
  await isClean(t, at)
})
