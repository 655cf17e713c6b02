import t from 'tap'
import { KeyingGuard } from '../../src/media/keying-guard.ts'
import { AUDIO, EVENT } from '../../src/media/link.ts'
import { createEncoder } from '../../src/rtp/codec.ts'
import { DtmfReceiver } from '../../src/rtp/dtmf-receiver.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
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

/** What is let through of it, packet by packet; the rest is silence. */
function through(
  guard: KeyingGuard,
  pcm: Int16Array,
): { readonly heard: Int16Array; readonly admitted: readonly boolean[] } {
  const encoder = createEncoder('PCMA')
  const heard = new Int16Array(pcm.length)
  const admitted: boolean[] = []
  const packet = new Uint8Array(HEADER_SIZE + FRAME)
  for (let at = 0; at < pcm.length; at += FRAME) {
    writeHeader(packet, 8, false, at / FRAME, at, 1)
    const frame = pcm.slice(at, at + FRAME)
    encoder.encode(frame, FRAME, packet, HEADER_SIZE)
    const may = guard.admits(packet, AUDIO, SINCE + at / 8)
    admitted.push(may)
    if (may) heard.set(frame, at)
  }
  return { heard, admitted }
}

function keysIn(pcm: Int16Array): number {
  const receiver = new DtmfReceiver(8000)
  let keys = 0
  for (let at = 0; at < pcm.length; at += FRAME) keys += receiver.accept(pcm, at, at + FRAME)
  return keys
}

t.test('a caller who does not key is heard after a second and a half', async (t) => {
  const { admitted } = through(new KeyingGuard('PCMA', SINCE), sound(4000, []))
  t.equal(admitted.indexOf(true), 75)
  t.notOk(admitted.slice(75).includes(false))
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
  for (const atMs of [0, 500, 5000, 19_000]) t.equal(guard.admits(packet, EVENT, SINCE + atMs), false)
  t.equal(guard.isOver(SINCE + 20_100), false, 'a key was pressed just now')
  t.equal(guard.isOver(SINCE + 20_600), true)
  guard.close()
  guard.close()
})
