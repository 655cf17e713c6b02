import t from 'tap'
import { payloadType, timestamp } from '../../src/rtp/packet.ts'
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

t.test('packets in wrong order are put right, lost ones leave a hole in time only', async (t) => {
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
    [0, 1, 2, 3, 4, 6, 7, 8, 9, 10],
  )
  t.same(seamsOf(heard), [])
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
