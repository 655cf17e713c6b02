import t from 'tap'
import { setSsrc, setTimestamp, writeHeader } from '../../src/rtp/packet.ts'
import { type Phone, type SteppedRoom, steppedRoom } from '../peers/stepped-room.ts'

function rtp(type = 8, seq = 1): Uint8Array {
  const packet = new Uint8Array(172)
  writeHeader(packet, type, false, seq, seq * 160, 77)
  return packet
}

function withSsrc(packet: Uint8Array, value: number): Uint8Array {
  setSsrc(packet, value)
  return packet
}

function withTimestamp(packet: Uint8Array, value: number): Uint8Array {
  setTimestamp(packet, value)
  return packet
}

async function oneLeg(latch: 'sdp' | 'first'): Promise<{ stepped: SteppedRoom; phone: Phone; sentTo: () => string }> {
  const stepped = await steppedRoom()
  const phone = await stepped.phone('leg', { stream: { latch } })
  await stepped.assign({ portId: 'leg', source: { kind: 'hold-music' } })
  const sentTo = () => {
    stepped.step(20)
    const last = stepped.udp.sent.at(-1)
    return `${last?.address}:${last?.port}`
  }
  return { stepped, phone, sentTo }
}

t.test('before anything came, sound goes to the described address', async (t) => {
  const { sentTo } = await oneLeg('first')
  t.equal(sentTo(), '198.51.100.7:30000')
})

/** A run of packets, 20 ms apart, as a phone sends it. @returns the number behind the last. */
function run(stepped: SteppedRoom, phone: Phone, seq: number, count: number, address: string, port: number): number {
  for (let i = 0; i < count; i++) {
    phone.raw(rtp(8, seq + i), address, port)
    stepped.step(20)
  }
  return seq + count
}

t.test('the described source is latched to with its first packet', async (t) => {
  for (const mode of ['sdp', 'first'] as const) {
    const { stepped, phone, sentTo } = await oneLeg(mode)
    phone.raw(rtp())
    stepped.step(5)
    t.equal(stepped.port('leg').latch.latched, true)
    run(stepped, phone, 100, 300, '203.0.113.9', 1234)
    t.equal(sentTo(), '198.51.100.7:30000', 'and kept, whoever else speaks')
    t.match(await stepped.ask({ do: 'stats', portId: 'leg' }), { stats: { strangers: 300, packetsReceived: 1 } })
  }
})

t.test('sdp: another address is a stranger; another port of the described one is learnt after a run', async (t) => {
  const { stepped, phone, sentTo } = await oneLeg('sdp')
  run(stepped, phone, 1, 20, '203.0.113.9', 30_000)
  t.equal(sentTo(), '198.51.100.7:30000', 'nothing is reflected')
  const next = run(stepped, phone, 1, 4, phone.address, 45_000)
  t.equal(sentTo(), '198.51.100.7:30000', 'four packets are none')
  run(stepped, phone, next, 1, phone.address, 45_000)
  t.equal(sentTo(), '198.51.100.7:45000')
  for (let i = 0; i < 300; i++) {
    phone.raw(withSsrc(rtp(8, i), 99), phone.address, 46_000)
    stepped.step(20)
  }
  t.equal(sentTo(), '198.51.100.7:45000', 'strict from then on')
  t.match(await stepped.ask({ do: 'stats', portId: 'leg' }), { stats: { strangers: 324, packetsReceived: 1 } })
})

t.test('first: a run from anywhere decides, then nobody else', async (t) => {
  const { stepped, phone, sentTo } = await oneLeg('first')
  phone.raw(rtp(33), '203.0.113.9', 1234)
  phone.raw(new Uint8Array(20), '203.0.113.9', 1234)
  phone.raw(Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12)), '203.0.113.9', 1234)
  phone.raw(rtp().subarray(0, 11), '203.0.113.9', 1234)
  t.equal(sentTo(), '198.51.100.7:30000', 'junk, STUN and wrong payload types latch nothing')
  run(stepped, phone, 1, 5, '203.0.113.10', 4444)
  t.equal(sentTo(), '203.0.113.10:4444')
  run(stepped, phone, 2, 300, '203.0.113.11', 4444)
  t.equal(sentTo(), '203.0.113.10:4444')
  t.match(await stepped.ask({ do: 'stats', portId: 'leg' }), { stats: { strangers: 304, unusable: 4 } })
})

t.test('first: what is not a run of one phone latches nothing, and is heard by nobody', async (t) => {
  const forged: Record<string, (i: number) => Uint8Array> = {
    'the same packet': () => rtp(8, 7),
    'leaps in the sequence': (i) => rtp(8, 7 + i * 2),
    'a new SSRC each time': (i) => withSsrc(rtp(8, 7 + i), 1000 + i),
    'time that goes back': (i) => withTimestamp(rtp(8, 7 + i), 100_000 - i * 160),
  }
  for (const [what, packet] of Object.entries(forged)) {
    const { stepped, phone, sentTo } = await oneLeg('first')
    for (let i = 0; i < 200; i++) {
      phone.raw(packet(i), '203.0.113.9', 1234)
      stepped.step(20)
    }
    t.equal(sentTo(), '198.51.100.7:30000', what)
    t.equal(stepped.port('leg').packetsReceived, 0)
  }
  const { stepped, phone, sentTo } = await oneLeg('first')
  for (let i = 0; i < 200; i++) phone.raw(rtp(8, i), '203.0.113.9', 1234 + (i >> 3))
  t.equal(sentTo(), '198.51.100.7:30000', 'bursts from many ports')
  t.equal(stepped.port('leg').packetsReceived, 0)
})

t.test('first: a phone behind a NAT is found within five packets of its own, whoever sprays meanwhile', async (t) => {
  const { stepped, phone, sentTo } = await oneLeg('first')
  for (let i = 0; i < 5; i++) {
    for (let n = 0; n < 200; n++) {
      phone.raw(withSsrc(rtp(8, n * 300), n * i), `203.0.113.${n % 8}`, 1000 + ((i * 200 + n) % 997))
    }
    phone.raw(rtp(8, 50 + i), '192.0.2.50', 4444)
    stepped.step(20)
  }
  t.equal(sentTo(), '192.0.2.50:4444')
})

t.test('first: who was quicker than the described source gives way to it, for five seconds', async (t) => {
  const { stepped, phone, sentTo } = await oneLeg('first')
  const next = run(stepped, phone, 1, 30, '203.0.113.9', 1234)
  t.equal(sentTo(), '203.0.113.9:1234')
  phone.raw(rtp(8, 500))
  stepped.step(20)
  t.equal(sentTo(), '203.0.113.9:1234', 'one packet may be forged')
  run(stepped, phone, 501, 4, phone.address, phone.port)
  t.equal(sentTo(), '198.51.100.7:30000')
  run(stepped, phone, next, 300, '203.0.113.9', 1234)
  t.equal(sentTo(), '198.51.100.7:30000', 'for good')

  const late = await oneLeg('first')
  run(late.stepped, late.phone, 1, 300, '203.0.113.9', 1234)
  run(late.stepped, late.phone, 1, 300, late.phone.address, late.phone.port)
  t.equal(late.sentTo(), '203.0.113.9:1234', 'after that only signalling decides')
})

t.test('signalling: the described address and the one that signalling comes from, and no other', async (t) => {
  const stepped = await steppedRoom()
  const phone = await stepped.phone('leg', { stream: { latch: 'signalling', signalledFrom: '192.0.2.50' } })
  const { latch } = stepped.port('leg')
  run(stepped, phone, 1, 50, '203.0.113.9', 1234)
  t.equal(latch.latched, false)
  run(stepped, phone, 1, 5, '192.0.2.50', 4444)
  t.same([latch.address, latch.rtpPort], ['192.0.2.50', 4444])
  run(stepped, phone, 1, 5, phone.address, phone.port)
  t.same([latch.address, latch.rtpPort], [phone.address, phone.port], 'the described one goes before it')
})

t.test('first, with networks: nobody outside them is learnt', async (t) => {
  const stepped = await steppedRoom()
  const latchNetworks = ['192.0.2.0/24', '203.0.113.77']
  const phone = await stepped.phone('leg', { stream: { latch: 'first', latchNetworks } })
  run(stepped, phone, 1, 50, '203.0.113.76', 4444)
  t.equal(stepped.port('leg').latch.latched, false)
  run(stepped, phone, 1, 5, '203.0.113.77', 4444)
  t.equal(stepped.port('leg').latch.address, '203.0.113.77')
})

t.test('a NAT that changes its binding is followed: same address, same SSRC, going on in its sequence', async (t) => {
  for (const mode of ['sdp', 'first'] as const) {
    const { stepped, phone, sentTo } = await oneLeg(mode)
    const from = mode === 'sdp' ? phone.address : '203.0.113.10'
    const next = run(stepped, phone, 1, 300, from, 45_000)
    const beganMs = stepped.now()
    let seq = next
    while (sentTo() !== `${from}:45002` && stepped.now() - beganMs < 2000) {
      seq = run(stepped, phone, seq, 1, from, 45_002)
    }
    t.ok(stepped.now() - beganMs < 600, `${mode}: followed after ${stepped.now() - beganMs} ms`)
    t.equal(stepped.port('leg').latch.rebound, 1)
  }
})

t.test('who does not know the stream takes it over neither beside the source nor after it fell silent', async (t) => {
  const { stepped, phone, sentTo } = await oneLeg('first')
  const from = '203.0.113.10'
  let seq = run(stepped, phone, 1, 100, from, 45_000)
  for (let i = 0; i < 100; i++) {
    phone.raw(rtp(8, seq + 1), from, 45_002)
    seq = run(stepped, phone, seq, 1, from, 45_000)
  }
  t.equal(sentTo(), `${from}:45000`, 'the true numbers help nobody while the source speaks')
  const silent: [string, string, (i: number) => Uint8Array][] = [
    ['another SSRC', from, (i) => withSsrc(rtp(8, seq + i), 78)],
    ['a sequence that is far off', from, (i) => rtp(8, seq + 3000 + i)],
    ['one that goes back', from, (i) => rtp(8, seq - 200 + i)],
    ['time that goes back', from, (i) => withTimestamp(rtp(8, seq + i), 1)],
    ['another address', '203.0.113.11', (i) => rtp(8, seq + i)],
  ]
  for (const [what, address, packet] of silent) {
    for (let i = 0; i < 50; i++) {
      phone.raw(packet(i), address, 45_002)
      stepped.step(20)
    }
    t.equal(sentTo(), `${from}:45000`, what)
  }
})

t.test('the same terms again keep the latch, another remote starts anew', async (t) => {
  const { stepped, phone, sentTo } = await oneLeg('first')
  const next = run(stepped, phone, 1, 5, '203.0.113.10', 4444)
  await stepped.ask({ do: 'stream', portId: 'leg', stream: phone.terms({ sendPtimeMs: 40 }) })
  t.equal(stepped.port('leg').latch.latched, true)
  const remote = { address: '192.0.2.77', rtpPort: 5000, rtcpPort: 5001 }
  await stepped.ask({ do: 'stream', portId: 'leg', stream: phone.terms({ remote }) })
  stepped.step(40)
  t.equal(sentTo(), '192.0.2.77:5000')
  run(stepped, phone, next, 4, '203.0.113.10', 4444)
  t.equal(sentTo(), '192.0.2.77:5000', 'what is left of the old stream does not win it back')
  phone.raw(rtp(8, 900), '192.0.2.77', 5000)
  run(stepped, phone, next + 4, 300, '203.0.113.10', 4444)
  t.equal(sentTo(), '192.0.2.77:5000')
})

t.test('a hold by the address of nobody keeps what is known of the far end, and sends nothing to nobody', async (t) => {
  const { stepped, phone } = await oneLeg('sdp')
  phone.raw(rtp())
  stepped.step(40)
  const remote = { address: '0.0.0.0', rtpPort: 30_000, rtcpPort: 30_001 }
  await stepped.ask({ do: 'stream', portId: 'leg', stream: phone.terms({ remote, send: false }) })
  stepped.step(31_000)
  t.ok(stepped.udp.sent.every(({ address }) => address === phone.address))
  const other = await stepped.phone('other', { stream: { remote } })
  await stepped.assign({ portId: 'other', source: { kind: 'silence' } })
  stepped.step(10_000)
  t.ok(stepped.udp.sent.every(({ fromPort }) => fromPort < other.localPort))
})

t.test('a phone behind a NAT that was held by the address of nobody is sent sound as soon as it is back', async (t) => {
  const { stepped, phone, sentTo } = await oneLeg('first')
  run(stepped, phone, 1, 5, '203.0.113.10', 4444)
  const remote = { address: '0.0.0.0', rtpPort: phone.port, rtcpPort: phone.port + 1 }
  await stepped.ask({ do: 'stream', portId: 'leg', stream: phone.terms({ remote, send: false }) })
  stepped.step(1000)
  await stepped.ask({ do: 'stream', portId: 'leg', stream: phone.terms() })
  t.equal(sentTo(), '203.0.113.10:4444', 'though it is muted')
  await stepped.ask({ do: 'stream', portId: 'leg', stream: phone.terms({ remote, send: false }) })
  const moved = { address: '192.0.2.77', rtpPort: 5000, rtcpPort: 5001 }
  await stepped.ask({ do: 'stream', portId: 'leg', stream: phone.terms({ remote: moved }) })
  t.equal(sentTo(), '192.0.2.77:5000', 'one that came back elsewhere is looked for anew')
})

t.test('an address in another spelling is the same; one of another family is refused', async (t) => {
  const stepped = await steppedRoom()
  await stepped.ask({ do: 'open', portId: 'six', family: 'IPv6' })
  const phone = await stepped.phone('four')
  const six = (address: string) => phone.terms({ remote: { address, rtpPort: 9000, rtcpPort: 9001 } })
  t.match(await stepped.ask({ do: 'stream', portId: 'six', stream: six('2001:DB8:0::0:1') }), { type: 'done' })
  t.equal(stepped.port('six').latch.address, '2001:db8::1')
  t.match(await stepped.ask({ do: 'stream', portId: 'six', stream: six('192.0.2.1') }), { fault: 'media.bad-address' })
  t.match(await stepped.ask({ do: 'stream', portId: 'four', stream: six('2001:db8::1') }), {
    fault: 'media.bad-address',
  })
})

t.test('a leg that stays silent is told once a silence', async (t) => {
  const { stepped, phone } = await oneLeg('sdp')
  stepped.step(30_000)
  t.equal(stepped.events.filter(({ type }) => type === 'quiet').length, 1)
  phone.raw(rtp())
  stepped.step(30_000)
  t.equal(stepped.events.filter(({ type }) => type === 'quiet').length, 2)
})
