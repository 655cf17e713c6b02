import t from 'tap'
import { sequence, writeHeader } from '../../src/rtp/packet.ts'
import { ReorderBuffer } from '../../src/rtp/reorder.ts'
import { SEED, seeded } from './seeded.ts'

function push(buffer: ReorderBuffer, ...seqs: number[]): void {
  for (const seq of seqs) {
    const p = new Uint8Array(16).fill(seq & 0xff)
    writeHeader(p, 8, false, seq, seq * 160, 1)
    buffer.push(p, 16)
  }
}

/** What can be taken now: sequence numbers, `-1` for a lost one. */
function take(buffer: ReorderBuffer): number[] {
  const out = new Uint8Array(1500)
  const taken: number[] = []
  for (let length = buffer.pull(out); length !== 0; length = buffer.pull(out)) {
    if (length > 0) {
      t.equal(length, 16)
      t.equal(out[15], sequence(out) & 0xff, 'the payload is its own')
    }
    taken.push(length < 0 ? -1 : sequence(out))
  }
  return taken
}

t.test('packets come out in order', async (t) => {
  const rows: [says: string, pushed: number[], taken: number[]][] = [
    ['in order', [1, 2, 3], [1, 2, 3]],
    ['neighbours changed', [1, 3, 2, 4], [1, 2, 3, 4]],
    ['the wrap', [65534, 0, 65535, 1], [65534, 65535, 0, 1]],
    ['twice', [1, 3, 3, 2, 2], [1, 2, 3]],
    ['one missing, three behind it: waits', [1, 3, 4, 5], [1]],
    ['one missing, four behind it: lost', [1, 3, 4, 5, 6], [1, -1, 3, 4, 5, 6]],
    ['two missing', [1, 4, 5, 6, 7], [1, -1, -1, 4, 5, 6, 7]],
    ['the missing one comes as the last moment', [1, 3, 4, 5, 2], [1, 2, 3, 4, 5]],
    ['a hole over the wrap', [65535, 1, 2, 3, 4], [65535, -1, 1, 2, 3, 4]],
    ['a burst of loss longer than the ring', [1, 30, 31], [30, 31]],
    ['the source begins anew, far back: what waits is dropped', [50_000, 5, 6, 7], [6, 7]],
    ['one stray packet from far back', [50_000, 5, 50_001], [50_000, 50_001]],
  ]
  for (const [says, pushed, taken] of rows) {
    const buffer = new ReorderBuffer()
    push(buffer, ...pushed)
    t.strictSame(take(buffer), taken, says)
  }
})

t.test('what comes after it was given up is late', async (t) => {
  const buffer = new ReorderBuffer(2)
  push(buffer, 1, 3, 4)
  t.strictSame(take(buffer), [1, -1, 3, 4])
  push(buffer, 2)
  t.strictSame(take(buffer), [], 'too late now')
  t.strictSame([buffer.late, buffer.lost, buffer.duplicate, buffer.tooLong], [1, 1, 0, 0])
})

t.test('what does not fit is dropped and counted', async (t) => {
  const buffer = new ReorderBuffer(2)
  buffer.push(new Uint8Array(11), 11)
  buffer.push(new Uint8Array(1501), 1501)
  buffer.push(new Uint8Array(20), 21)
  t.equal(buffer.tooLong, 3)
  const big = new Uint8Array(1500).fill(7)
  buffer.push(big, 1500)
  const out = new Uint8Array(1500)
  t.equal(buffer.pull(out), 1500)
  t.strictSame(out, big)
})

t.test('wipe empties it', async (t) => {
  const buffer = new ReorderBuffer()
  push(buffer, 1, 3, 4)
  buffer.wipe()
  t.equal(buffer.held, 0)
  t.strictSame(take(buffer), [])
  push(buffer, 9000)
  t.strictSame(take(buffer), [9000], 'and starts anew')
})

t.test(`random order and loss: ascending, each at most once (seed ${SEED})`, async (t) => {
  const random = seeded(SEED)
  for (const depth of [1, 2, 3, 4, 5, 8, 16]) {
    const buffer = new ReorderBuffer(depth)
    const sent = Array.from({ length: 3000 }, (_, i) => ({ seq: (65000 + i) & 0xffff, at: i + random() * depth * 0.9 }))
      .filter(() => random() > 0.05)
      .sort((a, b) => a.at - b.at)
    const taken: number[] = []
    for (const { seq } of sent) {
      push(buffer, seq)
      taken.push(...take(buffer))
    }
    taken.push(...take(buffer))
    const order = taken.filter((seq) => seq >= 0).map((seq) => (seq - 65000) & 0xffff)
    t.ok(
      order.every((v, i) => i === 0 || v > (order[i - 1] as number)),
      `depth ${depth}: ascending`,
    )
    // Where the last packets are lost, what came behind them still waits.
    t.equal(order.length + buffer.late + buffer.held, sent.length, `depth ${depth}: nothing vanishes uncounted`)
    t.ok(buffer.late <= depth, `depth ${depth}: only packets before the first are late, ${buffer.late}`)
  }
})
