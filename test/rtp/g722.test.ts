import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { G722Decoder, G722Encoder } from '../../src/rtp/g722.ts'
import { goertzelPower, levelOf, writeSine } from '../../src/rtp/tone.ts'
import { octets, SEED, seeded } from './seeded.ts'

/** Words of a digital test sequence, signed. */
function words(name: string): number[] {
  const file = readFileSync(new URL(`../fixtures/g722/${name}`, import.meta.url))
  return Array.from({ length: file.length / 2 }, (_, i) => file.readInt16BE(2 * i))
}

for (const [input, output] of [
  ['bt1c1.xmt', 'bt2r1.cod'],
  ['bt1c2.xmt', 'bt2r2.cod'],
] as const) {
  t.test(`coder: ${input} gives ${output}, to the last bit`, async (t) => {
    const want = words(output)
    const coder = new G722Encoder()
    const wrong: number[] = []
    let compared = 0
    words(input).forEach((word, i) => {
      if (word & 1) {
        coder.reset()
        return
      }
      compared++
      if (coder.encodeBands(word >> 1, word >> 1) !== (((want[i] as number) >> 8) & 0xff)) wrong.push(i)
    })
    t.strictSame(wrong, [])
    t.equal(compared, want.length - 32, 'all but the resets at both ends')
  })
}

for (const [input, lower, higher] of [
  ['bt2r1.cod', 'bt3l1.rc1', 'bt3h1.rc0'],
  ['bt2r2.cod', 'bt3l2.rc1', 'bt3h2.rc0'],
  ['bt1d3.cod', 'bt3l3.rc1', 'bt3h3.rc0'],
] as const) {
  t.test(`decoder: ${input} gives ${lower} and ${higher}, to the last bit`, async (t) => {
    const low = words(lower)
    const high = words(higher)
    const decoder = new G722Decoder()
    const wrong: number[] = []
    let compared = 0
    words(input).forEach((word, i) => {
      if (word & 1) {
        decoder.reset()
        return
      }
      compared++
      decoder.decodeBands((word >> 8) & 0xff)
      if (decoder.lower !== (low[i] as number) >> 1 || decoder.higher !== (high[i] as number) >> 1) wrong.push(i)
    })
    t.strictSame(wrong, [])
    t.equal(compared, low.length - 32, 'all but the resets at both ends')
  })
}

/** One second of a sine through coder and decoder, 20 ms at a time. */
function through(t: Test, hz: number, level: number): Int16Array {
  const pcm = new Int16Array(16000)
  writeSine(pcm, 0, 16000, hz, level, 16000)
  const coder = new G722Encoder()
  const decoder = new G722Decoder()
  const payload = new Uint8Array(164)
  const heard = new Int16Array(16000)
  for (let at = 0; at < 16000; at += 320) {
    t.equal(coder.encode(pcm.subarray(at), 320, payload, 2), 160)
    t.equal(decoder.decode(payload, 2, 162, heard, at), 320)
  }
  return heard
}

t.test('sines of both bands come through at their level', async (t) => {
  for (const hz of [200, 1000, 3000, 3900, 4100, 5000, 6500]) {
    const heard = through(t, hz, -10)
    const level = levelOf(goertzelPower(heard, 4000, 8000, hz, 16000))
    t.ok(Math.abs(level + 10) < 0.6, `${hz} Hz at ${level.toFixed(2)} dBm0`)
  }
})

t.test('the loudest sine clips and does not wrap', async (t) => {
  const heard = through(t, 1000, 3.1)
  let worst = 0
  for (let i = 1000; i < 15000; i++) {
    worst = Math.max(worst, Math.abs((heard[i] as number) - (heard[i - 1] as number)))
  }
  t.ok(worst < 20000, `largest step ${worst}`)
})

t.test('the delay of coder and decoder together is 22 samples', async (t) => {
  const pcm = new Int16Array(640)
  const random = seeded(7)
  for (let i = 0; i < 640; i++) pcm[i] = Math.round((random() - 0.5) * 8000)
  const payload = new Uint8Array(320)
  const heard = new Int16Array(640)
  new G722Encoder().encode(pcm, 640, payload, 0)
  new G722Decoder().decode(payload, 0, 320, heard, 0)
  const likeness = (lag: number): number => {
    let sum = 0
    for (let i = 100; i < 600; i++) sum += (pcm[i - lag] as number) * (heard[i] as number)
    return sum
  }
  const lags = Array.from({ length: 40 }, (_, lag) => lag)
  t.equal(lags.sort((a, b) => likeness(b) - likeness(a))[0], 22)
})

t.test('reset brings both back to the start', async (t) => {
  const pcm = new Int16Array(320)
  writeSine(pcm, 0, 320, 700, -6, 16000)
  const coder = new G722Encoder()
  const decoder = new G722Decoder()
  const first = new Uint8Array(160)
  const again = new Uint8Array(160)
  const heard = new Int16Array(320)
  const heardAgain = new Int16Array(320)
  coder.encode(pcm, 320, first, 0)
  decoder.decode(first, 0, 160, heard, 0)
  coder.encode(pcm, 320, again, 0)
  t.notSame(again, first, 'state carries on')
  coder.reset()
  decoder.reset()
  coder.encode(pcm, 320, again, 0)
  decoder.decode(again, 0, 160, heardAgain, 0)
  t.strictSame(again, first)
  t.strictSame(heardAgain, heard)
})

t.test(`any octets decode to 16-bit samples, and to quiet again (seed ${SEED})`, async (t) => {
  const decoder = new G722Decoder()
  const noise = octets(seeded(SEED), 20_000)
  const heard = new Int16Array(40_000)
  t.equal(decoder.decode(noise, 0, 20_000, heard, 0), 40_000)
  const silent = new Uint8Array(16_000)
  const coder = new G722Encoder()
  coder.encode(new Int16Array(32_000), 32_000, silent, 0)
  decoder.decode(silent, 0, 16_000, heard, 0)
  const tail = Math.max(...heard.subarray(16_000, 32_000).map(Math.abs))
  t.ok(tail < 64, `the predictor forgets what it was fed: peak ${tail} after a second`)
})

t.test('coding can take over from another coder without a jump', async (t) => {
  const sound = new Int16Array(3200)
  writeSine(sound, 0, sound.length, 1000, -10, 16000)
  const coded = new Uint8Array(1600)
  new G722Encoder().encode(sound, 3200, coded, 0)
  const heard = new Int16Array(3200)
  new G722Decoder().decode(coded, 0, 1600, heard, 0)
  const gapless = coded.slice()
  const coder = new G722Encoder()
  coder.follow(coded, 0, 800, heard, 0)
  coder.encode(heard.subarray(1600), 800, gapless, 800)
  const again = new Int16Array(3200)
  new G722Decoder().decode(gapless, 0, 1600, again, 0)
  t.same(again.subarray(0, 1600), heard.subarray(0, 1600), 'untouched before')
  // What is coded a second time comes 22 samples later: 8 periods of 16 samples at the sound's own 1000 Hz, less 22.
  const errors = Array.from({ length: 600 }, (_, i) => (again[1600 + 22 + i] as number) - (heard[1600 + i] as number))
  const rms = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length)
  t.ok(rms < 150, `an error of ${rms.toFixed(0)} on a peak of 7000, from the first sample on`)
  const cold = coded.slice()
  new G722Encoder().encode(heard.subarray(1600), 800, cold, 800)
  new G722Decoder().decode(cold, 0, 1600, again, 0)
  const jump = Math.max(
    ...Array.from({ length: 60 }, (_, i) => Math.abs((again[1622 + i] as number) - (heard[1600 + i] as number))),
  )
  t.ok(jump > 1000, `a coder that knows nothing of what was before jumps by ${jump}`)
})
