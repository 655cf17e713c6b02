import t from 'tap'
import { ssrc } from '../../src/rtp/packet.ts'
import { parseRtcp, writeBye, writeReceiverReport, writeSenderReport } from '../../src/rtp/rtcp.ts'
import { type Phone, type SteppedRoom, steppedRoom } from '../peers/stepped-room.ts'

async function call(mux = false): Promise<{ stepped: SteppedRoom; caller: Phone; agent: Phone }> {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620, stream: { rtcpMux: mux } })
  const agent = await stepped.phone('agent', { humHz: 440 })
  await stepped.join('caller', 'agent')
  caller.talking = true
  agent.talking = true
  return { stepped, caller, agent }
}

t.test('sender reports about every five seconds, with what was received', async (t) => {
  const { stepped, caller } = await call()
  stepped.step(60_000)
  const reports = caller.reports()
  t.ok(reports.length >= 8 && reports.length <= 18, `${reports.length} reports`)
  t.ok(reports.every(({ port, fromPort }) => port === caller.port + 1 && fromPort === caller.localPort + 1))
  const [sr] = parseRtcp(reports.at(-1)?.octets as Uint8Array) ?? []
  if (sr?.type !== 'sr') throw new Error('not a sender report')
  t.equal(sr.blocks[0]?.ssrc, caller.ssrc)
  t.equal(sr.blocks[0]?.lost, 0)
  t.ok(sr.packets > 2000)
})

t.test('on one port with RTP when agreed', async (t) => {
  const { stepped, caller } = await call(true)
  stepped.step(20_000)
  t.ok(caller.reports().length > 1)
  t.ok(caller.reports().every(({ port, fromPort }) => port === caller.port && fromPort === caller.localPort))
  const heard = stepped.port('caller').packetsReceived
  const out = new Uint8Array(400)
  caller.raw(out.subarray(0, writeBye(out, caller.ssrc, 'x')))
  stepped.step(5)
  t.equal(stepped.port('caller').unusable, 0)
  t.ok(stepped.port('caller').packetsReceived >= heard)
})

t.test('round trip and delay are learnt from the far end, a stranger is not listened to', async (t) => {
  const { stepped, caller } = await call()
  stepped.step(8000)
  const [sr] = parseRtcp(caller.reports().at(-1)?.octets as Uint8Array) ?? []
  if (sr?.type !== 'sr') throw new Error('not a sender report')
  const sentMs = caller.reports().at(-1)?.atMs as number
  const lastSr = ((sr.ntpSeconds & 0xffff) << 16) | (sr.ntpFraction >>> 16)
  const block = {
    ssrc: sr.ssrc,
    fractionLost: 0,
    lost: 0,
    extendedHighest: 0,
    jitter: 0,
    lastSr: lastSr >>> 0,
    delaySinceLastSr: Math.round(((stepped.now() + 5 - sentMs - 80) * 65_536) / 1000),
  }
  const out = new Uint8Array(400)
  const rr = out.slice(0, writeReceiverReport(out, { ssrc: caller.ssrc, cname: 'x', block }))
  stepped.udp.deliver(caller.localPort + 1, rr, '203.0.113.1', 9)
  stepped.step(5)
  t.equal(stepped.port('caller').reporting.roundTripMs, undefined)
  t.equal(stepped.port('caller').strangers, 1)
  stepped.udp.deliver(caller.localPort + 1, rr, caller.address, 30_501)
  stepped.step(5)
  t.equal(stepped.port('caller').strangers, 2, 'another port of its address is a stranger, too')
  stepped.udp.deliver(caller.localPort + 1, rr, caller.address, caller.port + 1)
  stepped.step(5)
  const trip = stepped.port('caller').reporting.roundTripMs ?? 0
  t.ok(Math.abs(trip - 90) < 10, `round trip ${trip}`)
  const times = { wallMs: 1_700_000_000_000, timestamp: 1, packets: 1, octets: 1 }
  const theirs = out.slice(0, writeSenderReport(out, { ssrc: caller.ssrc, cname: 'x', ...times }))
  stepped.udp.deliver(caller.localPort + 1, theirs, caller.address, caller.port + 1)
  stepped.step(10_000)
  const last = stepped.udp.sent.filter(({ port }) => port === caller.port + 1).at(-1)
  t.ok(last !== undefined, 'reports go where reports came from')
  const [answer] = parseRtcp(last?.octets as Uint8Array) ?? []
  t.ok(answer?.type === 'sr' && (answer.blocks[0]?.lastSr ?? 0) > 0)
})

t.test('a report counts what was sent with its SSRC, and no packet of one that is no more', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { codec: 'OPUS' })
  await stepped.assign({ portId: 'caller', source: { kind: 'hold-music' } })
  stepped.step(4000)
  const types = { receivePayloadType: 8, sendPayloadType: 8 }
  await stepped.ask({ do: 'stream', portId: 'caller', stream: caller.terms({ codec: 'PCMA', ...types }) })
  stepped.step(20_000)
  const last = caller.reports().at(-1)
  const [sr] = parseRtcp(last?.octets as Uint8Array) ?? []
  if (sr?.type !== 'sr') throw new Error('not a sender report')
  const sent = caller.heard().filter(({ octets, atMs }) => ssrc(octets) === sr.ssrc && atMs <= (last?.atMs ?? 0))
  t.equal(sr.packets, sent.length)
  t.equal(sr.octets, sent.length * 160)
  t.not(sent.length, caller.heard().length)
})

t.test('junk on the RTCP port is counted, BYE ends nothing', async (t) => {
  const { stepped, caller, agent } = await call()
  stepped.step(100)
  stepped.udp.deliver(caller.localPort + 1, Uint8Array.of(1, 2, 3), caller.address, caller.port + 1)
  stepped.udp.deliver(caller.localPort + 1, Uint8Array.of(0x80, 201, 0, 9, 0, 0, 0, 0), caller.address, caller.port + 1)
  const out = new Uint8Array(400)
  const bye = out.slice(0, writeBye(out, caller.ssrc, 'x'))
  stepped.udp.deliver(caller.localPort + 1, bye, caller.address, caller.port + 1)
  const before = agent.heard().length
  stepped.step(200)
  t.equal(stepped.port('caller').unusable, 2)
  t.ok(agent.heard().length > before + 8)
})

t.test('a closed port says goodbye; a released one goes on with receiver reports', async (t) => {
  const { stepped, caller, agent } = await call()
  stepped.step(1000)
  await stepped.ask({ do: 'release', portId: 'caller' })
  const before = caller.reports().length
  stepped.step(20_000)
  const while_ = caller.reports().slice(before)
  t.ok(while_.length > 1)
  t.ok(while_.every(({ octets }) => parseRtcp(octets)?.[0]?.type === 'rr'))
  await stepped.ask({ do: 'close', portId: 'agent' })
  t.match(parseRtcp(agent.reports().at(-1)?.octets as Uint8Array)?.at(-1), { type: 'bye' })
})
