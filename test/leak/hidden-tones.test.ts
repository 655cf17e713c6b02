import t from 'tap'
import { hiddenTonesChance, isHidden } from '../../src/leak/hidden-tones.ts'
import { addSine, writeKey } from '../../src/rtp/tone.ts'

const RATE = 8000
const presses = [6, 0, 1, 1, 0, 0, 0, 9, 9, 0, 1, 3, 9, 4, 2, 4, 11].map((code, i) => ({ code, atMs: 500 + i * 260 }))

/** A chord that changes every 400 ms, about as loud as hold music; the keys are mixed in, or not. */
function music(keyLevel: number | undefined, order = presses): Int16Array {
  const pcm = new Int16Array(RATE * 6)
  for (let i = 0; i < 15; i++) {
    for (const hz of [220, 277, 330, 660, 880, 990, 1320]) {
      addSine(pcm, (i * 400 * RATE) / 1000, (400 * RATE) / 1000, hz * (1 + (i % 5) / 8), -28, RATE)
    }
  }
  if (keyLevel === undefined) return pcm
  const tones = new Int16Array(pcm.length)
  for (const { code, atMs } of order) writeKey(tones, (atMs * RATE) / 1000, code, 100, keyLevel, RATE)
  return pcm.map((sample, i) => sample + (tones[i] as number))
}

const chance = (pcm: Int16Array): number =>
  hiddenTonesChance({ pcm, sampleRate: RATE, sampleAt: (atMs) => (atMs * RATE) / 1000 }, presses)

t.test('music alone hides nothing', async (t) => {
  t.notOk(isHidden(chance(music(undefined))))
  t.notOk(isHidden(chance(new Int16Array(RATE * 6))), 'nor does silence')
})

for (const level of [-10, -30, -40]) {
  t.test(`keys of ${level} dBm0 under music are found`, async (t) => {
    const p = chance(music(level))
    t.ok(isHidden(p), `p ${p}`)
  })
}

t.test('keys of another number are not these', async (t) => {
  const other = presses.map((press, i) => ({ ...press, code: presses[(i * 5 + 3) % presses.length]?.code ?? 0 }))
  t.notOk(isHidden(chance(music(-20, other))))
})

t.test('a few presses tell nothing', async (t) => {
  const pcm = music(-10)
  t.equal(
    hiddenTonesChance({ pcm, sampleRate: RATE, sampleAt: (atMs) => (atMs * RATE) / 1000 }, presses.slice(0, 4)),
    1,
  )
})
