import t from 'tap'
import { noteHeldUp } from '../../src/media/stale.ts'
import { createEncoder } from '../../src/rtp/codec.ts'
import { HEADER_SIZE, payloadType, timestamp, writeHeader } from '../../src/rtp/packet.ts'
import { writeKey } from '../../src/rtp/tone.ts'
import { seamsOf, steppedRoom } from '../peers/stepped-room.ts'

const STALL_MS = 700

t.test('what waited while the process was stopped is not relayed in a burst', async (t) => {
  for (const codec of ['PCMA', 'G722'] as const) {
    const stepped = await steppedRoom()
    const caller = await stepped.phone('caller', { humHz: 620 })
    const agent = await stepped.phone('agent', { codec, humHz: 440 })
    await stepped.join('caller', 'agent')
    caller.talking = true
    agent.talking = true
    stepped.step(500)
    const before = agent.heard().length
    const key = caller.timestamp
    caller.event(5, key, 160, false, true)
    noteHeldUp(stepped.room, stepped.now() + STALL_MS)
    stepped.step(STALL_MS, STALL_MS)
    const burst = agent.heard().slice(before)
    const sound = burst.filter(({ octets }) => payloadType(octets) !== 101)
    t.ok(sound.length >= 2 && sound.length <= 3, `to ${codec}: ${sound.length} packets of ${STALL_MS / 20}`)
    t.equal(burst.length - sound.length, 1, 'a key is no sound: it is kept')
    stepped.step(500)
    const heard = agent.heard()
    t.strictSame(seamsOf(heard), [], 'one stream without a seam')
    const [first, last] = [heard[before - 1]?.octets, heard.at(-1)?.octets] as [Uint8Array, Uint8Array]
    const tookMs = ((timestamp(last) - timestamp(first)) | 0) / 8
    t.ok(Math.abs(tookMs - STALL_MS - 500) <= 40, `its clock went on: ${tookMs} ms`)
    t.ok(agent.level(620, 200) > -20, 'and the caller is heard')
    t.ok(heard.length - before < 35, `${heard.length - before} packets in all`)
  }
})

t.test('a key in the sound that waited is told to whoever listens, though nobody hears it', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller')
  const agent = await stepped.phone('agent')
  await stepped.join('caller', 'agent')
  await stepped.ask({ do: 'listen', portId: 'agent', on: true })
  agent.talking = true
  stepped.step(100)
  const before = caller.heard().length
  const pcm = new Int16Array(800)
  writeKey(pcm, 0, 5, 100, -8, 8000)
  const encoder = createEncoder('PCMA')
  const packet = new Uint8Array(HEADER_SIZE + 160)
  for (let at = 0; at < pcm.length; at += 160) {
    writeHeader(packet, 8, false, agent.sequence, agent.timestamp, agent.ssrc)
    encoder.encode(pcm.subarray(at), 160, packet, HEADER_SIZE)
    agent.raw(packet)
    agent.sequence = (agent.sequence + 1) & 0xffff
    agent.timestamp = (agent.timestamp + 160) >>> 0
  }
  noteHeldUp(stepped.room, stepped.now() + STALL_MS)
  stepped.step(STALL_MS, STALL_MS)
  t.ok(caller.heard().length - before <= 3)
  t.same(
    stepped.events.filter(({ type }) => type === 'keyed'),
    [{ type: 'keyed', portId: 'agent', key: 5 }],
  )
})

t.test('a turn that brings much without a stall is relayed whole', async (t) => {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620 })
  const agent = await stepped.phone('agent')
  await stepped.join('caller', 'agent')
  caller.talking = true
  stepped.step(500)
  noteHeldUp(stepped.room, stepped.now())
  stepped.step(100)
  const before = agent.heard().length
  stepped.step(200, 200)
  t.equal(agent.heard().length - before, 10)
})
