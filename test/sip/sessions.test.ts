/** A call from its first ring to its end, by either side, and with what goes wrong on the way. Offers within it are in `offers.test.ts`. */

import t from 'tap'
import { call, endpoint, type Notes, notes } from './endpoints.ts'
import { memoryNet, seeded } from './memory-wire.ts'
import { established, isClean, pair, sent } from './session-pair.ts'

t.test('a call is rung, answered, confirmed and ended by the far end', async (t) => {
  const at = await pair()
  call(at.caller, at.up)
  await at.net.run(100)
  at.incoming().progress(180)
  at.incoming().progress(183, 'early')
  at.incoming().accept('answer')
  await at.net.run(100)
  at.incoming().end({ protocol: 'Q.850', cause: 16, text: 'done' })
  await at.net.run(100)
  t.strictSame(at.up.told, ['progress 180', 'progress 183 early', 'answered answer', 'ended far-end'])
  t.strictSame(at.down.told, ['confirmed undefined', 'ended us'])
  t.equal(at.incoming().offer, 'offer')
  t.equal(at.incoming().from.displayName, 'Caller')
  t.equal(at.incoming().maxForwards, 69)
  await isClean(t, at)
})

t.test('an offerless call gets the offer in the 200 and the answer in the ACK', async (t) => {
  const at = await pair()
  const session = at.caller.sip.invite({
    target: { uri: 'sip:42@10.0.0.2' },
    from: { displayName: '', uri: 'sip:c@10.0.0.1', user: 'c' },
    events: at.up,
  })
  await at.net.run(100)
  t.equal(at.incoming().offer, undefined)
  at.incoming().accept('callee offer')
  await at.net.run(1000)
  t.strictSame(at.up.told, ['answered callee offer'])
  t.equal(sent(at.net, '10.0.0.1', /^ACK/), 0, 'no ACK before the answer is known')
  session.confirm('caller answer')
  await at.net.run(100)
  t.strictSame(at.down.told, ['confirmed caller answer'])
  session.end()
  await isClean(t, at)
  t.strictSame(at.down.told.at(-1), 'ended far-end')
})

t.test('refusals and silence', async (t) => {
  t.test('a refusal brings its status and reason', async (t) => {
    const at = await pair((session) => session.reject(486, { protocol: 'Q.850', cause: 17, text: 'busy' }))
    call(at.caller, at.up)
    await at.net.run(200)
    t.strictSame(at.up.told, ['refused 486'])
    t.strictSame(at.down.told, ['ended us'])
    await isClean(t, at)
  })
  t.test('a far end that is not there: 408 after 32 s, INVITE sent 7 times', async (t) => {
    const at = await pair()
    call(at.caller, at.up, 'offer', '10.0.0.99')
    await at.net.run(31_900, 100)
    t.strictSame(at.up.told, [])
    await at.net.run(300, 100)
    t.strictSame(at.up.told, ['refused 408'])
    t.equal(sent(at.net, '10.0.0.1', /^INVITE/), 7)
    await isClean(t, at)
  })
  t.test('an address that no listener reaches: 503', async (t) => {
    const at = await pair()
    call(at.caller, at.up, 'offer', '[2001:db8::1]')
    await at.net.run(100)
    t.strictSame(at.up.told, ['refused 503'])
    await isClean(t, at)
  })
})

t.test(
  'a far end that rings once and then is silent: 408 after 200 s, and what it says later is turned down',
  async (t) => {
    const at = await pair((session) => session.progress(180))
    call(at.caller, at.up)
    await at.net.run(1000)
    at.net.lose = (_text, from) => from === '10.0.0.2' && at.net.clock.now() < 1_210_000
    await at.net.run(220_000, 500)
    t.strictSame(at.up.told, ['progress 180', 'refused 408'])
    t.strictSame(at.down.told, ['ended far-end'])
    await isClean(t, at)
  },
)

t.test('CANCEL', async (t) => {
  t.test('while it rings', async (t) => {
    const at = await pair((session) => session.progress(180))
    const session = call(at.caller, at.up)
    await at.net.run(200)
    session.end({ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' })
    session.end()
    await at.net.run(200)
    t.strictSame(at.up.told, ['progress 180', 'refused 487', 'ended us'])
    t.strictSame(at.down.told, ['ended far-end'])
    t.match(
      at.net.log.find((each) => each.text.startsWith('CANCEL'))?.text,
      /Reason: SIP;cause=200;text="Call completed elsewhere"/,
    )
    const tags = at.net.log
      .filter(({ text }) => /^SIP\/2\.0 (?:180|487|200[\s\S]*CSeq: \d+ CANCEL)/.test(text))
      .map(({ text }) => /^To:.*;tag=(\S+)/m.exec(text)?.[1])
    t.equal(tags.length, 3)
    t.equal(new Set(tags).size, 1, 'one tag in 180, 487 and the 200 to CANCEL (RFC 3261 section 9.2)')
    await isClean(t, at)
  })
  t.test('before any provisional: held back until the first one (RFC 3261 section 9.1)', async (t) => {
    const at = await pair()
    at.net.lose = (text) => text.startsWith('SIP/2.0 100') && at.net.clock.now() < 1_002_000
    const session = call(at.caller, at.up)
    session.end()
    await at.net.run(1000)
    t.equal(sent(at.net, '10.0.0.1', /^CANCEL/), 0)
    await at.net.run(3000)
    t.equal(sent(at.net, '10.0.0.1', /^CANCEL/), 1)
    t.strictSame(at.up.told, ['refused 487', 'ended us'])
    t.strictSame(at.down.told, ['ended far-end'])
    await isClean(t, at)
  })
  t.test('crossing the 200: ACK, then BYE', async (t) => {
    const at = await pair((session) => session.progress(180))
    const session = call(at.caller, at.up)
    await at.net.run(200)
    at.incoming().accept('answer')
    session.end()
    await at.net.run(500)
    t.strictSame(at.up.told, ['progress 180', 'ended us'])
    t.strictSame(at.down.told, ['confirmed undefined', 'ended far-end'])
    await isClean(t, at)
  })
  t.test('towards a far end that answers the CANCEL but never the INVITE: given up after 32 s', async (t) => {
    const at = await pair()
    at.net.lose = (text) => text.startsWith('SIP/2.0 487')
    const session = call(at.caller, at.up)
    await at.net.run(200)
    session.end()
    await at.net.run(33_000, 500)
    t.strictSame(at.up.told, ['refused 487', 'ended us'])
    await isClean(t, at)
  })
})

t.test('the end of a call', async (t) => {
  t.test('BYE is held back until the ACK (RFC 3261 section 15)', async (t) => {
    const at = await pair((session) => {
      session.accept('answer')
      session.end()
    })
    at.net.lose = (text) => text.startsWith('ACK') && at.net.clock.now() < 1_003_000
    call(at.caller, at.up)
    await at.net.run(2000)
    t.equal(sent(at.net, '10.0.0.2', /^BYE/), 0)
    t.ok(sent(at.net, '10.0.0.2', /^SIP\/2.0 200/) >= 3, 'the 200 is repeated')
    await at.net.run(3000)
    t.equal(sent(at.net, '10.0.0.2', /^BYE/), 1)
    t.strictSame(at.up.told, ['answered answer', 'ended far-end'])
    await isClean(t, at)
  })
  t.test('no ACK for 32 s: BYE, ended by timeout', async (t) => {
    const at = await pair((session) => session.accept('answer'))
    at.net.lose = (text) => text.startsWith('ACK')
    call(at.caller, at.up)
    await at.net.run(33_000, 500)
    t.strictSame(at.down.told, ['ended timeout'])
    t.strictSame(at.up.told, ['answered answer', 'ended far-end'])
    t.equal(at.callee.sip.stats()['no-ack'], 1)
    await isClean(t, at)
  })
  t.test('BYEs that cross are both answered', async (t) => {
    const at = await pair((session) => session.accept('answer'))
    const session = call(at.caller, at.up)
    await at.net.run(200)
    session.end()
    at.incoming().end()
    await at.net.run(200)
    t.strictSame(at.up.told.at(-1), 'ended us')
    t.strictSame(at.down.told.at(-1), 'ended us')
    t.equal(sent(at.net, '10.0.0.1', /^SIP\/2.0 481/), 0)
    await isClean(t, at)
  })
  t.test('a request in a dialog that nobody knows gets 481', async (t) => {
    const at = await pair((session) => session.accept('answer'))
    const session = call(at.caller, at.up)
    await at.net.run(200)
    await at.callee.sip.close()
    const again = await endpoint(at.net, '10.0.0.2')
    const outcome = session.reoffer(() => 'new')
    await at.net.run(500)
    t.strictSame(await outcome, { result: 'refused', status: 481 })
    t.strictSame(at.up.told.at(-1), 'ended timeout', 'a dialog that is gone is over')
    await isClean(t, { ...at, callee: again })
  })
  t.test('closing the sockets ends every session as transport', async (t) => {
    const at = await pair((session) => session.accept('answer'))
    call(at.caller, at.up)
    await at.net.run(200)
    await at.caller.sip.close()
    await at.caller.sip.close()
    await at.net.run(100)
    t.strictSame(at.up.told.at(-1), 'ended transport')
    t.equal(at.caller.sip.sessionCount, 0)
    at.incoming().end()
    await isClean(t, at)
  })
})

t.test('INFO goes through, keys in INFO are blanked and get 415 where none are taken', async (t) => {
  const at = await established()
  const info = [
    at.session.info('application/media_control+xml', Buffer.from('<x/>')),
    at.session.info('application/dtmf-relay', Buffer.from('Signal=5\r\nDuration=160')),
  ]
  await at.net.run(500)
  t.strictSame(await Promise.all(info), [200, 415])
  t.strictSame(
    at.down.told.filter((each) => each.startsWith('info')),
    ['info application/media_control+xml 4'],
  )
  t.equal(at.callee.sip.stats()['info-blanked'], 1)
  at.session.end()
  await isClean(t, at)
})

t.test('session timer: the callee is told to refresh, a dead far end is hung up on', async (t) => {
  const at = await pair((session) => session.accept('answer'))
  const session = call(at.caller, at.up)
  await at.net.run(200)
  t.match(
    at.net.log.find((each) => each.text.includes('\r\nCSeq: 1 INVITE') && each.text.startsWith('SIP/2.0 200'))?.text,
    /Session-Expires: 1800;refresher=uac/,
  )
  await at.net.run(905_000, 5000)
  t.equal(sent(at.net, '10.0.0.1', /^UPDATE/), 1, 'refreshed at half the time')
  at.net.lose = () => true
  await at.net.run(1_800_000, 5000)
  t.strictSame(at.down.told.at(-1), 'ended timeout')
  t.strictSame(at.up.told.at(-1), 'ended timeout')
  session.end()
  await isClean(t, at)
})

t.test('5 % loss both ways: every call ends well', async (t) => {
  const net = memoryNet(7)
  const chance = seeded(99)
  net.lose = () => chance() < 0.05
  const ups: Notes[] = []
  const downs: Notes[] = []
  const caller = await endpoint(net, '10.0.0.1')
  const callee = await endpoint(net, '10.0.0.2', (session) => {
    const down = notes()
    downs.push(down)
    session.attach(down)
    session.progress(180)
    net.clock.after(300, () => session.accept('answer'))
  })
  const calls = 200
  for (let i = 0; i < calls; i += 1) {
    const up = notes()
    ups.push(up)
    const session = call(caller, up)
    net.clock.after(8_000, () => void session.reoffer(() => 'hold'))
    net.clock.after(20_000, () => session.end())
  }
  await net.run(120_000, 250)
  t.equal(ups.filter((up) => up.told.includes('answered answer')).length, calls)
  t.equal(ups.filter((up) => up.told.at(-1) === 'ended us').length, calls)
  t.equal(downs.length, calls)
  t.equal(
    downs.filter((down) => down.told.at(-1) === 'ended far-end' && down.told.includes('reoffer INVITE hold')).length,
    calls,
  )
  for (const each of [caller, callee]) {
    t.strictSame(each.defects, [])
    t.match(each.sip.stats(), { clientTransactions: 0, serverTransactions: 0, dialogs: 0, sessions: 0 })
  }
  t.ok((callee.sip.stats()['retransmitted'] ?? 0) > 10, 'there was something to repair')
  t.equal(net.clock.pending, 0)
})
