import t from 'tap'
import { codecCode, readSegment, type SegmentHead, SegmentWriter, trackCode } from '../../src/record/segment.ts'

const HEAD: SegmentHead = { recording: 'call-abc', part: '0a1b2c3d', number: 7, startedAtMs: 1_764_332_000_123 }
const PACKET = Uint8Array.from({ length: 172 }, (_, i) => i)

t.test('what is written is read again, in its order', (t) => {
  const writer = new SegmentWriter()
  writer.begin(HEAD)
  t.equal(writer.isEmpty, true)
  t.equal(writer.sound(trackCode('caller'), codecCode('PCMA'), true, 20.4, 0xfffffff0 | 0, PACKET, 12, 172), true)
  t.equal(writer.mark('withheld', 33), true)
  t.equal(writer.mark('resumed', 70_000), true)
  t.equal(writer.sound(trackCode('agent'), codecCode('G722'), false, 70_020, 5, PACKET, 12, 12), true)
  t.equal(writer.isEmpty, false)
  t.strictSame(readSegment(writer.content), {
    head: HEAD,
    entries: [
      {
        ...{ kind: 'sound', track: 'caller', codec: 'PCMA', fresh: true, atMs: 20, timestamp: 0xfffffff0 },
        payload: PACKET.subarray(12),
      },
      { kind: 'mark', mark: 'withheld', atMs: 33 },
      { kind: 'mark', mark: 'resumed', atMs: 70_000 },
      {
        ...{ kind: 'sound', track: 'agent', codec: 'G722', fresh: false, atMs: 70_020, timestamp: 5 },
        payload: new Uint8Array(0),
      },
    ],
  })
  t.end()
})

t.test('a full segment takes no more sound, and still its marks', (t) => {
  const writer = new SegmentWriter(1024)
  writer.begin(HEAD)
  let taken = 0
  while (writer.sound(0, 0, false, 0, 0, PACKET, 12, 172)) taken++
  t.equal(taken, 4)
  for (let i = 0; i < 4; i++) t.equal(writer.mark('end', i), true)
  t.equal(readSegment(writer.content)?.entries.length, taken + 4)
  writer.begin({ ...HEAD, number: 8 })
  t.equal(readSegment(writer.content)?.head.number, 8)
  t.equal(writer.sound(0, 0, false, 0, 0, PACKET, 12, 172), true)
  t.end()
})

t.test('wiped: nothing of the sound is left in its buffer', (t) => {
  const writer = new SegmentWriter(4096)
  writer.begin(HEAD)
  writer.sound(
    0,
    0,
    false,
    0,
    0,
    PACKET.map(() => 0x55),
    12,
    172,
  )
  const { buffer } = writer.content
  t.ok(new Uint8Array(buffer).includes(0x55))
  writer.wipe()
  t.ok(new Uint8Array(buffer).every((octet) => octet === 0))
  t.equal(writer.content.length, 0)
  t.end()
})

t.test('what is no segment is none, cut anywhere or of another kind', (t) => {
  const writer = new SegmentWriter()
  writer.begin(HEAD)
  const headOctets = writer.content.length
  writer.sound(0, 1, true, 1, 2, PACKET, 12, 172)
  writer.mark('end', 3)
  const whole = writer.content
  const ends = new Set([headOctets, headOctets + 176, whole.length])
  for (let length = 0; length <= whole.length; length++) {
    t.equal(readSegment(whole.subarray(0, length)) !== undefined, ends.has(length), `cut at ${length}`)
  }
  const changed = (at: number, to: number): Uint8Array => {
    const copy = whole.slice()
    copy[headOctets + at] = to
    return copy
  }
  for (const [at, to, what] of [
    [0, 2, 'neither sound nor mark'],
    [1, 2, 'no track'],
    [2, 4, 'no codec'],
    [12, 255, 'longer than it is'],
    [176 + 2, 3, 'no mark'],
    [176 + 13, 1, 'a mark with a payload'],
  ] as const) {
    t.equal(readSegment(changed(at, to)), undefined, what)
  }
  for (const head of [
    '',
    '{',
    'null',
    '[]',
    '{"format":"sotto-recording","version":2}',
    '{"format":"other","version":1}',
  ]) {
    t.equal(readSegment(Buffer.from(`${head}\n`)), undefined, head)
  }
  t.end()
})

t.test('a payload is written as it is, wherever it stands in its packet', async (t) => {
  const places = [
    [0, 0],
    [12, 0],
    [16, 0],
    [17, 0],
    [40, 0],
    [12, 3],
  ] as const
  const writer = new SegmentWriter()
  writer.begin({ recording: 'call-1', part: '0badcafe', number: 0, startedAtMs: 1 })
  const payload = Uint8Array.from({ length: 20 }, (_, i) => i + 1)
  for (const [before, after] of places) {
    const packet = new Uint8Array(before + payload.length + after).fill(0xee)
    packet.set(payload, before)
    t.ok(writer.sound(0, 1, false, 7, 8, packet, before, before + payload.length))
  }
  const { entries = [] } = readSegment(writer.content) ?? {}
  t.same(
    entries.map((entry) => entry.kind === 'sound' && [...entry.payload]),
    places.map(() => [...payload]),
  )
  t.notOk(writer.content.includes(0xee), 'and nothing of what stands around it')
})
