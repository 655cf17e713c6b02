/** A caller in Opus in the vault: keys by event at 48000 Hz and in the sound, prompts in Opus, and nothing left of either. */

import t from 'tap'
import { codecNamed } from '../../src/base/units.ts'
import { createDecoder } from '../../src/rtp/codec.ts'
import { OpusEncoder } from '../../src/rtp/opus.ts'
import { opusEngine } from '../../src/rtp/opus-engine.ts'
import { HEADER_SIZE, marker, sequence, timestamp, writeHeader } from '../../src/rtp/packet.ts'
import { EventSender } from '../../src/rtp/telephone-event.ts'
import { goertzelPower, levelOf, writeKey } from '../../src/rtp/tone.ts'
import { Beat } from '../../src/vault/beat.ts'
import { openKey } from '../../src/vault/key.ts'
import { Keypad } from '../../src/vault/keypad.ts'
import { loadPrompts } from '../../src/vault/prompts.ts'
import { Voice } from '../../src/vault/voice.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { ticketFor } from './bench.ts'

const HERE = '127.0.0.1'
const PORT = 4000
const FRAME = 320
const ALL = Array.from({ length: 16 }, (_, code) => code)

function makeKeypad() {
  const keys: number[] = []
  const keypad = new Keypad(ticketFor('OPUS', PORT, 5000), 0, (key) => keys.push(openKey(key)))
  return { keypad, keys }
}

/** Keys of 80 ms, 80 ms apart, as a phone says them in Opus. */
function tonePackets(codes: readonly number[], levelDbm0 = -12): Uint8Array[] {
  const pcm = new Int16Array(Math.ceil((codes.length * 2560 + 3200) / FRAME) * FRAME)
  for (const [i, code] of codes.entries()) writeKey(pcm, 800 + i * 2560, code, 80, levelDbm0, 16_000)
  const encoder = OpusEncoder.ofTalk({ fec: true, constantRate: false, maxPlaybackRate: 48_000 })
  const packets: Uint8Array[] = []
  const out = new Uint8Array(1500)
  for (let n = 0; n * FRAME < pcm.length; n++) {
    writeHeader(out, codecNamed('OPUS').payloadType, n === 0, 65_530 + n, 0xffff_f000 + n * 960, 7)
    const size = encoder.encode(pcm.subarray(n * FRAME, (n + 1) * FRAME), FRAME, out, HEADER_SIZE)
    packets.push(out.slice(0, HEADER_SIZE + size))
  }
  encoder.wipe()
  return packets
}

function feed(keypad: Keypad, packets: readonly (Uint8Array | undefined)[]): number {
  let nowMs = 0
  for (const packet of packets) {
    nowMs += 20
    if (packet !== undefined) keypad.accept(packet, HERE, PORT, nowMs)
  }
  return nowMs
}

t.test('every key in the sound, once', async (t) => {
  for (const level of [-6, -12, -20]) {
    const { keypad, keys } = makeKeypad()
    const packets = tonePackets(ALL, level)
    feed(keypad, packets)
    t.same(keys, ALL, `${level} dBm0`)
    t.equal(keypad.presses.tone, 16)
    t.ok(
      packets.every((packet) => packet.every((octet) => octet === 0)),
      'packets are overwritten',
    )
    keypad.close()
  }
})

t.test('with one packet in twenty lost no key is doubled, and few are missed', async (t) => {
  const codes = [...ALL, ...ALL]
  let heard = 0
  for (let shift = 0; shift < 20; shift++) {
    const { keypad, keys } = makeKeypad()
    feed(
      keypad,
      tonePackets(codes).map((packet, n) => (n % 20 === shift ? undefined : packet)),
    )
    // Each key heard stands behind the one before in what was pressed: none came twice.
    let at = -1
    const inOrder = keys.every((key) => {
      at = codes.indexOf(key, at + 1)
      return at >= 0
    })
    t.ok(inOrder, `lost packets ${shift}, ${shift + 20} and so on: ${keys.join(' ')}`)
    heard += keys.length
    keypad.close()
  }
  t.ok(heard >= 0.96 * 20 * codes.length, `${heard} of ${20 * codes.length}`)
})

t.test('events at 48000 Hz, also a press of many segments', async (t) => {
  const { keypad, keys } = makeKeypad()
  const sender = new EventSender({ ssrc: 7, payloadType: 101, sequence: 1, clockRate: 48_000 })
  const packets: Uint8Array[] = []
  for (const [i, [code, ms]] of [
    [4, 60],
    [4, 60],
    [9, 3000],
    [11, 60],
  ].entries()) {
    sender.press(code as number, 1000 + i * 300_000, ms as number)
    const out = new Uint8Array(100)
    for (let size = sender.next(out); size > 0; size = sender.next(out)) packets.push(out.slice(0, size))
  }
  feed(keypad, packets)
  t.same(keys, [4, 4, 9, 11])
  t.equal(keypad.presses.event, 4)
  keypad.close()
})

t.test("a wipe leaves nothing of the sound in the decoder's memory, and the keypad goes on hearing", async (t) => {
  const engine = opusEngine()
  const { states } = engine
  const { keypad, keys } = makeKeypad()
  const first = tonePackets([1, 2, 3])
  const before = engine.memory.slice()
  const isOther = (octet: number, i: number) => octet !== 0 && octet !== before[i]
  const others = () => engine.memory.reduce((sum, octet, i) => sum + (isOther(octet, i) ? 1 : 0), 0)
  feed(keypad, first)
  t.equal(engine.states, states + 1)
  t.ok(others() > 2000, `${others()} octets are others while it listens`)
  keypad.wipe()
  t.equal(engine.states, states, 'the state was given back')
  t.ok(others() < 200, `${others()} octets are others: what the allocator notes`)
  feed(keypad, tonePackets([4, 5]))
  t.same(keys, [1, 2, 3, 4, 5])
  keypad.close()
  keypad.close()
  t.equal(engine.states, states)
  t.ok(others() < 200)
})

t.test('prompts are spoken in Opus, in the stream that the ticket began', async (t) => {
  const prompts = await loadPrompts(new URL('../../prompts', import.meta.url).pathname, ['OPUS', 'PCMA'])
  const clip = prompts.coded(['en'], 'ask-card-number', 'OPUS')
  const plain = prompts.coded(['en'], 'ask-card-number', 'PCMA')
  if (clip === undefined || plain === undefined) throw new Error('no such clip')
  t.equal(clip.length % 60, 0)
  t.ok(Math.abs(clip.length / 3 - plain.length / 8) <= 20, 'as long as in another codec')
  const clock = steppedClock()
  const sent: Buffer[] = []
  let played = 0
  const ticket = ticketFor('OPUS', PORT, 5000)
  const voice = new Voice({
    ticket,
    nowMs: clock.now(),
    send: (packet, size) => sent.push(Buffer.from(packet.subarray(0, size))),
    onPlayed: () => played++,
  })
  new Beat(clock).join(20, (nowMs) => voice.tick(nowMs))
  voice.play([clip, clip])
  voice.tick(clock.now())
  clock.step(Math.ceil((2 * clip.length) / 3) + 500)
  t.equal(played, 1)
  t.ok(sent.every((packet) => packet.length === HEADER_SIZE + 60))
  sent.forEach((packet, i) => {
    if (sequence(packet) !== ((ticket.nextSequence + i) & 0xffff)) t.fail(`sequence of packet ${i}`)
    if (timestamp(packet) !== (ticket.nextTimestamp + 960 * i) >>> 0) t.fail(`timestamp of packet ${i}`)
    if (marker(packet)) t.fail(`marker of packet ${i}`)
  })
  const decoder = createDecoder('OPUS')
  const pcm = new Int16Array(sent.length * FRAME)
  const out = new Int16Array(1920)
  for (const [i, packet] of sent.entries()) {
    const samples = decoder.decode(packet, HEADER_SIZE, packet.length, out)
    pcm.set(out.subarray(0, samples), i * FRAME)
  }
  decoder.wipe()
  const level = (from: number, to: number) => {
    let sum = 0
    for (let i = from; i < to; i++) sum += (pcm[i] as number) ** 2
    return levelOf(sum / (to - from))
  }
  const length = (clip.length / 60) * FRAME
  t.ok(level(0, length) > -30, `the prompt is heard: ${level(0, length).toFixed(1)}`)
  t.ok(Math.abs(level(0, length) - level(length, 2 * length)) < 0.5, 'and again')
  t.ok(level(2 * length + 1600, pcm.length) < -50, 'then soft noise')
  t.ok(goertzelPower(pcm, 0, length, 1000, 16_000) > 0)
  const back = voice.ticket(clock.now(), undefined, undefined)
  t.equal(back.nextTimestamp, (ticket.nextTimestamp + 960 * sent.length) >>> 0)
  t.equal(back.octetsSent, ticket.octetsSent + 60 * sent.length)
})
