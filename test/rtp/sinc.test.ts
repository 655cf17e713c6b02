import t from 'tap'
import { levelDbm0 } from '../../src/rtp/level.ts'
import { bandPass, resample } from '../../src/rtp/sinc.ts'

const sine = (hz: number, rate: number, length: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => 8_000 * Math.sin((2 * Math.PI * hz * i) / rate))
/** Level of the middle, where no edge of the clip reaches. */
const middleDbm0 = (samples: Float64Array): number => levelDbm0(samples, samples.length / 4, (samples.length * 3) / 4)

t.test('a band pass keeps its band and nothing else', async (t) => {
  const band = { lowHz: 300, highHz: 3_400, slopeHz: 100 }
  const loss = (hz: number): number => {
    const samples = sine(hz, 16_000, 16_000)
    return middleDbm0(samples) - middleDbm0(bandPass(samples, 16_000, band))
  }
  for (const hz of [360, 1_000, 3_340]) t.ok(Math.abs(loss(hz)) < 0.1, `${hz} Hz stays`)
  for (const hz of [50, 240, 3_460, 7_000]) t.ok(loss(hz) > 65, `${hz} Hz goes`)
})

t.test('no delay', async (t) => {
  const click = new Float64Array(2_001)
  click[1_000] = 10_000
  const filtered = bandPass(click, 16_000, { lowHz: 100, highHz: 7_000, slopeHz: 200 })
  t.equal(filtered.indexOf(Math.max(...filtered)), 1_000)
})

t.test('another rate is the same sound', async (t) => {
  for (const [from, to] of [
    [32_000, 16_000],
    [22_050, 16_000],
    [8_000, 16_000],
    [16_000, 8_000],
  ] as const) {
    const found = resample(sine(1_000, from, from), from, to)
    const wanted = sine(1_000, to, to)
    t.equal(found.length, to)
    const wrong = found.map((sample, i) => sample - (wanted[i] as number))
    t.ok(middleDbm0(wanted) - middleDbm0(wrong) > 60, `${from} to ${to} Hz`)
  }
  t.ok(middleDbm0(resample(sine(5_000, 16_000, 16_000), 16_000, 8_000)) < -65, 'what would fold over is gone')
  t.same(resample(Int16Array.of(1, 2, 3), 8_000, 8_000), Float64Array.of(1, 2, 3))
})
