import t from 'tap'
import { beginDrains, noteDrain } from '../../src/media/drain-lateness.ts'
import { createLoadMeter, latenessOf, noteBeat } from '../../src/media/load.ts'
import { forward } from '../../src/media/tick.ts'
import { createReceiveBatch } from '../../src/media/udp-batch.ts'
import { steppedRoom } from '../peers/stepped-room.ts'

/** Of the beat. */
const DRAIN_MS = 2

/** A process whose drainings each take `workMs`, for a second. @returns how late it would be told. */
function latenessWith(workMs: number, leaves: boolean, ticks: number): number {
  const meter = createLoadMeter()
  beginDrains(meter, 0, DRAIN_MS)
  for (let nowMs = DRAIN_MS; nowMs < 1000; nowMs += DRAIN_MS + workMs) {
    meter.drains.leaves = leaves
    noteDrain(meter, nowMs, DRAIN_MS)
  }
  // Those of the tick come when a draining lets them.
  for (let i = 0; i < ticks; i++) noteBeat(meter, workMs / 2)
  return latenessOf(meter)
}

t.test('a process that is full by receiving is late, and one that is not is not', async (t) => {
  const rows: readonly (readonly [string, number, boolean, number, number])[] = [
    ['nothing to do', 0, false, 0, 0.25],
    ['half full', 2, false, 2, 2.25],
    ['full, and all is taken each time', 14, false, 14, 14.25],
    // What no draining has room for waits longer and longer.
    ['more comes than it can take', 14, true, 900, 1032],
  ]
  for (const [name, workMs, leaves, least, most] of rows) {
    const told = latenessWith(workMs, leaves, 20)
    t.ok(told >= least && told <= most, `${name}: ${told} ms`)
  }
})

t.test('what was left waits no more once a draining has taken all', async (t) => {
  const meter = createLoadMeter()
  beginDrains(meter, 0, DRAIN_MS)
  meter.drains.leaves = true
  for (const atMs of [2, 16, 30]) noteDrain(meter, atMs, DRAIN_MS)
  t.equal(meter.drains.dueMs, 2, 'since the first of them')
  meter.drains.leaves = false
  noteDrain(meter, 44, DRAIN_MS)
  t.equal(meter.drains.dueMs, 46)
  t.ok(latenessOf(meter) >= 42, `${latenessOf(meter)} ms`)
})

t.test('drainings that were left out count for what came meanwhile', async (t) => {
  const meter = createLoadMeter()
  beginDrains(meter, 0, DRAIN_MS)
  let nowMs = 0
  // A second in which it was stopped once for 60 ms: of what came, 6 % waited, the longest 58 ms.
  for (; nowMs < 938; nowMs += DRAIN_MS) noteDrain(meter, nowMs + DRAIN_MS, DRAIN_MS)
  noteDrain(meter, nowMs + 60, DRAIN_MS)
  t.ok(meter.beats >= 495 && meter.beats <= 500, `${meter.beats} drainings, done or left out`)
  const told = latenessOf(meter)
  t.ok(told > 45 && told <= 56, `${told} ms`)
})

t.test('one that comes early, since the tick drained before it, is punctual', async (t) => {
  const meter = createLoadMeter()
  beginDrains(meter, 0, DRAIN_MS)
  for (let nowMs = 0.5; nowMs < 1000; nowMs += 0.5) noteDrain(meter, nowMs, DRAIN_MS)
  t.ok(latenessOf(meter) <= 0.25)
})

t.test('a time without sockets is not lateness', async (t) => {
  const meter = createLoadMeter()
  beginDrains(meter, 0, DRAIN_MS)
  noteDrain(meter, 2, DRAIN_MS)
  beginDrains(meter, 90_000, DRAIN_MS)
  noteDrain(meter, 90_002, DRAIN_MS)
  t.equal(meter.beats, 2)
  t.ok(latenessOf(meter) <= 0.25)
})

t.test('a draining that fills every slot is known to leave something', async (t) => {
  const stepped = await steppedRoom()
  const phone = await stepped.phone('caller')
  const slots = createReceiveBatch().sockets.length
  const { drains } = stepped.room.load
  for (const [packets, leaves] of [
    [slots - 1, false],
    [slots, true],
    [0, false],
  ] as const) {
    // biome-ignore format: rows
    for (let i = 0; i < packets; i++) phone.raw(new Uint8Array(20))
    forward(stepped.room, stepped.now())
    t.equal(drains.leaves, leaves, `${packets} packets`)
  }
})

t.test('a beat of another wait is punctual as well', async (t) => {
  const meter = createLoadMeter()
  beginDrains(meter, 0, 2)
  let nowMs = 0
  for (const wait of [2, 4, 8, 8, 8, 4, 2, 2]) {
    nowMs += meter.drains.waitMs
    noteDrain(meter, nowMs, wait)
  }
  t.equal(meter.beats, 8)
  t.ok(latenessOf(meter) <= 0.25)
  noteDrain(meter, nowMs + 2 + 20, 2)
  t.ok(latenessOf(meter) >= 20, 'and 20 ms late are 20 ms late')
})
