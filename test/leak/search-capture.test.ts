/** Every dress a digit wears on the wire is found, and what is no digit is not. */

import t from 'tap'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import { type CaptureSearch, searchCapture } from '../../src/leak/search-capture.ts'
import { createEncoder } from '../../src/rtp/codec.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
import { parsePcap, pcapFileHeader, pcapUdpRecord } from '../../src/rtp/pcap.ts'
import { EVENT_PACKET_SIZE, EventSender } from '../../src/rtp/telephone-event.ts'
import { addSine, writeKey } from '../../src/rtp/tone.ts'

const NUMBER = '6011000990139424'
const NEEDLES = needlesOf(digitsOf(NUMBER))
const FROM = { address: '192.0.2.1', port: 4000 }
const TO = { address: '192.0.2.2', port: 5000 }
const PACKET = 160

type Timed = { readonly atMs: number; readonly octets: Uint8Array }

function search(packets: readonly Timed[]): CaptureSearch {
  const records = packets.flatMap(({ atMs, octets }) => pcapUdpRecord(1e12 + atMs, FROM, TO, octets) ?? [])
  const capture = parsePcap(Buffer.concat([pcapFileHeader(), ...records]))
  if (capture === undefined) throw new Error('no capture')
  return searchCapture(capture, NEEDLES)
}

/** Sound in A-law, and keys in it. */
function sound(keys: string, level = -12): Timed[] {
  const pcm = new Int16Array(8 * 100 * Math.max(10, keys.length * 2))
  for (const [i, key] of [...keys].entries()) writeKey(pcm, i * 1600, Number(key), 100, level, 8000)
  if (keys === '') addSine(pcm, 0, pcm.length, 440, -13, 8000)
  const encoder = createEncoder('PCMA')
  return Array.from({ length: pcm.length / PACKET }, (_, i) => {
    const octets = new Uint8Array(HEADER_SIZE + PACKET)
    writeHeader(octets, 8, i === 0, i, i * PACKET, 7)
    encoder.encode(pcm.subarray(i * PACKET), PACKET, octets, HEADER_SIZE)
    return { atMs: i * 20, octets }
  })
}

function events(keys: string): Timed[] {
  const sender = new EventSender({ ssrc: 7, payloadType: 101, sequence: 1 })
  return [...keys].flatMap((key, i) => {
    sender.press(Number(key), i * 2400, 100)
    const packets: Timed[] = []
    for (let at = i * 300; ; at += 20) {
      const octets = new Uint8Array(EVENT_PACKET_SIZE)
      if (sender.next(octets) === 0) return packets
      packets.push({ atMs: at, octets })
    }
  })
}

function info(key: string, type: string, body: string): Timed {
  const text = `INFO sip:a@192.0.2.2 SIP/2.0\r\nCall-ID: ${key}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  return { atMs: 0, octets: Buffer.from(text) }
}

t.test('telephone-events are found, press by press and as a number', async (t) => {
  const { presses, finds, streams } = search(events(NUMBER))
  t.equal(streams.length, 1)
  t.equal(presses.map(({ code }) => code).join(''), NUMBER)
  t.ok(presses.every(({ by, from, to }) => by === 'event' && from === '192.0.2.1:4000' && to === '192.0.2.2:5000'))
  t.ok(finds.some(({ form, over }) => form === 'telephone-event codes' && over === 'keys'))
})

t.test('tones are found in the sound', async (t) => {
  const { presses, finds } = search(sound(NUMBER))
  t.equal(presses.map(({ code }) => code).join(''), NUMBER)
  t.ok(presses.every(({ by }) => by === 'tone'))
  t.ok(finds.length > 0)
})

t.test('a hum is no key', async (t) => {
  t.strictSame(search(sound('')).presses, [])
  t.strictSame(search(sound('')).finds, [])
})

t.test('bodies of INFO are read, of either type', async (t) => {
  const relay = [...NUMBER].map((key) => info(key, 'application/dtmf-relay', `Signal=${key}\r\nDuration=160\r\n`))
  t.equal(
    search(relay)
      .presses.map(({ code }) => code)
      .join(''),
    NUMBER,
  )
  t.ok(search(relay).finds.some(({ over }) => over === 'keys'))
  const plain = [...NUMBER].map((key) => info(key, 'application/dtmf', key))
  t.equal(
    search(plain)
      .presses.map(({ code }) => code)
      .join(''),
    NUMBER,
  )
  t.strictSame(search([info('1', 'application/sdp', 'v=0\r\n')]).presses, [])
  t.strictSame(search([info('1', 'application/dtmf-relay', '\0'.repeat(26))]).presses, [], 'a blanked one')
})

t.test('every form of the number is found in a datagram, and another number is not', async (t) => {
  for (const { form, octets } of NEEDLES) {
    const { finds } = search([{ atMs: 0, octets: Buffer.concat([Buffer.from('x: '), octets, Buffer.from('\r\n')]) }])
    t.ok(
      finds.some((find) => find.form === form && find.over === 'udp'),
      form,
    )
  }
  t.strictSame(search([{ atMs: 0, octets: Buffer.from('x: 4111111111111111\r\n') }]).finds, [])
})
