import t from 'tap'
import {
  addSequence,
  addTimestamp,
  createReception,
  expected,
  extendedHighest,
  fractionLostSinceReport,
  jitter,
  lost,
  noteReceived,
  sequenceDelta,
  timestampDelta,
} from '../../src/rtp/sequence.ts'

t.test('sequence numbers across the wrap', async (t) => {
  const rows: [a: number, b: number, delta: number, says: string][] = [
    [0, 0, 0, 'equal'],
    [0, 1, 1, 'next'],
    [1, 0, -1, 'one back'],
    [65535, 0, 1, 'next, over the wrap'],
    [0, 65535, -1, 'one back, over the wrap'],
    [65530, 5, 11, 'eleven on, over the wrap'],
    [5, 65530, -11, 'eleven back, over the wrap'],
    [0, 32767, 32767, 'farthest that is later'],
    [0, 32768, -32768, 'half way round counts as earlier'],
    [32768, 0, -32768, 'half way round counts as earlier, from the other side'],
    [40000, 10000, -30000, 'back'],
    [10000, 40000, 30000, 'on'],
  ]
  for (const [a, b, delta, says] of rows) {
    t.equal(sequenceDelta(a, b), delta, says)
    t.equal(addSequence(a, delta), b, `${says}: and there again`)
  }
})

t.test('timestamps across the wrap', async (t) => {
  const rows: [a: number, b: number, delta: number, says: string][] = [
    [0, 160, 160, '20 ms on'],
    [160, 0, -160, '20 ms back'],
    [0xffffffff, 0, 1, 'over the wrap'],
    [0xffffff60, 0, 160, '20 ms on, over the wrap'],
    [0, 0xffffff60, -160, '20 ms back, over the wrap'],
    [0, 0x7fffffff, 0x7fffffff, 'farthest that is later'],
    [0, 0x80000000, -0x80000000, 'half way round counts as earlier'],
    [0xc0000000, 0x40000000, -0x80000000, 'half way round from elsewhere'],
    [0x7fffffff, 0x80000000, 1, 'over the sign bit'],
  ]
  for (const [a, b, delta, says] of rows) {
    t.equal(timestampDelta(a, b), delta, says)
    t.equal(addTimestamp(a, delta), b, `${says}: and there again`)
  }
})

t.test('each packet is told for what it is', async (t) => {
  const rows: [seq: number, is: string, says: string][] = [
    [65533, 'first', 'the first packet'],
    [65534, 'next', 'the next one'],
    [65534, 'duplicate', 'the same again'],
    [0, 'gap', 'one missing, and the wrap'],
    [65535, 'late', 'the missing one, late, from before the wrap'],
    [1, 'next', 'going on'],
    [30000, 'jump', 'far off: not believed'],
    [2, 'next', 'the old place goes on'],
    [30000, 'jump', 'far off again'],
    [30001, 'restart', 'two in a row from there: the source has restarted'],
    [30002, 'next', 'and goes on'],
    [29901, 'jump', 'more than a hundred back is not late'],
    [29903, 'late', 'less than a hundred back is'],
  ]
  const state = createReception()
  t.equal(expected(state), 0, 'nothing is expected of nobody')
  for (const [seq, is, says] of rows) t.equal(noteReceived(state, seq, 0, 0), is, says)
})

t.test('loss and the extended sequence number (RFC 3550 A.3)', async (t) => {
  const state = createReception()
  let n = 0
  for (let seq = 65000; seq < 65000 + 2000; seq++) {
    if (seq % 10 !== 0) noteReceived(state, seq & 0xffff, seq * 160, seq * 160)
    else n++
  }
  t.equal(extendedHighest(state), 65000 + 1999, 'one cycle above')
  t.equal(expected(state), 1999, 'from the first that came to the last')
  t.equal(lost(state), n - 1, 'one in ten; the one before the first is not missed')
  t.equal(fractionLostSinceReport(state), Math.floor((199 * 256) / 1999))
  t.equal(fractionLostSinceReport(state), 0, 'nothing since')
  noteReceived(state, 67000 & 0xffff, 0, 0)
  noteReceived(state, 67000 & 0xffff, 0, 0)
  noteReceived(state, 67000 & 0xffff, 0, 0)
  t.equal(fractionLostSinceReport(state), 0, 'more came than expected: no loss, not a negative one')
  const twice = createReception()
  for (let i = 0; i < 5; i++) noteReceived(twice, 1, 0, 0)
  t.equal(lost(twice), -4, 'duplicates make it negative, as A.3 says')
})

t.test('jitter (RFC 3550 A.8)', async (t) => {
  const even = createReception()
  for (let i = 0; i < 500; i++) noteReceived(even, i, i * 160, 1_000_000 + i * 160)
  t.equal(jitter(even), 0, 'an even stream has none, whatever the offset of the clocks')
  const uneven = createReception()
  for (let i = 0; i < 500; i++) noteReceived(uneven, i, i * 160, i * 160 + (i % 2) * 40)
  t.ok(Math.abs(jitter(uneven) - 40) <= 1, '5 ms to and fro settles at 40 units')
  const wrapping = createReception()
  for (let i = 0; i < 100; i++) {
    noteReceived(wrapping, i, addTimestamp(0xffffe000, i * 160), addTimestamp(0x7fffe000, i * 160))
  }
  t.equal(jitter(wrapping), 0, 'both clocks wrap')
})
