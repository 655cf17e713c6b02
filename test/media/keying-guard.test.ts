import t from 'tap'
import type { CodecName } from '../../src/base/units.ts'
import { KeyingGuard } from '../../src/media/keying-guard.ts'
import { AUDIO, EVENT, MUTED } from '../../src/media/link.ts'
import { createEncoder } from '../../src/rtp/codec.ts'
import { DtmfReceiver } from '../../src/rtp/dtmf-receiver.ts'
import { HEADER_SIZE, sequence, writeHeader } from '../../src/rtp/packet.ts'
import { writeKey, writeSine } from '../../src/rtp/tone.ts'

const SINCE = 10_000
const FRAME = 160

/** Sound of so many milliseconds in which keys are pressed at those times, 100 ms each, over a hum. */
function sound(ms: number, pressesAtMs: readonly number[]): Int16Array {
  const pcm = new Int16Array(ms * 8)
  writeSine(pcm, 0, pcm.length, 1850, -20, 8000)
  for (const [i, atMs] of pressesAtMs.entries()) writeKey(pcm, atMs * 8, i % 10, 100, -8, 8000)
  return pcm
}

type Through = {
  /** Sound as it is heard, where it was said: silence for what is muted. */
  readonly heard: Int16Array
  /** By packet. */
  readonly admitted: readonly boolean[]
  /** How long after it was there to be sent each packet left, ms. */
  readonly lateMs: readonly number[]
}

/** What is let through of sound, packet by packet. */
function through(guard: KeyingGuard, pcm: Int16Array, codec: CodecName = 'PCMA', ptimeMs = 20): Through {
  const encoder = createEncoder(codec)
  const frame = (ptimeMs * encoder.sampleRate) / 1000
  const heard = new Int16Array(pcm.length)
  const admitted: boolean[] = []
  const lateMs: number[] = []
  const packet = new Uint8Array(1500)
  for (let i = 0; (i + 1) * frame <= pcm.length; i++) {
    const nowMs = SINCE + i * ptimeMs
    writeHeader(packet, 8, false, i, i * ptimeMs * 8, 1)
    const size = encoder.encode(pcm.slice(i * frame, (i + 1) * frame), frame, packet, HEADER_SIZE)
    guard.take(packet.slice(0, HEADER_SIZE + size), AUDIO, nowMs)
    for (let out = guard.leaves(); out !== undefined; out = guard.leaves()) {
      const at = sequence(out)
      const may = guard.leftKind === AUDIO
      admitted[at] = may
      lateMs[at] = nowMs - SINCE - at * ptimeMs
      if (may) heard.set(pcm.subarray(at * frame, (at + 1) * frame), at * frame)
    }
  }
  return { heard, admitted, lateMs }
}

function keysIn(pcm: Int16Array): number {
  const receiver = new DtmfReceiver(8000)
  let keys = 0
  for (let at = 0; at < pcm.length; at += FRAME) keys += receiver.accept(pcm, at, at + FRAME)
  return keys
}

t.test('a caller who does not key is heard at once, one packet later than it was said', async (t) => {
  for (const [ptimeMs, blind, waits] of [
    [20, 3, 20],
    [10, 6, 20],
    [60, 1, 60],
  ] as const) {
    const { admitted, lateMs } = through(new KeyingGuard('PCMA', SINCE), sound(3000, []), 'PCMA', ptimeMs)
    t.equal(admitted.indexOf(true), blind, `packets of ${ptimeMs} ms`)
    t.notOk(admitted.slice(blind).includes(false))
    t.strictSame(new Set(lateMs), new Set([waits]))
  }
})

t.test('of the first key after a pause not a millisecond is heard, wherever in a packet it begins', async (t) => {
  for (const [codec, rate] of [
    ['PCMA', 8000],
    ['G722', 16_000],
  ] as const) {
    for (const level of [-6, -20]) {
      for (let lateMs = 0; lateMs < 20; lateMs++) {
        const fromMs = 2000 + lateMs
        const pcm = new Int16Array(3 * rate)
        writeKey(pcm, (fromMs * rate) / 1000, lateMs % 16, 60, level, rate)
        const { heard, admitted } = through(new KeyingGuard(codec, SINCE), pcm, codec)
        t.equal(admitted[95], true, 'silence before it is heard')
        if (heard.some((sample) => sample !== 0)) t.fail(`${codec}, ${level} dBm0, ${lateMs} ms into a packet`)
      }
    }
  }
})

const ROWS = [
  ['who keys on', [0, 250, 500, 750, 1000, 1250, 1500, 1750]],
  ['who keys on after a look at the card', [100, 350, 600, 2400, 2650, 2900]],
  ['who begins only when he is heard again', [3000, 3250, 3500, 3750]],
  ['who keys slowly', [0, 1700, 3400, 5100, 6800]],
] as const
for (const [who, presses] of ROWS) {
  t.test(`no key of a caller ${who} can be made out`, async (t) => {
    const pcm = sound(9000, presses)
    t.equal(keysIn(pcm), presses.length, 'they are there to be heard')
    const { heard, admitted } = through(new KeyingGuard('PCMA', SINCE), pcm)
    t.equal(keysIn(heard), 0)
    t.equal(admitted.at(-1), true, 'and in the end the caller is heard')
  })
}

t.test('no telephone-event passes, and each begins the wait anew', async (t) => {
  const guard = new KeyingGuard('PCMA', SINCE)
  const packet = new Uint8Array(16)
  for (const atMs of [0, 500, 5000, 19_800]) {
    guard.take(packet, EVENT, SINCE + atMs)
    for (let out = guard.leaves(true); out !== undefined; out = guard.leaves(true)) t.equal(guard.leftKind, MUTED)
  }
  t.equal(guard.isOver(SINCE + 20_100), false, 'a key was pressed just now')
  t.equal(guard.isOver(SINCE + 20_500), true)
  guard.close()
  guard.close()
})

t.test('an event mutes the sound that still waits: the key may be in it too', async (t) => {
  const guard = new KeyingGuard('PCMA', SINCE)
  for (let i = 0; i < 10; i++) {
    guard.take(new Uint8Array(HEADER_SIZE + FRAME), AUDIO, SINCE + i * 20)
    guard.leaves()
  }
  t.equal(guard.leftKind, AUDIO)
  guard.take(new Uint8Array(16), EVENT, SINCE + 200)
  guard.leaves()
  t.equal(guard.leftKind, MUTED)
})
