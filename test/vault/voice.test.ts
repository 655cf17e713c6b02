/** The pacing and the seams of the stream that a caller hears in a vault, in stepped time. */

import t from 'tap'
import type { Ticket } from '../../src/media/contract.ts'
import { marker, payloadType, sequence, ssrc, timestamp } from '../../src/rtp/packet.ts'
import { Beat } from '../../src/vault/beat.ts'
import { Voice } from '../../src/vault/voice.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { ticketFor } from './bench.ts'

type Sent = { atMs: number; octets: Buffer }

function makeVoice(change: Partial<Ticket> = {}) {
  const clock = steppedClock()
  const ticket: Ticket = { ...ticketFor('PCMA', 4000, 5000), ...change }
  const sent: Sent[] = []
  let played = 0
  const voice = new Voice({
    ticket,
    nowMs: clock.now(),
    send: (packet, size) => sent.push({ atMs: clock.now(), octets: Buffer.from(packet.subarray(0, size)) }),
    onPlayed: () => played++,
  })
  new Beat(clock).join(20, (nowMs) => voice.tick(nowMs))
  // As a session does once it has the socket.
  voice.tick(clock.now())
  return { clock, ticket, sent, voice, played: () => played }
}

t.test('goes on where the ticket says, across the wraps, one packet each ptime', async (t) => {
  const { clock, sent, ticket } = makeVoice()
  const startMs = clock.now()
  clock.step(1000)
  t.equal(sent.length, 51)
  sent.forEach(({ atMs, octets }, i) => {
    t.equal(atMs - startMs, 20 * i, 'when it is due')
    t.equal(sequence(octets), (ticket.nextSequence + i) & 0xffff)
    t.equal(timestamp(octets), (ticket.nextTimestamp + 160 * i) >>> 0)
    t.equal(ssrc(octets), ticket.ssrc)
    t.equal(payloadType(octets), 8)
    t.notOk(marker(octets))
    t.equal(octets.length, 172)
  })
})

t.test('the first packet comes at once, whatever the way here took', async (t) => {
  for (const sinceLastSentMs of [0, 13, 25]) {
    const { sent } = makeVoice({ sinceLastSentMs })
    t.equal(sent.length, 1)
  }
})

t.test('clips follow each other without a gap, and are told to be over once', async (t) => {
  const { clock, sent, voice, played } = makeVoice()
  voice.play([new Uint8Array(100).fill(1), new Uint8Array(250).fill(2)])
  clock.step(40)
  t.equal(played(), 0)
  clock.step(20)
  t.equal(played(), 1)
  clock.step(200)
  t.equal(played(), 1)
  const payload = Buffer.concat(sent.slice(1, 4).map(({ octets }) => octets.subarray(12)))
  t.ok(payload.subarray(0, 100).every((octet) => octet === 1))
  t.ok(payload.subarray(100, 350).every((octet) => octet === 2))
})

t.test('a clip is taken when it comes to be heard, and none after a hush', async (t) => {
  const { clock, voice, played } = makeVoice()
  const taken: number[] = []
  function* clips(): Generator<Uint8Array, void> {
    for (let i = 0; i < 4; i++) {
      taken.push(i)
      yield new Uint8Array(480).fill(i)
    }
  }
  voice.play(clips())
  t.same(taken, [0])
  clock.step(60)
  t.same(taken, [0, 1])
  clock.step(60)
  t.same(taken, [0, 1, 2])
  voice.hush()
  clock.step(500)
  t.same(taken, [0, 1, 2])
  t.equal(played(), 0)
})

t.test('a clip that is stopped is not told to be over', async (t) => {
  const { clock, voice, played } = makeVoice()
  voice.play([new Uint8Array(1600)])
  clock.step(50)
  voice.hush()
  clock.step(500)
  t.equal(played(), 0)
  voice.play([])
  clock.step(20)
  t.equal(played(), 1, 'no clips at all are over at once')
})

t.test('beats that come now a little early, now a little late, move no packet to another beat', async (t) => {
  for (const phaseMs of [0, 0.5, 3, 5, 9.5]) {
    const { sent, voice, clock, ticket } = makeVoice()
    const startMs = clock.now()
    const times: number[] = []
    for (let beat = 1; beat <= 200; beat++) {
      const nowMs = startMs + phaseMs + beat * 10 + (beat % 3) - 1
      const before = sent.length
      voice.tick(nowMs)
      if (sent.length > before) times.push(nowMs)
      t.ok(sent.length - before <= 1, 'no two at once')
    }
    const gaps = times.slice(1).map((ms, i) => ms - (times[i] ?? 0))
    t.ok(
      gaps.every((gap) => Math.abs(gap - 20) <= 2),
      `phase ${phaseMs}: ${Math.min(...gaps)} to ${Math.max(...gaps)} ms`,
    )
    t.equal(sequence((sent.at(-1) as Sent).octets), (ticket.nextSequence + sent.length - 1) & 0xffff)
  }
})

t.test('a short stall is made up for, a long one is skipped with a marker', async (t) => {
  const { sent, voice, clock, ticket } = makeVoice()
  const startMs = clock.now()
  voice.tick(startMs + 70)
  t.equal(sent.length, 4)
  voice.tick(startMs + 570)
  t.equal(sent.length, 5, 'one, not twenty-five')
  const [, , , , last] = sent
  t.ok(last !== undefined && marker(last.octets))
  t.equal(timestamp((last as Sent).octets), (ticket.nextTimestamp + 160 * 28) >>> 0, 'time went on meanwhile')
  t.equal(sequence((last as Sent).octets), (ticket.nextSequence + 4) & 0xffff, 'numbers did not')
})

t.test('the ticket that leaves says what the next one is', async (t) => {
  const { clock, voice, ticket } = makeVoice()
  clock.step(107)
  t.match(voice.ticket(clock.now(), { address: '192.0.2.1', rtpPort: 9 }, 77), {
    nextSequence: (ticket.nextSequence + 6) & 0xffff,
    nextTimestamp: (ticket.nextTimestamp + 960) >>> 0,
    sinceLastSentMs: 7,
    packetsSent: ticket.packetsSent + 6,
    octetsSent: ticket.octetsSent + 960,
    latched: { address: '192.0.2.1', rtpPort: 9 },
    remoteSsrc: 77,
    ssrc: ticket.ssrc,
  })
})

t.test('a caller who does not want to hear gets nothing, and prompts end all the same', async (t) => {
  const base = ticketFor('PCMA', 4000, 5000)
  const { clock, sent, voice, played } = makeVoice({ stream: { ...base.stream, send: false } })
  voice.play([new Uint8Array(800)])
  clock.step(200)
  t.equal(sent.length, 0)
  t.equal(played(), 1)
})

t.test('other packet times and codecs', async (t) => {
  for (const sendPtimeMs of [10, 30, 60]) {
    for (const codec of ['PCMU', 'G722'] as const) {
      const base = ticketFor(codec, 4000, 5000)
      const { clock, sent } = makeVoice({ stream: { ...base.stream, sendPtimeMs } })
      clock.step(600)
      t.equal(sent.length, 1 + 600 / sendPtimeMs, `${codec} at ${sendPtimeMs} ms`)
      t.equal(sent[0]?.octets.length, 12 + 8 * sendPtimeMs)
    }
  }
})
