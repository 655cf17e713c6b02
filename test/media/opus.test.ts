/** Legs in Opus: bridged with every other codec, relayed untouched among themselves, played to, cut and joined, with losses. */

import t from 'tap'
import type { CodecName } from '../../src/base/units.ts'
import { createDecoder } from '../../src/rtp/codec.ts'
import { LOW_DELAY, opusEngine, VOIP } from '../../src/rtp/opus-engine.ts'
import { HEADER_SIZE, marker, payloadType, ssrc, timestamp, writeHeader } from '../../src/rtp/packet.ts'
import { goertzelPower, levelOf, writeSine } from '../../src/rtp/tone.ts'
import type { SentPacket } from '../peers/memory-udp.ts'
import { MUSIC_HZ, type Phone, seamsOf, steppedRoom } from '../peers/stepped-room.ts'

const HEARD = -20
const UNHEARD = -45

/** Steps of the timestamps of packets with sound. */
function stepsOf(packets: readonly SentPacket[]): number[] {
  const times = packets.filter(({ octets }) => octets.length !== HEADER_SIZE + 4).map(({ octets }) => timestamp(octets))
  return times.slice(1).map((time, i) => (time - (times[i] as number)) | 0)
}

/** All sound a phone was sent. */
function soundOf(packets: readonly SentPacket[], codec: CodecName) {
  const decoder = createDecoder(codec)
  const out = new Int16Array(4096)
  const all: number[] = []
  for (const { octets } of packets) {
    const samples = decoder.decode(octets, HEADER_SIZE, octets.length, out)
    for (let i = 0; i < samples; i++) all.push(out[i] as number)
  }
  decoder.wipe()
  return { pcm: Int16Array.from(all), rate: decoder.sampleRate }
}

function jumpIn(pcm: Int16Array, from: number): number {
  let most = 0
  for (let i = from + 1; i < pcm.length; i++)
    most = Math.max(most, Math.abs((pcm[i] as number) - (pcm[i - 1] as number)))
  return most
}

for (const other of ['PCMA', 'PCMU', 'G722'] as const) {
  t.test(`Opus and ${other} hear each other, each in its own clock`, async (t) => {
    const stepped = await steppedRoom()
    const caller = await stepped.phone('caller', { humHz: 620, codec: 'OPUS' })
    const agent = await stepped.phone('agent', { humHz: 440, codec: other, ptimeMs: 30 })
    await stepped.join('caller', 'agent')
    caller.talking = true
    agent.talking = true
    stepped.step(1500)
    t.ok(Math.abs(agent.level(620, 300) + 13) < 1.5, `agent hears ${agent.level(620, 300)}`)
    t.ok(Math.abs(caller.level(440, 300) + 13) < 1.5, `caller hears ${caller.level(440, 300)}`)
    t.ok(agent.level(440, 300) < UNHEARD)
    t.same(seamsOf(agent.heard()), [])
    t.same(seamsOf(caller.heard()), [])
    t.ok(stepsOf(agent.heard()).every((step) => step === 240))
    t.ok(stepsOf(caller.heard()).every((step) => step === 960))
    t.ok(caller.heard().every(({ octets }) => payloadType(octets) === 111))
    // What is left beside the tone: a click is broad.
    for (const [phone, codec, hz] of [
      [agent, other, 620],
      [caller, 'OPUS', 440],
    ] as const) {
      const { pcm, rate } = soundOf(phone.heard(), codec)
      const from = rate / 2
      const tone = levelOf(goertzelPower(pcm, from, rate / 2, hz, rate))
      let squares = 0
      for (let i = from; i < from + rate / 2; i++) squares += (pcm[i] as number) ** 2
      const all = levelOf(squares / (rate / 2))
      t.ok(all - tone < 0.3, `the tone ${tone.toFixed(2)}, with all beside it ${all.toFixed(2)} dBm0`)
    }
  })
}

t.test('Opus to Opus goes untouched, whatever the length of its packets', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { codec: 'OPUS' })
  const agent = await stepped.phone('agent', { codec: 'OPUS' })
  await stepped.join('caller', 'agent')
  const said: Uint8Array[] = []
  let units = 0
  const { states } = opusEngine()
  for (const samples of [320, 40, 960, 160, 80, 640, 320]) {
    const packet = opusPacket(caller, samples)
    said.push(packet.slice(HEADER_SIZE))
    caller.raw(packet)
    caller.sequence = (caller.sequence + 1) & 0xffff
    caller.timestamp = (caller.timestamp + samples * 3) >>> 0
    units += samples * 3
    stepped.step(Math.max(5, samples / 16))
  }
  const heard = agent.heard()
  t.same(
    heard.map(({ octets }) => octets.slice(HEADER_SIZE)),
    said,
  )
  t.same(seamsOf(heard), [])
  t.same(stepsOf(heard), [960, 120, 2880, 480, 240, 1920])
  t.equal(opusEngine().states, states, 'nothing was decoded')
  const { flow } = stepped.port('agent')
  t.equal((flow.nextTimestamp - (timestamp(heard[0]?.octets as Uint8Array) | 0)) | 0, units)
})

/** One packet of a hum, of any length. */
function opusPacket(phone: Phone, samples: number): Uint8Array {
  const engine = opusEngine()
  const pcm = new Int16Array(samples)
  writeSine(pcm, 0, samples, 500, -13, 16_000)
  const packet = new Uint8Array(1500)
  const encoder = engine.openEncoder(16_000, samples < 160 ? LOW_DELAY : VOIP, new Map([[4002, 24_000]]))
  writeHeader(packet, 111, false, phone.sequence, phone.timestamp, phone.ssrc)
  const size = engine.encode(encoder, pcm, 0, samples, packet, HEADER_SIZE, 1276)
  engine.closeEncoder(encoder)
  return packet.slice(0, HEADER_SIZE + size)
}

t.test(
  'packets of 2.5 to 60 ms are turned into frames of the other leg, and what is no Opus does no harm',
  async (t) => {
    const stepped = await steppedRoom()
    const caller = await stepped.phone('caller', { codec: 'OPUS' })
    const agent = await stepped.phone('agent', { codec: 'PCMA' })
    await stepped.join('caller', 'agent')
    const say = (samples: number) => {
      caller.raw(opusPacket(caller, samples))
      caller.sequence = (caller.sequence + 1) & 0xffff
      caller.timestamp = (caller.timestamp + samples * 3) >>> 0
      stepped.step(Math.max(5, samples / 16))
    }
    for (const samples of [320, 960, 640, 160, 160, 80, 80, 80, 80, 40, 40, 40, 40, 40, 40, 40, 40]) say(samples)
    // 20 + 60 + 40 + 20 + 20 + 20 ms.
    t.equal(agent.heard().length, 9)
    t.ok(agent.heard().every(({ octets }) => octets.length === HEADER_SIZE + 160))
    t.ok(stepsOf(agent.heard()).every((step) => step === 160))
    const junk = new Uint8Array(60).fill(0xff)
    writeHeader(junk, 111, false, caller.sequence, caller.timestamp, caller.ssrc)
    caller.raw(junk)
    caller.sequence = (caller.sequence + 1) & 0xffff
    caller.timestamp = (caller.timestamp + 960) >>> 0
    stepped.step(20)
    for (let i = 0; i < 10; i++) say(320)
    t.ok(agent.level(500, 100) > HEARD, 'and goes on')
    t.equal(stepped.room.broken, 0)
  },
)

t.test('music, ringback, chime and rejoin in one stream, without a click', async (t) => {
  const { states } = opusEngine()
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620, codec: 'PCMA' })
  const agent = await stepped.phone('agent', { humHz: 440, codec: 'OPUS' })
  caller.talking = true
  agent.talking = true
  await stepped.assign({ portId: 'agent', source: { kind: 'hold-music' } })
  stepped.step(3010)
  t.ok(agent.level(MUSIC_HZ, 300) > HEARD, 'music, also past the end of its loop')
  await stepped.join('caller', 'agent')
  stepped.step(600)
  t.ok(agent.level(620, 300) > HEARD, 'the caller')
  await stepped.assign({ portId: 'agent', source: { kind: 'hold-music' } })
  stepped.step(505)
  t.ok(agent.level(MUSIC_HZ, 300) > HEARD, 'music from where it was')
  await stepped.assign({ portId: 'agent', source: { kind: 'port', portId: 'caller' }, chime: true })
  stepped.step(120)
  t.ok(agent.level(440, 80) > -30, 'the chime')
  stepped.step(1500)
  t.ok(agent.level(620, 300) > HEARD, 'the caller again')
  await stepped.assign({ portId: 'agent', source: { kind: 'silence' } })
  stepped.step(300)
  t.ok(agent.level(620, 200) < UNHEARD)
  t.same(seamsOf(agent.heard()), [])
  const { pcm } = soundOf(agent.heard(), 'OPUS')
  // A full-scale sine of the music's level steps by at most this at 1000 Hz.
  const natural = jumpIn(soundOf(agent.heard().slice(0, 100), 'OPUS').pcm, 960)
  t.ok(jumpIn(pcm, 960) < 1.6 * natural, `largest step ${jumpIn(pcm, 960)}, of the music alone ${natural}`)
  await stepped.ask({ do: 'close', portId: 'agent' })
  await stepped.ask({ do: 'close', portId: 'caller' })
  t.equal(opusEngine().states, states + 1, "every state was given back but the phone's own")
})

t.test('a lost packet of Opus is made up by the decoder', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 600, codec: 'OPUS' })
  const agent = await stepped.phone('agent', { codec: 'PCMU' })
  await stepped.join('caller', 'agent')
  for (let i = 0; i < 100; i++) {
    if (i % 20 === 10) {
      caller.sequence = (caller.sequence + 1) & 0xffff
      caller.timestamp = (caller.timestamp + 960) >>> 0
    } else caller.say()
    stepped.step(20)
  }
  const heard = agent.heard()
  t.ok(heard.length >= 97, `${heard.length} packets of 100`)
  t.ok(
    stepsOf(heard).every((step) => step === 160),
    'without a gap',
  )
  const { pcm } = soundOf(heard, 'PCMU')
  // Where packets 30, 50 and so on were, less the time that filters take; 40 ms of each.
  for (const at of [30, 50, 70]) {
    const level = levelOf(goertzelPower(pcm, at * 160, 320, 600, 8000))
    t.ok(level > -19, `${level.toFixed(1)} dBm0 where a packet was lost, of -13`)
  }
})

t.test('keys by event go over in the clock of the other leg', async (t) => {
  const stepped = await steppedRoom()
  const wide = await stepped.phone('wide', { humHz: 620, codec: 'OPUS' })
  const narrow = await stepped.phone('narrow', { humHz: 440, codec: 'PCMA' })
  await stepped.join('wide', 'narrow')
  wide.talking = true
  narrow.talking = true
  stepped.step(500)
  const press = (phone: Phone, code: number, unitsPerMs: number, longMs: number) => {
    phone.talking = false
    const began = phone.timestamp
    for (let ms = 20; ms <= longMs; ms += 20) {
      // By the book: segments of 0xFFFF units, without a marker on the later ones.
      const units = ms * unitsPerMs
      const segment = Math.ceil(units / 0xffff) - 1
      const duration = units - segment * 0xffff
      phone.event(code, (began + segment * 0xffff) >>> 0, duration, false, ms === 20)
      stepped.step(20)
      if (ms + 20 > longMs)
        for (let i = 0; i < 3; i++) phone.event(code, (began + segment * 0xffff) >>> 0, duration, true)
    }
    phone.timestamp = (began + longMs * unitsPerMs) >>> 0
    phone.talking = true
    stepped.step(100)
  }
  const eventsOf = (phone: Phone) => phone.heard().filter(({ octets }) => payloadType(octets) === 101)
  const durationIn = (octets: Uint8Array) => ((octets[14] as number) << 8) | (octets[15] as number)

  press(wide, 5, 48, 100)
  press(narrow, 7, 8, 100)
  for (const [phone, code, perMs] of [
    [narrow, 5, 8],
    [wide, 7, 48],
  ] as const) {
    const events = eventsOf(phone)
    t.same(
      events.map(({ octets }) => [octets[HEADER_SIZE], durationIn(octets) / perMs, (octets[13] as number) >> 7]),
      [20, 40, 60, 80, 100, 100, 100, 100].map((ms, i) => [code, ms, i > 4 ? 1 : 0]),
    )
    t.equal(new Set(events.map(({ octets }) => timestamp(octets))).size, 1)
    t.same(
      events.map(({ octets }) => marker(octets)),
      events.map((_, i) => i === 0),
    )
    t.same(seamsOf(phone.heard()), [])
  }

  const before = { wide: eventsOf(wide).length, narrow: eventsOf(narrow).length }
  press(narrow, 1, 8, 3000)
  const long = eventsOf(wide).slice(before.wide)
  const begun = timestamp(long[0]?.octets as Uint8Array)
  const total = ({ octets }: SentPacket) => ((timestamp(octets) - begun) | 0) + durationIn(octets)
  t.equal(total(long.at(-1) as SentPacket), 3000 * 48)
  t.same(new Set(long.map(({ octets }) => (timestamp(octets) - begun) | 0)), new Set([0, 0xffff, 2 * 0xffff]))
  t.equal(long.filter(({ octets }) => durationIn(octets) === 0xffff).length, 2, 'each full segment is told')
  t.ok(long.every((packet, i) => i === 0 || total(packet) >= total(long[i - 1] as SentPacket)))
  press(wide, 2, 48, 3000)
  const joined = eventsOf(narrow).slice(before.narrow)
  t.equal(new Set(joined.map(({ octets }) => timestamp(octets))).size, 1, 'segments become one event again')
  t.equal(durationIn(joined.at(-1)?.octets as Uint8Array), 24_000)
  t.same(seamsOf(wide.heard()), [])
  t.same(seamsOf(narrow.heard()), [])
  t.ok(narrow.level(620, 60) > HEARD, 'sound goes on after them')
})

t.test(
  'late copies of a press are dropped, several events in a packet become several, and a clock set anew is followed',
  async (t) => {
    const stepped = await steppedRoom()
    const wide = await stepped.phone('wide', { codec: 'OPUS', stream: { eventClockRate: 8000 } })
    const narrow = await stepped.phone('narrow', { codec: 'PCMA' })
    await stepped.join('wide', 'narrow')
    const told = () =>
      narrow
        .heard()
        .filter(({ octets }) => payloadType(octets) === 101)
        .map(({ octets }) => [octets[HEADER_SIZE], ((octets[14] as number) << 8) | (octets[15] as number)])
    wide.event(1, 100_000, 800, true, true)
    stepped.step(100)
    wide.event(2, 101_600, 160, false, true)
    wide.event(1, 100_000, 800, true)
    stepped.step(20)
    t.same(told(), [
      [1, 800],
      [2, 160],
    ])
    wide.event(3, 5000, 160, false, true)
    stepped.step(20)
    t.same(told().at(-1), [3, 160])
    const both = new Uint8Array(HEADER_SIZE + 8)
    writeHeader(both, 101, true, wide.sequence, 8000, wide.ssrc)
    both.set([4, 10, 0x03, 0x20, 5, 10, 0, 0xa0], HEADER_SIZE)
    wide.raw(both)
    stepped.step(20)
    t.same(told().slice(-2), [
      [4, 800],
      [5, 160],
    ])
    const back = stepped.port('wide')
    t.equal(back.stream?.eventClockRate, 8000)
    narrow.event(6, 777, 160, false, true)
    stepped.step(20)
    const heard = wide.heard().filter(({ octets }) => payloadType(octets) === 101)
    t.same(
      [...(heard[0]?.octets.slice(HEADER_SIZE) ?? [])],
      [6, 10, 0, 0xa0],
      'in the clock that the far end has events in',
    )
  },
)

t.test('a port of Opus that was renewed goes on in the clock of Opus', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { codec: 'OPUS' })
  await stepped.assign({ portId: 'caller', source: { kind: 'hold-music' } })
  stepped.step(200)
  const before = caller.heard()
  await stepped.ask({ do: 'renew', portId: 'caller' })
  await stepped.assign({ portId: 'caller', source: { kind: 'hold-music' } })
  stepped.step(200)
  const after = caller.heard().slice(before.length)
  t.ok(after.length > 5)
  t.same(seamsOf(after), [])
  t.ok(stepsOf(after).every((step) => step === 960))
  t.not(ssrc(after[0]?.octets as Uint8Array), ssrc(before[0]?.octets as Uint8Array))
})

t.test('a codec of another clock gets another source, one of the same does not', async (t) => {
  const stepped = await steppedRoom()
  const agent = await stepped.phone('agent')
  await stepped.assign({ portId: 'agent', source: { kind: 'hold-music' } })
  stepped.step(200)
  const types = { receivePayloadType: 111, sendPayloadType: 111 }
  const first = ssrc(agent.heard()[0]?.octets as Uint8Array)
  await stepped.ask({ do: 'stream', portId: 'agent', stream: agent.terms({ codec: 'PCMU' }) })
  stepped.step(100)
  const before = agent.heard().length
  t.ok(agent.heard().every(({ octets }) => ssrc(octets) === first))
  await stepped.ask({ do: 'stream', portId: 'agent', stream: agent.terms({ codec: 'OPUS', ...types }) })
  stepped.step(200)
  const after = agent.heard().slice(before)
  t.ok(after.length > 5 && after.every(({ octets }) => ssrc(octets) !== first))
  t.same(seamsOf(after), [])
  t.ok(stepsOf(after).every((step) => step === 960))
  t.match(
    await stepped.ask({
      do: 'stream',
      portId: 'agent',
      stream: agent.terms({ codec: 'OPUS', ...types, sendPtimeMs: 40 }),
    }),
    {
      type: 'failed',
    },
  )
})

t.test('a socket that is given away and comes back goes on in its own clock', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620, codec: 'OPUS' })
  const agent = await stepped.phone('agent', { humHz: 440, codec: 'PCMA' })
  await stepped.join('caller', 'agent')
  caller.talking = true
  agent.talking = true
  stepped.step(500)
  const last = timestamp(caller.heard().at(-1)?.octets as Uint8Array)
  const released = await stepped.ask({ do: 'release', portId: 'caller' })
  if (released.type !== 'released') throw new Error(released.type)
  t.equal((released.ticket.nextTimestamp - last) | 0, 960)
  stepped.step(1000)
  // 50 packets were sent meanwhile, as a vault does.
  const back = {
    ...released.ticket,
    nextSequence: (released.ticket.nextSequence + 50) & 0xffff,
    nextTimestamp: (released.ticket.nextTimestamp + 50 * 960) >>> 0,
    packetsSent: released.ticket.packetsSent + 50,
  }
  const count = caller.heard().length
  t.match(await stepped.ask({ do: 'adopt', portId: 'caller', ticket: back }, stepped.handle()), { type: 'done' })
  await stepped.join('caller', 'agent')
  stepped.step(500)
  const first = caller.heard()[count]?.octets as Uint8Array
  const ahead = (timestamp(first) - back.nextTimestamp) | 0
  t.ok(ahead >= 0 && ahead <= 960 * 3, `${ahead} units on`)
  t.ok(stepsOf(caller.heard().slice(count)).every((step) => step === 960))
  t.ok(agent.level(620, 100) > HEARD, 'the agent hears the caller again, once the guard has listened')
})
