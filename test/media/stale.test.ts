import t from 'tap'
import { noteHeldUp } from '../../src/media/stale.ts'
import { payloadType, timestamp } from '../../src/rtp/packet.ts'
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
