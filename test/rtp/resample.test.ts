import t from 'tap'
import { Downsample2, Upsample2 } from '../../src/rtp/resample.ts'
import { goertzelPower, levelOf, writeSine } from '../../src/rtp/tone.ts'

function up(pcm: Int16Array): Int16Array {
  const out = new Int16Array(pcm.length * 2)
  const upsample = new Upsample2()
  for (let at = 0; at < pcm.length; at += 160) {
    t.equal(upsample.run(pcm.subarray(at), 160, out.subarray(at * 2)), 320)
  }
  return out
}

function down(pcm: Int16Array): Int16Array {
  const out = new Int16Array(pcm.length / 2)
  const downsample = new Downsample2()
  for (let at = 0; at < pcm.length; at += 320) {
    t.equal(downsample.run(pcm.subarray(at), 320, out.subarray(at / 2)), 160)
  }
  return out
}

function sine(hz: number, rate: number, level = 0): Int16Array {
  const pcm = new Int16Array(rate)
  writeSine(pcm, 0, rate, hz, level, rate)
  return pcm
}

const levelAt = (pcm: Int16Array, hz: number, rate: number): number =>
  levelOf(goertzelPower(pcm, rate / 4, rate / 2, hz, rate))

t.test('upward: the band is kept, its image is 50 dB down', async (t) => {
  for (const hz of [50, 300, 1000, 2000, 3000, 3300, 3400]) {
    const pcm = up(sine(hz, 8000))
    const kept = levelAt(pcm, hz, 16000)
    const image = levelAt(pcm, 8000 - hz, 16000)
    t.ok(Math.abs(kept) < 0.1, `${hz} Hz at ${kept.toFixed(3)} dBm0`)
    t.ok(image < -50, `its image at ${8000 - hz} Hz: ${image.toFixed(1)} dBm0`)
  }
})

t.test('downward: the band is kept, what lies above 4600 Hz is 50 dB down', async (t) => {
  for (const hz of [50, 300, 1000, 2000, 3000, 3300, 3400]) {
    const kept = levelAt(down(sine(hz, 16000)), hz, 8000)
    t.ok(Math.abs(kept) < 0.1, `${hz} Hz at ${kept.toFixed(3)} dBm0`)
  }
  for (const hz of [4600, 5000, 6000, 7000, 7900]) {
    const alias = levelAt(down(sine(hz, 16000)), 8000 - hz, 8000)
    t.ok(alias < -50, `${hz} Hz comes as ${8000 - hz} Hz at ${alias.toFixed(1)} dBm0`)
  }
})

t.test('the delay is 23 samples at 16 kHz upward, 22 downward', async (t) => {
  const peakAt = (pcm: Int16Array): number => pcm.indexOf(Math.max(...pcm))
  const click8 = new Int16Array(160)
  click8[40] = 20000
  t.equal(peakAt(up(click8)), 80 + 23)
  const click16 = new Int16Array(320)
  click16[80] = 20000
  t.equal(peakAt(down(click16)), (80 + 22) / 2)
})

t.test('full scale clips and does not wrap; direct current passes', async (t) => {
  const square = Int16Array.from({ length: 800 }, (_, i) => (i % 80 < 40 ? 32767 : -32768))
  const heard = up(square)
  for (let i = 100; i < heard.length; i++) {
    const was = square[(i - 23) >> 1] as number
    const near = square[((i - 23) >> 1) + 1] ?? was
    if (was === near && Math.abs((heard[i] as number) - was) > 8000) t.fail(`sample ${i} wrapped`)
  }
  t.strictSame([...up(new Int16Array(160).fill(1000)).subarray(100, 110)], new Array(10).fill(1000))
  t.strictSame([...down(new Int16Array(320).fill(-32768)).subarray(60, 70)], new Array(10).fill(-32768))
})

t.test('any cut into blocks gives the same sound; an odd sample is left; in place works', async (t) => {
  const pcm = sine(1100, 8000).subarray(0, 800)
  const whole = up(pcm)
  const pieces = new Int16Array(1600)
  const upsample = new Upsample2()
  for (let at = 0, n = 1; at < 800; at += n, n = Math.min(n + 3, 800 - at)) {
    upsample.run(pcm.subarray(at), n, pieces.subarray(at * 2))
  }
  t.strictSame(pieces, whole)
  const there = down(whole)
  const downsample = new Downsample2()
  t.equal(downsample.run(whole, 3, new Int16Array(4)), 1)
  downsample.wipe()
  const inPlace = whole.slice()
  downsample.run(inPlace, 1600, inPlace)
  t.strictSame(inPlace.subarray(0, 800), there)
})

t.test('wipe forgets the sound', async (t) => {
  const upsample = new Upsample2()
  const downsample = new Downsample2()
  const out = new Int16Array(640)
  upsample.run(sine(500, 8000), 160, out)
  downsample.run(sine(500, 16000), 320, out)
  upsample.wipe()
  downsample.wipe()
  upsample.run(new Int16Array(320), 320, out)
  t.ok(out.every((v) => v === 0))
  downsample.run(new Int16Array(640), 640, out)
  t.ok(out.every((v) => v === 0))
})
