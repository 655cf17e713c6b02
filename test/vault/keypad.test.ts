import t from 'tap'
import type { Ticket } from '../../src/media/contract.ts'
import { createEncoder } from '../../src/rtp/codec.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
import { writeKey } from '../../src/rtp/tone.ts'
import { openKey } from '../../src/vault/key.ts'
import { Keypad } from '../../src/vault/keypad.ts'
import { pressPackets } from '../peers/press-packets.ts'
import { seeded } from '../rtp/seeded.ts'
import { ticketFor } from './bench.ts'

const HERE = '127.0.0.1'
const PORT = 4000

function makeKeypad(change: Partial<Ticket> = {}, stream: Partial<Ticket['stream']> = {}) {
  const base = ticketFor('PCMA', PORT, 5000)
  const keys: number[] = []
  const keypad = new Keypad({ ...base, stream: { ...base.stream, ...stream }, ...change }, 0, (key) =>
    keys.push(openKey(key)),
  )
  return { keypad, keys }
}

/** Packets of keys in the sound. */
function tonePackets(codes: readonly number[]): Uint8Array[] {
  const pcm = new Int16Array(codes.length * 1600 + 1600)
  for (const [i, code] of codes.entries()) writeKey(pcm, i * 1600 + 400, code, 100, -10, 8000)
  const encoder = createEncoder('PCMA')
  const packets: Uint8Array[] = []
  for (let at = 0; at < pcm.length; at += 160) {
    const packet = new Uint8Array(HEADER_SIZE + 160)
    writeHeader(packet, 8, at === 0, 100 + at / 160, 5000 + at, 7)
    encoder.encode(pcm.slice(at, at + 160), 160, packet, HEADER_SIZE)
    packets.push(packet)
  }
  return packets
}

/** The same at 16 kHz in G.722, 100 ms of tone and 100 ms of silence for each key. */
function wideTonePackets(codes: readonly number[]): Uint8Array[] {
  const pcm = new Int16Array(codes.length * 3200 + 3200)
  for (const [i, code] of codes.entries()) writeKey(pcm, i * 3200 + 800, code, 100, -10, 16_000)
  const encoder = createEncoder('G722')
  const packets: Uint8Array[] = []
  for (let at = 0; at < pcm.length; at += 320) {
    const packet = new Uint8Array(HEADER_SIZE + 160)
    writeHeader(packet, 9, at === 0, 100 + at / 320, 5000 + at / 2, 7)
    encoder.encode(pcm.slice(at, at + 320), 320, packet, HEADER_SIZE)
    packets.push(packet)
  }
  return packets
}

function feed(keypad: Keypad, packets: readonly Uint8Array[], address = HERE, port = PORT): number {
  let nowMs = 0
  for (const packet of packets) {
    nowMs += 20
    keypad.accept(packet, address, port, nowMs)
  }
  return nowMs
}

t.test('each press once, by event', async (t) => {
  const { keypad, keys } = makeKeypad()
  const packets = pressPackets([4, 0, 1, 2, 2, 11])
  feed(keypad, packets)
  t.same(keys, [4, 0, 1, 2, 2, 11])
  t.ok(
    packets.every((packet) => packet.every((octet) => octet === 0)),
    'and every packet is overwritten',
  )
})

t.test('each press once, by tone', async (t) => {
  const { keypad, keys } = makeKeypad()
  const packets = tonePackets([4, 0, 1, 2, 2, 10])
  feed(keypad, packets)
  t.same(keys, [4, 0, 1, 2, 2, 10])
  t.ok(
    packets.every((packet) => packet.every((octet) => octet === 0)),
    'and every packet is overwritten',
  )
})

t.test('each press once when it comes both ways', async (t) => {
  const { keypad, keys } = makeKeypad()
  const tones = tonePackets([5])
  const events = pressPackets([5])
  tones.forEach((packet, i) => {
    keypad.accept(packet, HERE, PORT, i * 20)
    const event = events[i - 3]
    if (event !== undefined) keypad.accept(event, HERE, PORT, i * 20 + 1)
  })
  t.same(keys, [5])
})

t.test('a tone that loses a packet in its middle is one press', async (t) => {
  const { keypad, keys } = makeKeypad()
  feed(
    keypad,
    tonePackets([9]).filter((_, i) => i !== 4),
  )
  t.same(keys, [9])
})

const strangers: readonly [string, string, number][] = [
  ['another address', '192.0.2.9', PORT],
  ['another port', HERE, PORT + 2],
]
for (const [what, address, port] of strangers) {
  t.test(`packets from ${what} are not read, but overwritten`, async (t) => {
    const { keypad, keys } = makeKeypad()
    const packets = [...pressPackets([1, 2, 3]), ...tonePackets([4])]
    feed(keypad, packets, address, port)
    t.same(keys, [])
    t.same(keypad.latched, { address: HERE, rtpPort: PORT })
    t.ok(packets.every((packet) => packet.every((octet) => octet === 0)))
  })
}

t.test('without a latch a run of good packets makes it, and nobody else after', async (t) => {
  const { keypad, keys } = makeKeypad({ latched: undefined })
  keypad.accept(Uint8Array.of(1, 2, 3), '192.0.2.1', 1, 0)
  keypad.accept(pressPackets([1], { payloadType: 77 })[0] as Uint8Array, '192.0.2.1', 1, 0)
  feed(keypad, pressPackets([9]).slice(0, 4), '192.0.2.1', 1)
  t.equal(keypad.latched, undefined, 'nonsense, foreign payload types and four packets make none')
  feed(keypad, pressPackets([1]), '192.0.2.2', 9)
  t.same(keypad.latched, { address: '192.0.2.2', rtpPort: 9 })
  feed(keypad, pressPackets([2]))
  t.same(keys, [1])
})

t.test('a stream that is bound to its SDP address takes nothing else', async (t) => {
  const { keypad, keys } = makeKeypad({ latched: undefined }, { latch: 'sdp' })
  feed(keypad, pressPackets([1]), '192.0.2.2', 9)
  t.same(keys, [])
  feed(keypad, pressPackets([2]))
  t.same(keys, [2])
})

t.test('other payload types are not read', async (t) => {
  const { keypad, keys } = makeKeypad()
  feed(keypad, pressPackets([1], { payloadType: 96 }))
  t.same(keys, [])
})

t.test('a caller who may not send is not heard', async (t) => {
  const { keypad, keys } = makeKeypad({}, { receive: false })
  feed(keypad, pressPackets([1]))
  t.same(keys, [])
})

t.test('it is quiet only when no key has sounded for so long', async (t) => {
  const { keypad } = makeKeypad()
  const packets = pressPackets([1])
  t.ok(keypad.isQuiet(300, 250), 'nothing has been keyed')
  keypad.accept(packets[0] as Uint8Array, HERE, PORT, 1000)
  t.notOk(keypad.isQuiet(1100, 50), 'the key is down')
  for (const packet of packets.slice(1)) keypad.accept(packet, HERE, PORT, 1100)
  t.notOk(keypad.isQuiet(1300, 250), 'it has just been let go')
  t.ok(keypad.isQuiet(1360, 250))
})

t.test(
  'tones in G.722 with a tenth of the packets missing: hardly one is told twice, and most are heard',
  async (t) => {
    const codes = [4, 0, 9, 1, 7, 3, 8, 2, 6, 5]
    const runs = 60
    let wrong = 0
    let heard = 0
    for (let seed = 1; seed <= runs; seed++) {
      const random = seeded(seed)
      const { keypad, keys } = makeKeypad({}, { codec: 'G722', receivePayloadType: 9, sendPayloadType: 9 })
      feed(
        keypad,
        wideTonePackets(codes).filter(() => random() >= 0.1),
      )
      heard += keys.length
      let from = 0
      for (const key of keys) {
        from = codes.indexOf(key, from) + 1
        if (from === 0) break
      }
      if (from === 0) wrong++
      keypad.close()
    }
    t.ok(wrong <= 1, `${wrong} of ${runs} with a key too many`)
    t.ok(heard >= 0.95 * runs * codes.length, `${heard} of ${runs * codes.length} heard`)
  },
)

t.test('a key whose end is lost does not keep the line for ever', async (t) => {
  const { keypad } = makeKeypad()
  keypad.accept(pressPackets([1])[0] as Uint8Array, HERE, PORT, 1000)
  for (let nowMs = 1010; nowMs < 1260; nowMs += 10) t.notOk(keypad.isQuiet(nowMs, 250))
  t.ok(keypad.isQuiet(1600, 250))
})

t.test('wiped, it goes on listening', async (t) => {
  const { keypad, keys } = makeKeypad()
  feed(keypad, pressPackets([1]))
  keypad.wipe()
  feed(keypad, pressPackets([2]))
  t.same(keys, [1, 2])
})

t.test('presses are counted until the wipe: what is left of the last one is none', async (t) => {
  const { keypad, keys } = makeKeypad()
  const packets = pressPackets([4, 11])
  const half = packets.length - 3
  const nowMs = feed(keypad, packets.slice(0, half))
  t.same(keys, [4, 11])
  keypad.wipe()
  for (const [i, packet] of packets.slice(half).entries()) keypad.accept(packet, HERE, PORT, nowMs + 20 * i)
  keypad.told(5, nowMs + 2000)
  t.ok(keys.length > 2, 'it is told of keys still')
  t.strictSame(keypad.presses, { event: 2, tone: 0, info: 0 })
  keypad.close()
})
