/** Segments of recordings: how long they are, and what becomes of their buffers. */

import t from 'tap'
import { Recordings } from '../../src/media/recordings.ts'
import { readSegment, SEGMENT_OCTETS } from '../../src/record/segment.ts'
import { memoryDisk } from '../peers/memory-disk.ts'
import { anybody } from '../peers/recorded-room.ts'
import { desk, SOUND, START_MS, settled } from '../peers/recorder-desk.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { steppedRoom } from '../peers/stepped-room.ts'

t.test('a segment is sealed when it is five seconds old, and overwritten at once', async (t) => {
  const { begin, say, seen, disk, recordings } = await desk()
  const recorder = begin('/r/a')
  for (let ms = 0; ms < 5000; ms += 20) say(recorder, START_MS + ms)
  recordings.sealDue(START_MS + 4999)
  t.equal(seen.length, 0)
  recordings.sealDue(START_MS + 5000)
  t.equal(seen.length, 1)
  const buffer = new Uint8Array((seen[0] as Uint8Array).buffer)
  t.equal(buffer.length, SEGMENT_OCTETS)
  t.notOk(buffer.includes(SOUND), 'no octet of sound is left in the buffer')
  await settled()
  const [segment] = disk.segments('/r/a')
  t.same(segment?.head, { recording: 'call-1', part: '0badcafe', number: 0, startedAtMs: 1_764_332_000_000 })
  t.equal(segment?.entries.length, 250)
  t.equal(segment?.entries.at(-1)?.atMs, 4980)
  recordings.sealDue(START_MS + 60_000)
  t.equal(seen.length, 1, 'nothing came: there is nothing to seal')
  say(recorder, START_MS + 60_000)
  recordings.sealDue(START_MS + 60_000)
  t.equal(seen.length, 1, 'its five seconds begin with what came')
  await recordings.end(recorder, START_MS + 60_010)
  t.same(
    disk.segments('/r/a').map(({ head }) => head.number),
    [0, 1],
  )
  t.ok(
    buffer.every((octet) => octet === 0),
    'at the end nothing at all is left',
  )
  t.equal(disk.opened, 0)
  t.ok(recordings.isIdle)
})

t.test('a full segment makes way for another one, and no packet is lost', async (t) => {
  const { begin, say, seen, disk, recordings } = await desk()
  const recorder = begin('/r/a')
  for (let i = 0; i < 200; i++) say(recorder, START_MS + i, 1200)
  t.equal(seen.length, 0, 'sealing is not done while packets are taken')
  for (let i = 0; i < 5; i++) recordings.sealDue(START_MS + 200)
  t.equal(seen.length, 2)
  await settled()
  await recordings.end(recorder, START_MS + 210)
  const segments = disk.segments('/r/a')
  t.same(
    segments.map(({ head }) => head.number),
    [0, 1, 2],
  )
  const sounds = segments.flatMap(({ entries }) => entries.filter(({ kind }) => kind === 'sound'))
  t.equal(sounds.length, 200)
  t.same(
    sounds.map(({ atMs }) => atMs),
    Array.from({ length: 200 }, (_, i) => i),
  )
  for (const content of seen) t.notOk(new Uint8Array(content.buffer).includes(SOUND))
})

t.test('who floods is recorded in part, and takes no more memory for it', async (t) => {
  const { begin, say, seen, recordings } = await desk()
  const recorder = begin('/r/a')
  for (let i = 0; i < 5000; i++) say(recorder, START_MS, 1400)
  t.ok(recorder.packets < 400, `${recorder.packets} were taken`)
  await recordings.end(recorder, START_MS)
  t.equal(seen.length, 5)
})

t.test('buffers are used again, and what they held goes nowhere', async (t) => {
  const { begin, say, seen, recordings } = await desk()
  const first = begin('/r/a')
  say(first, START_MS)
  await recordings.end(first, START_MS + 20)
  const second = begin('/r/b')
  say(second, START_MS)
  await recordings.end(second, START_MS + 20)
  t.equal(seen[0]?.buffer, seen[1]?.buffer)
})

t.test('segments of many recordings that are due at once are sealed over many ticks', async (t) => {
  const { begin, say, seen, recordings } = await desk()
  const all = Array.from({ length: 300 }, (_, i) => begin(`/r/${i}`))
  for (const recorder of all) say(recorder, START_MS)
  const rounds: number[] = []
  for (let i = 0; seen.length < 300 && i < 1000; i++) {
    const before = seen.length
    recordings.sealDue(START_MS + 5000 + i * 20)
    rounds.push(seen.length - before)
  }
  t.equal(seen.length, 300)
  t.equal(Math.max(...rounds), 3)
  t.equal(rounds.length, 100, 'two seconds')
})

t.test('other recipients are for the next segment of all that runs', async (t) => {
  const disk = memoryDisk()
  const recordings = new Recordings({
    createSeal: (recipients) => (content) => Uint8Array.of(recipients[0]?.publicKey[0] ?? 0, ...content),
    disk,
    clock: steppedClock(),
  })
  const to = (first: number) => [{ issuerAndSerial: new Uint8Array(1), publicKey: Uint8Array.of(first) }]
  t.ok(recordings.sealTo(to(1)))
  const terms = { recording: 'call-1', part: '0badcafe', startedAtMs: 0, path: '/r/a' }
  const recorder = recordings.begin(terms, () => undefined, START_MS)
  recorder.withhold(true, START_MS)
  recordings.sealDue(START_MS + 5000)
  t.ok(recordings.sealTo(to(2)))
  t.notOk(recordings.sealTo([]), 'to nobody it is not')
  await recordings.end(recorder, START_MS + 6000)
  const written = disk.files.get('/r/a') ?? []
  t.same(
    written.map((octets) => octets[0]),
    [1, 2],
  )
  t.same(
    written.map((octets) => readSegment(octets.subarray(1))?.entries),
    [[{ kind: 'mark', mark: 'withheld', atMs: 0 }], [{ kind: 'mark', mark: 'end', atMs: 6000 }]],
  )
})

t.test('closing a port ends its recording, and that is told', async (t) => {
  const stepped = await steppedRoom()
  await stepped.phone('caller')
  await stepped.ask({ do: 'seal-to', recipients: anybody })
  await stepped.ask({ do: 'record', portId: 'caller', recording: 'call-1', file: '/r/a' })
  stepped.step(100)
  await stepped.ask({ do: 'close', portId: 'caller' })
  await settled()
  t.equal(stepped.disk.segments('/r/a').at(-1)?.entries.at(-1)?.kind, 'mark')
  t.match(stepped.events.at(-1), {
    type: 'recording',
    portId: 'caller',
    recording: 'call-1',
    state: 'ended',
    segments: 1,
  })
  t.ok(stepped.room.recordings.isIdle)
})
