import t from 'tap'
import { createDecoder } from '../../src/rtp/codec.ts'
import { levelDbm0 } from '../../src/rtp/level.ts'
import { HEADER_SIZE, payloadType, timestamp, writeHeader } from '../../src/rtp/packet.ts'
import { seamsOf, steppedRoom } from '../peers/stepped-room.ts'

const HEARD = -20

const PAIRS = [
  ['PCMA', 'PCMU'],
  ['PCMU', 'PCMA'],
  ['G722', 'PCMA'],
  ['PCMU', 'G722'],
] as const
for (const [callerCodec, agentCodec] of PAIRS) {
  t.test(`${callerCodec} and ${agentCodec} hear each other`, async (t) => {
    const stepped = await steppedRoom()
    const caller = await stepped.phone('caller', { humHz: 620, codec: callerCodec })
    const agent = await stepped.phone('agent', { humHz: 440, codec: agentCodec, ptimeMs: 30 })
    await stepped.join('caller', 'agent')
    caller.talking = true
    agent.talking = true
    stepped.step(900)
    t.ok(agent.level(620, 300) > HEARD, `agent hears ${agent.level(620, 300)}`)
    t.ok(caller.level(440, 300) > HEARD, `caller hears ${caller.level(440, 300)}`)
    t.same(seamsOf(agent.heard()), [])
    t.same(seamsOf(caller.heard()), [])
    t.ok(agent.heard().every(({ octets }) => octets.length === 12 + 240))
  })
}

t.test('packets in wrong order are put right, a lost one is papered over', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620 })
  const agent = await stepped.phone('agent', { codec: 'PCMU' })
  await stepped.join('caller', 'agent')
  const base = caller.sequence
  const ts = caller.timestamp
  for (const i of [0, 1, 3, 2, 4, 6, 7, 8, 9, 10]) {
    caller.sequence = (base + i) & 0xffff
    caller.timestamp = (ts + i * 160) >>> 0
    caller.say()
    stepped.step(20)
  }
  const heard = agent.heard()
  const first = heard[0]?.octets as Uint8Array
  t.same(
    heard.map(({ octets }) => ((timestamp(octets) - timestamp(first)) | 0) / 160),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  )
  t.same(seamsOf(heard), [])
})

/** Levels of what a phone heard, packet by packet. */
function levelsOf(heard: readonly { readonly octets: Uint8Array }[], codec: 'PCMU' | 'G722'): number[] {
  const decoder = createDecoder(codec)
  const pcm = new Int16Array(640)
  return heard.map(({ octets }) => {
    const samples = decoder.decode(octets, HEADER_SIZE, octets.length, pcm)
    return Math.round(levelDbm0(pcm.subarray(0, samples)))
  })
}

/** Packets 0 to 12 of a hum without those named, then quiet time. @returns what the agent heard from packet 4 on. */
async function hearLoss(agentCodec: 'PCMU' | 'G722', missing: readonly number[], muted: readonly number[] = []) {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 600 })
  const agent = await stepped.phone('agent', { codec: agentCodec })
  await stepped.join('caller', 'agent')
  const base = caller.sequence
  const ts = caller.timestamp
  for (let i = 0; i <= 12; i++) {
    if (missing.includes(i)) continue
    caller.sequence = (base + i) & 0xffff
    caller.timestamp = (ts + i * 160) >>> 0
    if (muted.includes(i)) {
      const packet = new Uint8Array(HEADER_SIZE + 1)
      writeHeader(packet, 13, false, caller.sequence, caller.timestamp, caller.ssrc)
      caller.raw(packet)
    } else caller.say()
    stepped.step(20)
  }
  t.same(seamsOf(agent.heard()), [])
  const first = agent.heard()[0]?.octets as Uint8Array
  const places = agent.heard().map(({ octets }) => ((timestamp(octets) - timestamp(first)) | 0) / 160)
  return { places: places.slice(4), levels: levelsOf(agent.heard(), agentCodec).slice(4) }
}

t.test('lost sound fades out within 60 ms, and a longer loss leaves a hole', async (t) => {
  const one = await hearLoss('PCMU', [6, 7, 8])
  t.same(one.places.slice(0, 7), [4, 5, 6, 7, 8, 9, 10])
  const [before, , first, second, third, after] = one.levels as [number, number, number, number, number, number]
  t.ok(Math.abs(before - after) <= 1)
  t.ok(Math.abs(before - first - 6) <= 1, `${first} after ${before}`)
  t.ok(Math.abs(before - second - 12) <= 1, `${second} after ${before}`)
  t.ok(third < -60, `${third}`)
  const long = await hearLoss('PCMU', [5, 6, 7, 8, 9])
  t.same(long.places.slice(0, 5), [4, 5, 6, 7, 10])
  const wide = await hearLoss('G722', [6])
  t.same(wide.places.slice(0, 5), [4, 5, 6, 7, 8])
})

t.test('what was not sent, or is not to be heard, is not made up', async (t) => {
  const pause = await hearLoss('PCMU', [], [6, 7])
  t.same(pause.places.slice(0, 4), [4, 5, 8, 9])
  const lostNextToIt = await hearLoss('PCMU', [7], [6])
  t.same(lostNextToIt.places.slice(0, 3), [4, 5, 8])
})

t.test('events pass between transcoded frames without shifting them', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620 })
  const agent = await stepped.phone('agent', { codec: 'G722', stream: { sendEventPayloadType: 110 } })
  await stepped.join('caller', 'agent')
  caller.talking = true
  stepped.step(200)
  caller.talking = false
  const start = caller.timestamp
  for (let i = 1; i <= 5; i++) {
    caller.event(7, start, i * 160, i === 5, i === 1)
    stepped.step(20)
  }
  caller.timestamp = (start + 800) >>> 0
  caller.talking = true
  stepped.step(200)
  const events = agent.heard().filter(({ octets }) => payloadType(octets) === 110)
  t.equal(events.length, 5)
  t.equal(new Set(events.map(({ octets }) => timestamp(octets))).size, 1)
  t.same(seamsOf(agent.heard()), [])
})

t.test('a change of codec in mid-call goes on in the one stream', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620 })
  const agent = await stepped.phone('agent', { humHz: 440 })
  await stepped.join('caller', 'agent')
  caller.talking = true
  stepped.step(200)
  const terms = agent.terms({ codec: 'PCMU', receivePayloadType: 0, sendPayloadType: 0 })
  await stepped.ask({ do: 'stream', portId: 'agent', stream: terms })
  stepped.step(200)
  t.equal(payloadType(agent.heard().at(-1)?.octets as Uint8Array), 0)
  t.same(seamsOf(agent.heard()), [])
})
