import t from 'tap'
import { createEncoder, type Encoder } from '../../src/rtp/codec.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
import { writeKey } from '../../src/rtp/tone.ts'
import { type Phone, type SteppedRoom, steppedRoom } from '../peers/stepped-room.ts'

function eventKey(stepped: SteppedRoom, phone: Phone, code: number): void {
  const start = phone.timestamp
  for (let i = 1; i <= 5; i++) {
    phone.event(code, start, i * 160, i === 5, i === 1)
    stepped.step(20)
  }
  phone.timestamp = (start + 1600) >>> 0
  stepped.step(100)
}

function inBandKey(stepped: SteppedRoom, phone: Phone, code: number, encoder: Encoder): void {
  const pcm = new Int16Array(encoder.sampleRate / 4)
  writeKey(pcm, 0, code, 100, -8, encoder.sampleRate)
  const frame = encoder.sampleRate / 50
  const packet = new Uint8Array(172)
  for (let at = 0; at + frame <= pcm.length; at += frame) {
    writeHeader(packet, encoder.sampleRate === 16000 ? 9 : 8, false, phone.sequence, phone.timestamp, phone.ssrc)
    encoder.encode(pcm.subarray(at, at + frame), frame, packet, HEADER_SIZE)
    phone.raw(packet)
    phone.sequence = (phone.sequence + 1) & 0xffff
    phone.timestamp = (phone.timestamp + 160) >>> 0
    stepped.step(20)
  }
}

const keysOf = (stepped: SteppedRoom) => stepped.events.flatMap((event) => (event.type === 'keyed' ? [event.key] : []))

for (const codec of ['PCMA', 'G722'] as const) {
  t.test(`a port that listens tells keys by tone in ${codec}, each once`, async (t) => {
    const stepped = await steppedRoom()
    const agent = await stepped.phone('agent', { codec })
    await stepped.ask({ do: 'listen', portId: 'agent', on: true })
    const encoder = createEncoder(codec)
    for (const code of [10, 7, 1]) inBandKey(stepped, agent, code, encoder)
    t.same(keysOf(stepped), [10, 7, 1])
  })
}

t.test('keys by event, and none that came both ways twice', async (t) => {
  const stepped = await steppedRoom()
  const agent = await stepped.phone('agent')
  await stepped.ask({ do: 'listen', portId: 'agent', on: true })
  for (const code of [10, 7, 1]) eventKey(stepped, agent, code)
  inBandKey(stepped, agent, 1, createEncoder('PCMA'))
  t.same(keysOf(stepped), [10, 7, 1])
})

t.test('keys are heard at once on fresh sockets, by event and by tone', async (t) => {
  const stepped = await steppedRoom()
  const agent = await stepped.phone('agent')
  await stepped.ask({ do: 'listen', portId: 'agent', on: true })
  eventKey(stepped, agent, 9)
  const renewed = await stepped.ask({ do: 'renew', portId: 'agent' })
  const rtpPort = renewed.type === 'opened' ? renewed.rtpPort : 0
  agent.raw = (octets) => stepped.udp.deliver(rtpPort, octets, agent.address, agent.port)
  eventKey(stepped, agent, 10)
  stepped.step(2000)
  inBandKey(stepped, agent, 7, createEncoder('PCMA'))
  t.same(keysOf(stepped), [9, 10, 7])
})

t.test('a phone that changes over from events to tones is heard again after two seconds', async (t) => {
  const stepped = await steppedRoom()
  const agent = await stepped.phone('agent')
  await stepped.ask({ do: 'listen', portId: 'agent', on: true })
  const encoder = createEncoder('PCMA')
  eventKey(stepped, agent, 5)
  inBandKey(stepped, agent, 6, encoder)
  stepped.step(2000)
  for (const code of [10, 7, 1]) inBandKey(stepped, agent, code, encoder)
  t.same(keysOf(stepped), [5, 10, 7, 1])
})

t.test('a key that came by signalling is told once, whatever else tells it', async (t) => {
  const stepped = await steppedRoom()
  const agent = await stepped.phone('agent')
  const told = (key: number) => stepped.ask({ do: 'key', portId: 'agent', key })
  t.match(await told(9), { type: 'done' }, 'nobody listens')
  await stepped.ask({ do: 'listen', portId: 'agent', on: true })
  await told(10)
  eventKey(stepped, agent, 10)
  eventKey(stepped, agent, 7)
  await told(7)
  await told(1)
  t.same(keysOf(stepped), [10, 7, 1])
  t.match(await stepped.ask({ do: 'key', portId: 'nobody', key: 1 }), { fault: 'media.unknown-port' })
})

t.test('events with redundancy, and of another clock than the sound', async (t) => {
  const stepped = await steppedRoom()
  const agent = await stepped.phone('agent', { stream: { receiveRedundantPayloadType: 121 } })
  const other = await stepped.phone('other')
  await stepped.join('agent', 'other')
  await stepped.ask({ do: 'listen', portId: 'agent', on: true })
  const red = (payload: string, padding = 0) => {
    const octets = Buffer.from(payload, 'hex')
    const packet = new Uint8Array(HEADER_SIZE + octets.length + padding)
    writeHeader(packet, 121, true, agent.sequence, agent.timestamp, agent.ssrc)
    packet.set(octets, HEADER_SIZE)
    if (padding > 0) {
      packet[0] = (packet[0] as number) | 0x20
      packet[packet.length - 1] = padding
    }
    agent.raw(packet)
    agent.sequence = (agent.sequence + 1) & 0xffff
    stepped.step(20)
  }
  const before = other.heard().length
  red('6507 0a 00a0'.replaceAll(' ', ''))
  red('e50280 04 65 078a0140 078a0140'.replaceAll(' ', ''), 4)
  red('e502800465078a')
  red('00d5d5')
  stepped.step(40)
  t.same(keysOf(stepped), [7])
  const relayed = other
    .heard()
    .slice(before)
    .filter(({ octets }) => ((octets[1] ?? 0) & 0x7f) === 101)
  t.same(
    relayed.map(({ octets }) => Buffer.from(octets.subarray(12)).toString('hex')),
    ['070a00a0', '078a0140'],
  )
  t.equal(stepped.port('agent').unusable, 2, 'what cannot be unwrapped is dropped')

  const wide = agent.terms({ eventClockRate: 48_000 })
  await stepped.ask({ do: 'stream', portId: 'agent', stream: wide })
  for (let i = 0; i < 3; i++) {
    const start = 50_000 + i * 3840
    agent.event(5, start, 960, false, true)
    stepped.step(20)
    agent.event(5, start, 1920, true)
    stepped.step(60)
  }
  t.same(keysOf(stepped), [7, 5, 5, 5], 'read in their own clock')
  const later = other
    .heard()
    .slice(before)
    .filter(({ octets }) => ((octets[1] ?? 0) & 0x7f) === 101)
  t.same(
    later.slice(relayed.length).map(({ octets }) => Buffer.from(octets.subarray(12)).toString('hex')),
    ['050a00a0', '058a0140', '050a00a0', '058a0140', '050a00a0', '058a0140'],
    'and relayed in that of the other leg',
  )
})

t.test('nothing is told of a port that does not listen, or no longer', async (t) => {
  const stepped = await steppedRoom()
  const agent = await stepped.phone('agent')
  const caller = await stepped.phone('caller')
  await stepped.ask({ do: 'listen', portId: 'agent', on: true })
  eventKey(stepped, caller, 5)
  inBandKey(stepped, caller, 5, createEncoder('PCMA'))
  await stepped.ask({ do: 'listen', portId: 'agent', on: false })
  eventKey(stepped, agent, 5)
  t.same(keysOf(stepped), [])
  t.equal(stepped.port('agent').ear, undefined)
})

t.test('listening may be asked for before the stream is known, and outlives a change of codec', async (t) => {
  const stepped = await steppedRoom()
  await stepped.ask({ do: 'open', portId: 'early', family: 'IPv4' })
  t.match(await stepped.ask({ do: 'listen', portId: 'early', on: true }), { type: 'done' })
  const agent = await stepped.phone('agent')
  await stepped.ask({ do: 'listen', portId: 'agent', on: true })
  const terms = agent.terms({ codec: 'PCMU', receivePayloadType: 0, sendPayloadType: 0 })
  await stepped.ask({ do: 'stream', portId: 'agent', stream: terms })
  eventKey(stepped, agent, 11)
  t.same(keysOf(stepped), [11])
})

t.test('an ear goes from call to call, knows nothing of the one before, and never hears two', async (t) => {
  const stepped = await steppedRoom()
  const first = await stepped.phone('first')
  await stepped.ask({ do: 'listen', portId: 'first', on: true })
  const ear = stepped.port('first').ear
  const start = first.timestamp
  first.event(5, start, 160, false, true)
  stepped.step(20)
  t.same(keysOf(stepped), [5])
  await stepped.ask({ do: 'listen', portId: 'first', on: false })
  await stepped.ask({ do: 'close', portId: 'first' })

  const second = await stepped.phone('second')
  const third = await stepped.phone('third')
  for (const portId of ['second', 'third']) await stepped.ask({ do: 'listen', portId, on: true })
  t.equal(stepped.port('second').ear, ear, 'it was kept')
  t.not(stepped.port('third').ear, ear, 'and not twice')
  second.ssrc = first.ssrc
  second.event(5, start, 160, false, true)
  stepped.step(20)
  t.same(keysOf(stepped), [5, 5], 'the same press is a new one for who knows of none')
  second.event(5, start, 320, true)
  eventKey(stepped, third, 7)
  t.same(keysOf(stepped), [5, 5, 7])
})
