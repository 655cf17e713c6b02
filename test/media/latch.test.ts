import t from 'tap'
import { writeHeader } from '../../src/rtp/packet.ts'
import { type Phone, type SteppedRoom, steppedRoom } from '../peers/stepped-room.ts'

function rtp(type = 8, seq = 1): Uint8Array {
  const packet = new Uint8Array(172)
  writeHeader(packet, type, false, seq, seq * 160, 77)
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

t.test('sdp: another address is a stranger; another port of the described one is learnt once', async (t) => {
  const { stepped, phone, sentTo } = await oneLeg('sdp')
  phone.raw(rtp(), '203.0.113.9', 30_000)
  t.equal(sentTo(), '198.51.100.7:30000', 'nothing is reflected')
  phone.raw(rtp(), phone.address, 45_000)
  t.equal(sentTo(), '198.51.100.7:45000')
  phone.raw(rtp(8, 2), phone.address, 30_000)
  t.equal(sentTo(), '198.51.100.7:45000', 'strict from then on')
  t.match(await stepped.ask({ do: 'stats', portId: 'leg' }), { stats: { strangers: 2, packetsReceived: 1 } })
})

t.test('first: the first good packet decides, then nobody else', async (t) => {
  const { stepped, phone, sentTo } = await oneLeg('first')
  phone.raw(rtp(33), '203.0.113.9', 1234)
  phone.raw(new Uint8Array(20), '203.0.113.9', 1234)
  phone.raw(Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12)), '203.0.113.9', 1234)
  phone.raw(rtp().subarray(0, 11), '203.0.113.9', 1234)
  t.equal(sentTo(), '198.51.100.7:30000', 'junk, STUN and wrong payload types latch nothing')
  phone.raw(rtp(), '203.0.113.10', 4444)
  t.equal(sentTo(), '203.0.113.10:4444')
  phone.raw(rtp(8, 2), '203.0.113.11', 4444)
  t.equal(sentTo(), '203.0.113.10:4444')
  t.match(await stepped.ask({ do: 'stats', portId: 'leg' }), { stats: { strangers: 1, unusable: 4 } })
})

t.test('the same terms again keep the latch, another remote starts anew', async (t) => {
  const { stepped, phone, sentTo } = await oneLeg('first')
  phone.raw(rtp(), '203.0.113.10', 4444)
  stepped.step(5)
  await stepped.ask({ do: 'stream', portId: 'leg', stream: phone.terms({ sendPtimeMs: 40 }) })
  t.equal(stepped.port('leg').latch.latched, true)
  const remote = { address: '192.0.2.77', rtpPort: 5000, rtcpPort: 5001 }
  await stepped.ask({ do: 'stream', portId: 'leg', stream: phone.terms({ remote }) })
  stepped.step(40)
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
