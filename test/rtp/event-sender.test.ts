import t from 'tap'
import * as packet from '../../src/rtp/packet.ts'
import {
  EVENT_PACKET_SIZE,
  EventReader,
  EventSender,
  type EventStream,
  eventCode,
  eventDuration,
  eventEnds,
} from '../../src/rtp/telephone-event.ts'

type Sent = { seq: number; ts: number; marker: boolean; code: number; end: boolean; duration: number; volume: number }

function all(sender: EventSender): Sent[] {
  const out = new Uint8Array(64)
  const sent: Sent[] = []
  for (let length = sender.next(out); length > 0; length = sender.next(out)) {
    t.equal(length, EVENT_PACKET_SIZE)
    t.equal(packet.isRtp(out.subarray(0, length)), true)
    t.strictSame([packet.ssrc(out), packet.payloadType(out)], [7, 96])
    sent.push({
      seq: packet.sequence(out),
      ts: packet.timestamp(out),
      marker: packet.marker(out),
      code: eventCode(out, 12),
      end: eventEnds(out, 12),
      duration: eventDuration(out, 12),
      volume: (out[13] as number) & 0x3f,
    })
  }
  return sent
}

const stream: EventStream = { ssrc: 7, payloadType: 96, sequence: 65534 }

t.test('one press: a start with the marker, updates, three ends', async (t) => {
  const sender = new EventSender(stream)
  t.equal(sender.next(new Uint8Array(16)), 0, 'nothing to send before the press')
  sender.press(11, 0xffffff00, 60)
  const sent = all(sender)
  const row = { code: 11, ts: 0xffffff00, volume: 10 }
  t.strictSame(sent, [
    { seq: 65534, marker: true, end: false, duration: 160, ...row },
    { seq: 65535, marker: false, end: false, duration: 320, ...row },
    { seq: 0, marker: false, end: true, duration: 480, ...row },
    { seq: 1, marker: false, end: true, duration: 480, ...row },
    { seq: 2, marker: false, end: true, duration: 480, ...row },
  ])
  t.equal(sender.sequence, 3, 'the audio goes on from here')
  sender.sequence = 500
  sender.press(0, 5000, 1)
  t.match(all(sender), [
    { seq: 500, marker: true, end: true, duration: 160 },
    { seq: 501, marker: false },
    { seq: 502, marker: false },
  ])
})

t.test('clock, packet time and volume are the stream’s', async (t) => {
  const sender = new EventSender({ ...stream, clockRate: 16000, ptimeMs: 30, volume: 63 })
  sender.press(1, 0, 80)
  t.strictSame(
    all(sender).map((s) => [s.duration, s.volume]),
    [
      [480, 63],
      [960, 63],
      [1440, 63],
      [1440, 63],
      [1440, 63],
    ],
  )
})

t.test('a press of 20 s goes in segments (section 2.5.1.3), and is read as one', async (t) => {
  const sender = new EventSender(stream)
  sender.press(5, 1000, 20_000)
  const sent = all(sender)
  t.equal(sent.length, 1002)
  t.equal(sent.filter((s) => s.marker).length, 1)
  t.equal(sent.filter((s) => s.end).length, 3)
  t.strictSame(
    [...new Set(sent.map((s) => s.ts))],
    [1000, 1000 + 65535, 1000 + 2 * 65535],
    'each segment begins where the one before is full',
  )
  t.equal(sent.filter((s) => s.duration === 65535).length, 2, 'each full segment is told once')
  t.equal((sent.at(-1)?.ts ?? 0) + (sent.at(-1)?.duration ?? 0), 1000 + 160_000)
  const again = new EventSender(stream)
  again.press(5, 1000, 20_000)
  const reader = new EventReader()
  const out = new Uint8Array(EVENT_PACKET_SIZE)
  let keys = 0
  for (let nowMs = 0; again.next(out) > 0; nowMs += 20) if (reader.accept(out, 12, 16, nowMs) >= 0) keys++
  t.equal(keys, 1)
})

t.test('a press that ends just behind a full segment ends in the next one', async (t) => {
  for (const ms of [8180, 8200, 8220]) {
    const sender = new EventSender(stream)
    sender.press(5, 0, ms)
    const sent = all(sender)
    t.equal((sent.at(-1)?.ts ?? 0) + (sent.at(-1)?.duration ?? 0), ms * 8, `${ms} ms`)
    t.equal(
      sent.filter((s) => s.end).every((s) => s.ts === sent.at(-1)?.ts),
      true,
    )
  }
})

t.test('wipe stops the press and forgets the key', async (t) => {
  const sender = new EventSender(stream)
  sender.press(9, 1000, 100)
  sender.next(new Uint8Array(16))
  sender.wipe()
  t.equal(sender.next(new Uint8Array(16)), 0)
})
