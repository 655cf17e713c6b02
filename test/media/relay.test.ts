import t from 'tap'
import { tick } from '../../src/media/tick.ts'
import { marker, payloadType, sequence, timestamp, writeHeader } from '../../src/rtp/packet.ts'
import { longestGapMs, MUSIC_HZ, seamsOf, steppedRoom } from '../peers/stepped-room.ts'

const HEARD = -20
const UNHEARD = -45

async function call(
  options: { agentCodec?: 'PCMA' | 'PCMU' | 'G722'; callerPtimeMs?: number; agentPtimeMs?: number } = {},
) {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620, ptimeMs: options.callerPtimeMs ?? 20 })
  const agent = await stepped.phone('agent', {
    humHz: 440,
    codec: options.agentCodec ?? 'PCMA',
    ptimeMs: options.agentPtimeMs ?? 20,
  })
  await stepped.join('caller', 'agent')
  caller.talking = true
  agent.talking = true
  return { stepped, caller, agent }
}

t.test('two legs with one codec hear each other, one packet for one packet', async (t) => {
  const { stepped, caller, agent } = await call()
  stepped.step(1000)
  t.equal(agent.heard().length, stepped.port('caller').packetsReceived)
  t.ok(agent.level(620, 200) > HEARD)
  t.ok(caller.level(440, 200) > HEARD)
  t.ok(agent.level(440, 200) < UNHEARD)
  t.same(seamsOf(agent.heard()), [])
  t.equal(marker(agent.heard()[0]?.octets as Uint8Array), true, 'a talkspurt begins')
  t.equal(agent.heard().filter(({ octets }) => marker(octets)).length, 1)
})

t.test('the stream to a far end has no seam through hold, music, ringback, silence, chime and join', async (t) => {
  const { stepped, agent } = await call()
  stepped.step(500)
  for (const kind of ['hold-music', 'ringback', 'silence'] as const) {
    await stepped.assign({ portId: 'agent', source: { kind } })
    stepped.step(500)
  }
  await stepped.assign({ portId: 'agent', source: { kind: 'port', portId: 'caller' }, chime: true })
  stepped.step(300)
  t.ok(agent.level(620, 200) < UNHEARD, 'the chime comes before the caller')
  t.ok(agent.level(659, 150) > -45, 'and is heard')
  stepped.step(500)
  t.ok(agent.level(620, 200) > HEARD)
  t.same(seamsOf(agent.heard()), [])
  t.ok(longestGapMs(agent.heard()) <= 40, `gap ${longestGapMs(agent.heard())} ms`)
  const clock = agent.heard()
  const first = clock[0]
  const last = clock.at(-1)
  if (first === undefined || last === undefined) throw new Error('nothing heard')
  const mediaMs = ((timestamp(last.octets) - timestamp(first.octets)) | 0) / 8
  const ahead = mediaMs - (last.atMs - first.atMs)
  t.ok(Math.abs(ahead) <= 40, `timestamps went on with the clock, ${ahead} ms ahead`)
})

t.test('music begins within 20 ms, and goes on where it was', async (t) => {
  const { stepped, agent } = await call()
  stepped.step(500)
  const at = stepped.now()
  await stepped.assign({ portId: 'agent', source: { kind: 'hold-music' } })
  stepped.step(510)
  const music = agent.heard().find(({ atMs }) => atMs > at)
  t.ok(music !== undefined && music.atMs - at <= 20)
  t.equal(marker(music?.octets as Uint8Array), true)
  t.ok(agent.level(MUSIC_HZ, 300) > HEARD)
  const place = stepped.port('agent').playing.musicPosition
  await stepped.join('caller', 'agent')
  stepped.step(300)
  t.equal(stepped.port('agent').playing.musicPosition, place)
  await stepped.assign({ portId: 'agent', source: { kind: 'hold-music' } })
  stepped.step(20)
  t.equal(stepped.port('agent').playing.musicPosition, place + 160, 'goes on where it was')
})

t.test('nothing is nothing', async (t) => {
  const { stepped, agent } = await call()
  stepped.step(200)
  await stepped.assign({ portId: 'agent', source: { kind: 'nothing' } })
  const before = agent.heard().length
  stepped.step(20_000)
  t.equal(agent.heard().length, before)
})

t.test('loss and reordering are passed on as they are', async (t) => {
  const { stepped, caller, agent } = await call()
  caller.talking = false
  stepped.step(100)
  const order = [0, 1, 3, 2, 4, 7, 8]
  const base = caller.sequence
  const ts = caller.timestamp
  for (const i of order) {
    caller.sequence = (base + i) & 0xffff
    caller.timestamp = (ts + i * 160) >>> 0
    caller.say()
    stepped.step(20)
  }
  const heard = agent.heard().slice(-order.length)
  const first = heard[0]?.octets as Uint8Array
  t.same(
    heard.map(({ octets }) => (sequence(octets) - sequence(first)) & 0xffff),
    order,
  )
  t.same(
    heard.map(({ octets }) => ((timestamp(octets) - timestamp(first)) | 0) / 160),
    order,
  )
})

t.test('a copy of a packet is not relayed twice, nor one from before the switch', async (t) => {
  const { stepped, caller, agent } = await call()
  stepped.step(200)
  caller.talking = false
  await stepped.assign({ portId: 'agent', source: { kind: 'silence' } })
  await stepped.join('caller', 'agent')
  const before = agent.heard().length
  caller.say()
  caller.sequence = (caller.sequence - 1) & 0xffff
  caller.say()
  caller.sequence = (caller.sequence - 3) & 0xffff
  caller.say()
  stepped.step(5)
  t.equal(agent.heard().length - before, 1)
})

t.test('telephone-events keep their timing under the other payload type', async (t) => {
  const { stepped, caller, agent } = await call()
  await stepped.ask({ do: 'stream', portId: 'agent', stream: agent.terms({ sendEventPayloadType: 96 }) })
  stepped.step(200)
  caller.talking = false
  const start = caller.timestamp
  for (let i = 1; i <= 5; i++) {
    caller.event(5, start, i * 160, i === 5, i === 1)
    stepped.step(20)
  }
  const events = agent.heard().filter(({ octets }) => payloadType(octets) === 96)
  t.equal(events.length, 5)
  t.equal(new Set(events.map(({ octets }) => timestamp(octets))).size, 1, 'one timestamp through the event')
  t.same(
    events.map(({ octets }) => ((octets[14] as number) << 8) | (octets[15] as number)),
    [160, 320, 480, 640, 800],
  )
  t.equal(marker(events[0]?.octets as Uint8Array), true)
  caller.timestamp = (start + 800) >>> 0
  caller.talking = true
  stepped.step(100)
  t.same(seamsOf(agent.heard()), [])
})

t.test('events are left out without a gap when the other side has none', async (t) => {
  const { stepped, caller, agent } = await call()
  const { sendEventPayloadType: _, ...without } = agent.terms()
  await stepped.ask({ do: 'stream', portId: 'agent', stream: without })
  stepped.step(200)
  caller.talking = false
  caller.event(5, caller.timestamp, 160)
  caller.event(5, caller.timestamp, 320, true)
  caller.timestamp += 320
  caller.talking = true
  stepped.step(100)
  t.same(seamsOf(agent.heard()), [])
  t.ok(agent.heard().every(({ octets }) => payloadType(octets) === 8))
})

t.test('a new SSRC or a clock set anew goes on in the one stream, marked', async (t) => {
  const { stepped, caller, agent } = await call()
  stepped.step(200)
  caller.ssrc = 99
  caller.sequence = 5
  caller.timestamp = 12
  stepped.step(200)
  caller.timestamp = 900_000_000
  stepped.step(200)
  t.same(seamsOf(agent.heard()), [])
  t.equal(agent.heard().filter(({ octets }) => marker(octets)).length, 3)
  const span =
    ((timestamp(agent.heard().at(-1)?.octets as Uint8Array) - timestamp(agent.heard()[0]?.octets as Uint8Array)) | 0) /
    8
  t.ok(span < 700, 'timestamps did not jump')
})

t.test('comfort noise is not relayed', async (t) => {
  const { stepped, caller, agent } = await call()
  stepped.step(100)
  caller.talking = false
  const packet = new Uint8Array(13)
  writeHeader(packet, 13, false, caller.sequence, caller.timestamp, caller.ssrc)
  caller.raw(packet)
  caller.sequence++
  const before = agent.heard().length
  stepped.step(50)
  t.equal(agent.heard().length, before)
  caller.talking = true
  stepped.step(100)
  t.same(seamsOf(agent.heard()), [])
})

const REFRAMED = [
  [20, 30],
  [30, 20],
  [10, 60],
  [60, 10],
  [20, 40],
] as const
for (const [from, to] of REFRAMED) {
  t.test(`packets of ${from} ms are cut to ${to} ms`, async (t) => {
    const { stepped, caller, agent } = await call({ callerPtimeMs: from, agentPtimeMs: to })
    stepped.step(1200)
    t.ok(agent.heard().every(({ octets }) => octets.length === 12 + to * 8))
    t.ok(agent.heard().length >= 1200 / to - 2)
    t.same(seamsOf(agent.heard()), [])
    t.ok(agent.level(620, 300) > HEARD)
    t.ok(caller.level(440, 300) > HEARD)
    t.ok(caller.heard().every(({ octets }) => octets.length === 12 + from * 8))
  })
}

t.test('a leg that may not be sent to gets a keep-alive and no sound; one that may not be heard is not', async (t) => {
  const { stepped, agent, caller } = await call()
  stepped.step(200)
  await stepped.ask({ do: 'stream', portId: 'agent', stream: agent.terms({ send: false, receive: false }) })
  const agentBefore = agent.heard().length
  const callerBefore = caller.heard().length
  stepped.step(46_000)
  t.equal(agent.heard().length - agentBefore, 3, 'one in 15 s')
  t.ok(agent.level(620, 20) < UNHEARD)
  t.equal(caller.heard().length - callerBefore, 3, 'and the caller, who hears nobody, is kept alive too')
  await stepped.ask({ do: 'stream', portId: 'agent', stream: agent.terms() })
  stepped.step(500)
  t.ok(agent.level(620, 200) > HEARD)
  t.same(seamsOf(agent.heard()), [])
})

t.test('hold music is not sent in a burst to a leg that becomes willing to hear', async (t) => {
  const { stepped, agent } = await call()
  await stepped.ask({ do: 'stream', portId: 'agent', stream: agent.terms({ send: false }) })
  await stepped.assign({ portId: 'agent', source: { kind: 'hold-music' } })
  stepped.step(5000)
  const before = agent.heard().length
  await stepped.ask({ do: 'stream', portId: 'agent', stream: agent.terms() })
  stepped.step(100)
  t.ok(agent.heard().length - before <= 6)
})

t.test('a list that names a port that is not there changes nothing', async (t) => {
  const { stepped } = await call()
  const answer = await stepped.assign(
    { portId: 'agent', source: { kind: 'hold-music' } },
    { portId: 'nobody', source: { kind: 'hold-music' } },
  )
  t.match(answer, { type: 'failed', fault: 'media.unknown-port' })
  t.equal(stepped.port('agent').source.kind, 'port')
  const echo = await stepped.assign({ portId: 'agent', source: { kind: 'port', portId: 'agent' } })
  t.match(echo, { type: 'failed' }, 'nobody hears itself')
})

t.test('a process that was late catches up a little, skips the rest, and counts it', async (t) => {
  const { stepped, agent } = await call()
  await stepped.assign({ portId: 'agent', source: { kind: 'hold-music' } })
  stepped.step(200)
  const before = agent.heard().length
  const last = timestamp(agent.heard().at(-1)?.octets as Uint8Array)
  tick(stepped.room, stepped.now() + 1000)
  t.equal(agent.heard().length - before, 5)
  t.ok(stepped.port('agent').skippedFrames >= 44)
  tick(stepped.room, stepped.now() + 1020)
  const next = agent.heard().at(-1)?.octets as Uint8Array
  t.ok(((timestamp(next) - last) | 0) > 7500, 'the media clock went on meanwhile')
  t.ok(marker(next), 'and what follows the pause is marked as a talkspurt')
  t.same(seamsOf(agent.heard()), [])
})

t.test('a port whose sound meets a defect is cut off by itself', async (t) => {
  const { stepped, agent, caller } = await call()
  const third = await stepped.phone('third')
  await stepped.assign({ portId: 'third', source: { kind: 'hold-music' } })
  stepped.step(100)
  const link = stepped.port('agent').incoming
  if (link === undefined) throw new Error('no link')
  link.take = () => {
    throw new Error('a defect')
  }
  const before = third.heard().length
  stepped.step(200)
  t.equal(stepped.room.broken, 1)
  t.equal(stepped.port('agent').source.kind, 'silence')
  t.ok(agent.level(620, 100) < UNHEARD)
  t.ok(third.heard().length - before >= 10, 'the others go on')
  t.ok(caller.heard().length > 0)
})
