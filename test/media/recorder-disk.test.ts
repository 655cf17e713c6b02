/** Recordings when the disk takes nothing, is slow, keeps nothing or never answers, and when nothing can be sealed. */

import t from 'tap'
import { desk, SOUND, START_MS, settled } from '../peers/recorder-desk.ts'

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

t.test(
  'a disk that does not answer is given up at the end, what it has not taken is counted, and what it does later is told nobody',
  async (t) => {
    const { begin, say, disk, clock, recordings, told } = await desk()
    const recorder = begin('/r/a')
    const segment = async (ms: number) => {
      say(recorder, START_MS + ms)
      recordings.sealDue(START_MS + ms + 5000)
      await settled()
    }
    await segment(0)
    const letGo = disk.hold()
    await segment(5000)
    await segment(10_000)
    say(recorder, START_MS + 15_000)
    let over = false
    const end = recordings.end(recorder, START_MS + 17_000).then(() => {
      over = true
    })
    clock.step(3999)
    await settled()
    t.notOk(over || recordings.isIdle, 'it is waited for')
    clock.step(1)
    await end
    t.same(told, [{ state: 'failed', lostMs: 12_000, segments: 1 }])
    t.ok(recordings.isIdle)
    t.ok(recordings.isHeldByDisk)
    letGo()
    for (let turn = 0; turn < 5; turn++) await settled()
    t.notOk(recordings.isHeldByDisk)
    t.equal(told.length, 1, 'not even that it goes on')
    t.match(recorder.file, { segments: 1, lostMs: 12_000 })
    t.equal(disk.opened, 0)

    const next = begin('/r/b')
    say(next, START_MS)
    const quick = recordings.end(next, START_MS + 1000)
    await quick
    t.equal(clock.pending, 0, 'a disk that answers leaves no timer behind')
    t.notOk(recordings.isHeldByDisk)
  },
)

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
