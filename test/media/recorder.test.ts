/** Segments of recordings: how long they are, what becomes of their buffers, and what happens when the disk takes nothing. */

import t from 'tap'
import { AUDIO } from '../../src/media/link.ts'
import type { Recorder } from '../../src/media/recorder.ts'
import type { RecordingFile } from '../../src/media/recording-file.ts'
import { Recordings } from '../../src/media/recordings.ts'
import { readSegment, SEGMENT_OCTETS } from '../../src/record/segment.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
import { memoryDisk } from '../peers/memory-disk.ts'
import { anybody } from '../peers/recorded-room.ts'
import { steppedRoom } from '../peers/stepped-room.ts'

const SOUND = 0x5a
const START_MS = 1000.25

type Told = { readonly state: string; readonly lostMs: number; readonly segments: number }

/** Recordings without a room: packets are given to their taps. */
async function desk() {
  const disk = memoryDisk()
  const seen: Uint8Array[] = []
  let breaks = false
  let sealed = 0
  const recordings = new Recordings({
    createSeal: () => (content) => {
      if (breaks) throw new Error('no seal')
      seen.push(content)
      sealed++
      return content.slice()
    },
    disk,
  })
  recordings.sealTo(anybody)
  const stepped = await steppedRoom()
  await stepped.phone('hearer')
  const hearer = stepped.port('hearer')
  const told: Told[] = []
  const onState = ({ lostMs, segments }: RecordingFile, state: string) => void told.push({ state, lostMs, segments })
  const packet = new Uint8Array(HEADER_SIZE + 160).fill(SOUND)
  let at = 0
  return {
    ...{ disk, recordings, told, seen },
    get sealed() {
      return sealed
    },
    breakSeal(is: boolean) {
      breaks = is
    },
    begin(path: string): Recorder {
      const terms = { recording: 'call-1', part: '0badcafe', startedAtMs: 1_764_332_000_000, path }
      const recorder = recordings.begin(terms, onState, START_MS)
      recorder.caller.hear('PCMA', [hearer])
      recorder.agent.hear('PCMA', [hearer])
      return recorder
    },
    say(recorder: Recorder, nowMs: number, octets = 160) {
      const one = octets === 160 ? packet : new Uint8Array(HEADER_SIZE + octets).fill(SOUND)
      writeHeader(one, 8, false, at & 0xffff, (at * 160) | 0, 77)
      at++
      recorder.caller.take(one, AUDIO, nowMs)
    },
  }
}

/** What is under way on the disk in memory. */
const settled = () => new Promise<void>((done) => setImmediate(done))

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

t.test('a disk that is full: told once, what it did not take is counted, and it goes on by itself', async (t) => {
  const { begin, say, disk, recordings, told } = await desk()
  const recorder = begin('/r/a')
  const second = async (fromMs: number) => {
    say(recorder, START_MS + fromMs)
    recordings.sealDue(START_MS + fromMs + 5000)
    await settled()
  }
  await second(0)
  disk.full = true
  await second(5000)
  await second(10_000)
  t.same(told, [{ state: 'failed', lostMs: 5000, segments: 1 }])
  disk.full = false
  await second(15_000)
  t.same(told.slice(1), [{ state: 'resumed', lostMs: 10_000, segments: 2 }])
  await recordings.end(recorder, START_MS + 20_010)
  t.same(
    disk.segments('/r/a').map(({ head }) => head.number),
    [0, 3, 4],
    'the numbers show what is missing',
  )
  t.equal(recorder.file.segments, 3)
  t.equal(recorder.packets, 4, 'it was recorded all along')
})

t.test('a disk that is full from the beginning is told before there is anything to write', async (t) => {
  const { begin, say, disk, recordings, told } = await desk()
  disk.full = true
  const recorder = begin('/r/a')
  await settled()
  t.same(told, [{ state: 'failed', lostMs: 0, segments: 0 }])
  disk.full = false
  say(recorder, START_MS)
  await recordings.end(recorder, START_MS + 1000)
  t.same(told[1], { state: 'resumed', lostMs: 0, segments: 1 })
  t.equal(disk.segments('/r/a').length, 1)
})

t.test('a slow disk has two segments wait for it; more are lost', async (t) => {
  const { begin, say, disk, recordings, told } = await desk()
  const recorder = begin('/r/a')
  await settled()
  const letGo = disk.hold()
  for (let i = 0; i < 6; i++) {
    say(recorder, START_MS + i * 5000)
    recordings.sealDue(START_MS + i * 5000 + 5000)
    await settled()
  }
  t.same(told, [{ state: 'failed', lostMs: 5000, segments: 0 }])
  t.equal(recorder.file.lostMs, 15_000, 'one is written, two wait, three are lost')
  letGo()
  await settled()
  t.equal(told.at(-1)?.state, 'resumed')
  await recordings.end(recorder, START_MS + 40_000)
  t.same(
    disk.segments('/r/a').map(({ head }) => head.number),
    [0, 1, 2, 6],
  )
})

t.test('at its end the disk is made to hold it; where that fails all of it counts as lost', async (t) => {
  const { begin, say, disk, recordings, told } = await desk()
  const [kept, forgotten, empty] = [begin('/r/kept'), begin('/r/forgotten'), begin('/r/empty')]
  for (const recorder of [kept, forgotten]) say(recorder, START_MS)
  recordings.sealDue(START_MS + 5000)
  recordings.sealDue(START_MS + 5000)
  await settled()
  t.equal(disk.synced.size, 0, 'not in the middle')
  await recordings.end(kept, START_MS + 8000)
  t.equal(disk.synced.get('/r/kept'), 2)
  t.same(told, [])
  disk.forgetful = true
  await recordings.end(forgotten, START_MS + 8000)
  t.same(told, [{ state: 'failed', lostMs: 5000, segments: 2 }])
  disk.full = true
  await recordings.end(empty, START_MS + 8000)
  t.equal(empty.file.segments, 0)
  t.same(told.slice(1), [{ state: 'failed', lostMs: 0, segments: 0 }], 'where nothing was written nothing more is lost')
  t.equal(disk.opened, 0, 'and every file is closed')
})

t.test('where a segment cannot be sealed it is overwritten and counted, and the call goes on', async (t) => {
  const { begin, say, breakSeal, recordings, told, disk, seen } = await desk()
  const recorder = begin('/r/a')
  breakSeal(true)
  say(recorder, START_MS)
  recordings.sealDue(START_MS + 5000)
  t.same(told, [{ state: 'failed', lostMs: 5000, segments: 0 }])
  breakSeal(false)
  say(recorder, START_MS + 5000)
  await recordings.end(recorder, START_MS + 6000)
  t.equal(disk.segments('/r/a').length, 1)
  t.notOk(new Uint8Array((seen[0] as Uint8Array).buffer).includes(SOUND))
})

t.test('other recipients are for the next segment of all that runs', async (t) => {
  const disk = memoryDisk()
  const recordings = new Recordings({
    createSeal: (recipients) => (content) => Uint8Array.of(recipients[0]?.publicKey[0] ?? 0, ...content),
    disk,
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
