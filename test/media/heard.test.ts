import t from 'tap'
import { HEADER_SIZE, setSequence, setSsrc, writeHeader } from '../../src/rtp/packet.ts'
import { writeReceiverReport, writeSenderReport } from '../../src/rtp/rtcp.ts'
import { type Phone, type SteppedRoom, steppedRoom } from '../peers/stepped-room.ts'
import { seeded } from '../rtp/seeded.ts'

async function call(): Promise<{ stepped: SteppedRoom; caller: Phone; agent: Phone }> {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620 })
  const agent = await stepped.phone('agent', { humHz: 440 })
  await stepped.join('caller', 'agent')
  return { stepped, caller, agent }
}

function sound(seq: number, ssrc: number): Uint8Array {
  const packet = new Uint8Array(HEADER_SIZE + 160)
  writeHeader(packet, 8, false, seq, seq * 160, ssrc)
  return packet
}

t.test('one packet of another SSRC, or from far off, is dropped; a second in a row is the new source', async (t) => {
  const { stepped, caller, agent } = await call()
  for (let i = 0; i < 10; i++) caller.say()
  stepped.step(5)
  const heard = agent.heard().length
  caller.raw(sound(40_000, 1))
  caller.raw(sound(40_500, 2))
  const far = sound(0, caller.ssrc)
  setSequence(far, (caller.sequence + 20_000) & 0xffff)
  caller.raw(far)
  stepped.step(5)
  t.equal(agent.heard().length, heard, 'nothing of it is heard')
  t.match(await stepped.ask({ do: 'stats', portId: 'caller' }), { stats: { implausible: 3, packetsLost: 0 } })
  for (let i = 0; i < 10; i++) caller.say()
  stepped.step(5)
  t.equal(agent.heard().length, heard + 10, 'and the source goes on without a hole')
  for (let i = 0; i < 10; i++) caller.raw(sound(50_000 + i, 9))
  stepped.step(5)
  t.equal(agent.heard().length, heard + 19, 'a new SSRC is heard from its second packet on')
  t.match(await stepped.ask({ do: 'stats', portId: 'caller' }), { stats: { implausible: 4, sources: 2 } })
})

t.test('sums go on across SSRCs and restarts', async (t) => {
  const { stepped, caller } = await call()
  for (let i = 0; i < 20; i++) if (i % 10 !== 5) caller.raw(sound(100 + i, 5))
  for (let i = 0; i < 20; i++) if (i % 10 !== 5) caller.raw(sound(9000 + i, 6))
  for (let i = 0; i < 20; i++) if (i % 10 !== 5) caller.raw(sound(30_000 + i, 6))
  stepped.step(5)
  // The first packet of the second SSRC and that of the restart were dropped and are in no sum.
  t.match(await stepped.ask({ do: 'stats', portId: 'caller' }), {
    stats: { packetsReceived: 52, packetsExpected: 58, packetsLost: 6, octetsReceived: 52 * 160, implausible: 2 },
  })
})

t.test('keys make no jitter', async (t) => {
  const { stepped, caller } = await call()
  caller.talking = true
  stepped.step(2000)
  caller.talking = false
  const startTimestamp = caller.timestamp
  for (let i = 1; i <= 20; i++) {
    caller.event(5, startTimestamp, i * 160, i > 17)
    stepped.step(20)
  }
  caller.timestamp = (startTimestamp + 20 * 160) >>> 0
  caller.talking = true
  stepped.step(500)
  const answer = await stepped.ask({ do: 'stats', portId: 'caller' })
  t.ok(answer.type === 'stats' && answer.stats.jitterMs < 2, JSON.stringify(answer))
})

t.test(
  'jitter and what the far end reports are ms in the clock of Opus too, and stay so with another clock',
  async (t) => {
    const stepped = await steppedRoom()
    const caller = await stepped.phone('caller', { codec: 'OPUS' })
    await stepped.assign({ portId: 'caller', source: { kind: 'hold-music' } })
    const statsNow = async () => {
      const answer = await stepped.ask({ do: 'stats', portId: 'caller' })
      if (answer.type !== 'stats') throw new Error(answer.type)
      return answer.stats
    }
    // Each packet is 10 ms late or early in turn: by RFC 3550 A.8 the jitter goes towards their difference.
    const sway = () => {
      for (let i = 0; i < 200; i++) {
        caller.say()
        stepped.step(i % 2 === 0 ? 10 : 30)
      }
    }
    sway()
    const wide = await statsNow()
    t.ok(Math.abs(wide.jitterMs - 10) < 0.5, `${wide.jitterMs} ms`)
    t.equal(wide.mostJitterMs, wide.jitterMs)
    const out = new Uint8Array(400)
    const block = {
      ssrc: stepped.port('caller').flow.ssrc >>> 0,
      fractionLost: 0,
      lost: 0,
      extendedHighest: 9,
      jitter: 480,
    }
    const report = { ssrc: caller.ssrc, cname: 'x', block: { ...block, lastSr: 0, delaySinceLastSr: 0 } }
    stepped.udp.deliver(
      caller.localPort + 1,
      out.slice(0, writeReceiverReport(out, report)),
      caller.address,
      caller.port + 1,
    )
    stepped.step(5)
    t.match(await statsNow(), { farEnd: { jitterMs: 10 } })

    const types = { receivePayloadType: 8, sendPayloadType: 8 }
    await stepped.ask({ do: 'stream', portId: 'caller', stream: caller.terms({ codec: 'PCMA', ...types }) })
    const narrow = await statsNow()
    t.ok(Math.abs(narrow.mostJitterMs - wide.mostJitterMs) < 0.2, `${narrow.mostJitterMs} ms was the worst`)
    t.equal(narrow.farEnd, undefined, 'of an SSRC that is no more')
    for (let i = 0; i < 50; i++) {
      caller.raw(sound(i, caller.ssrc))
      stepped.step(20)
    }
    const after = await statsNow()
    t.ok(after.jitterMs < 0.5, `${after.jitterMs} ms: the change of clock is no jitter`)
    t.ok(Math.abs(after.mostJitterMs - wide.mostJitterMs) < 0.2)
    t.match(after, { packetsReceived: 250, packetsExpected: 250, packetsLost: 0 })
  },
)

t.test('contributing sources, header extensions and padding end at the port', async (t) => {
  const { stepped, caller, agent } = await call()
  const plain = sound(1, caller.ssrc)
  plain.fill(0x33, HEADER_SIZE)
  // Two CSRCs, an extension of one word with the audio level of RFC 6464, four octets of padding.
  const dressed = new Uint8Array(HEADER_SIZE + 8 + 8 + 160 + 4)
  dressed.set(plain.subarray(0, HEADER_SIZE))
  dressed[0] = 0x80 | 0x20 | 0x10 | 2
  dressed.set([1, 2, 3, 4, 5, 6, 7, 8], HEADER_SIZE)
  dressed.set([0xbe, 0xde, 0, 1, 0x10, 0x7f, 0, 0], HEADER_SIZE + 8)
  dressed.set(plain.subarray(HEADER_SIZE), HEADER_SIZE + 16)
  dressed[dressed.length - 1] = 4
  caller.raw(dressed)
  stepped.step(5)
  const [heard] = agent.heard()
  t.equal(heard?.octets.length, HEADER_SIZE + 160)
  t.equal(heard?.octets[0], 0x80)
  t.ok(heard?.octets.subarray(HEADER_SIZE).every((octet) => octet === 0x33))

  const padding = new Uint8Array(HEADER_SIZE + 20)
  padding.set(sound(2, caller.ssrc).subarray(0, HEADER_SIZE))
  padding[0] = 0xa0
  padding[padding.length - 1] = 20
  caller.raw(padding)
  caller.raw(sound(3, caller.ssrc))
  stepped.step(5)
  t.equal(agent.heard().length, 2, 'padding alone is no sound')
  t.equal(agent.heard().at(-1)?.octets.length, HEADER_SIZE + 160, 'and changes nothing for the sound after it')
})

t.test('behind a NAT reports are taken from the one port that the source reported from, and by its SSRC', async (t) => {
  const { stepped, caller } = await call()
  for (let i = 0; i < 5; i++) {
    caller.raw(sound(i, caller.ssrc), caller.address, 41_000)
    stepped.step(20)
  }
  t.equal(stepped.port('caller').latch.rtpPort, 41_000)
  const before = stepped.port('caller').strangers
  const out = new Uint8Array(400)
  const times = { wallMs: 1_700_000_000_000, timestamp: 1, packets: 1, octets: 1 }
  const report = (ssrc: number) => out.slice(0, writeSenderReport(out, { ssrc, cname: 'x', ...times }))
  const deliver = (octets: Uint8Array, port: number, address = caller.address) =>
    stepped.udp.deliver(caller.localPort + 1, octets, address, port)
  deliver(report(caller.ssrc + 1), 40_001)
  stepped.step(5)
  t.match(await stepped.ask({ do: 'stats', portId: 'caller' }), { stats: { implausible: 1, strangers: before } })
  deliver(report(caller.ssrc), 30_501)
  deliver(report(caller.ssrc), 40_001)
  deliver(report(caller.ssrc), 30_501, '203.0.113.9')
  stepped.step(20_000)
  t.match(await stepped.ask({ do: 'stats', portId: 'caller' }), { stats: { implausible: 1, strangers: before + 2 } })
  const { localPort } = caller
  const to = stepped.udp.sent.filter(({ fromPort }) => fromPort === localPort + 1).map(({ port }) => port)
  t.ok(to.length > 1 && to.every((port) => port === 30_501), 'reports go where the source reports from')
})

t.test('what the far end says of our packets is kept, and a round trip that cannot be is not', async (t) => {
  const { stepped, caller } = await call()
  caller.talking = true
  stepped.step(1000)
  const { ssrc } = stepped.port('caller').flow
  const block = {
    ssrc: ssrc >>> 0,
    fractionLost: 64,
    lost: 12,
    extendedHighest: 9,
    jitter: 80,
    lastSr: 1,
    delaySinceLastSr: 0,
  }
  const out = new Uint8Array(400)
  const length = writeReceiverReport(out, { ssrc: caller.ssrc, cname: 'x', block })
  stepped.udp.deliver(caller.localPort + 1, out.slice(0, length), caller.address, caller.port + 1)
  stepped.step(5)
  const answer = await stepped.ask({ do: 'stats', portId: 'caller' })
  t.match(answer, { stats: { farEnd: { fractionLost: 0.25, packetsLost: 12, jitterMs: 10 } } })
  t.equal(answer.type === 'stats' ? answer.stats.roundTripMs : 0, undefined)
})

t.test('who only writes to us is never answered', async (t) => {
  const { stepped, caller, agent } = await call()
  caller.talking = true
  agent.talking = true
  const out = new Uint8Array(400)
  const bye = out.slice(0, writeReceiverReport(out, { ssrc: caller.ssrc, cname: 'x' }))
  const seeds = [
    sound(1, 5),
    bye,
    Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12)),
    Uint8Array.of(22, 254, 253, ...new Uint8Array(40)),
    new Uint8Array(0),
    Uint8Array.of(0x80),
    new Uint8Array(1400).fill(0xff),
  ]
  for (let i = 0; i < 500; i++) {
    for (const { localPort } of [caller, agent]) {
      for (const [n, seed] of seeds.entries()) {
        const octets = seed.slice()
        if (n === 0) setSsrc(octets, i)
        stepped.udp.deliver(localPort + (i & 1), octets, '203.0.113.9', 1000 + (i % 50))
      }
    }
    stepped.step(20)
  }
  t.notOk(
    stepped.udp.sent.some(({ address }) => address === '203.0.113.9'),
    'not one octet',
  )
  t.equal(stepped.port('caller').implausible, 0)
})

t.test('whatever the right source sends, its port stays whole, and its sound is heard again after it', async (t) => {
  const { stepped, caller, agent } = await call()
  const random = seeded(20_260)
  caller.say()
  for (let i = 0; i < 20_000; i++) {
    const octets = new Uint8Array(Math.floor(random() * 300))
    for (let at = 0; at < octets.length; at++) octets[at] = Math.floor(random() * 256)
    // Most of them would be refused for their first two octets alone.
    if (i % 2 === 0 && octets.length > 1) octets.set([0x80 | (i & 0x3f), [8, 101, 13, 200, 201][i % 5] as number])
    if (i % 4 === 0 && octets.length >= HEADER_SIZE) setSsrc(octets, caller.ssrc)
    stepped.udp.deliver(caller.localPort + (i % 3 === 0 ? 1 : 0), octets, caller.address, caller.port)
    if (i % 50 === 0) stepped.step(20)
  }
  t.equal(stepped.room.broken, 0)
  caller.talking = true
  stepped.step(1000)
  t.ok(agent.level(620, 300) > -20, `${agent.level(620, 300)} dBm0`)
})
