import t from 'tap'
import {
  activeLevelDbm0,
  frameLevelsDbm0,
  levelDbm0,
  RMS_AT_0_DBM0,
  SILENCE_DBM0,
  samplePeakDbfs,
  soundEdges,
  truePeakDbfs,
} from '../../src/rtp/level.ts'

const sine = (hz: number, amplitude: number, length: number, phase = 0): Float64Array =>
  Float64Array.from({ length }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / 16_000 + phase))
const near = (t: Pick<typeof import('tap').default, 'ok'>, found: number, wanted: number, by: number): void => {
  t.ok(Math.abs(found - wanted) <= by, `${found.toFixed(3)} is within ${by} of ${wanted}`)
}

t.test('level in dBm0 by G.711: a full-scale sine is +3.14', async (t) => {
  near(t, levelDbm0(sine(1_000, 32_768, 16_000)), 3.14, 0.001)
  near(t, levelDbm0(sine(1_000, RMS_AT_0_DBM0 * Math.SQRT2, 16_000)), 0, 0.001)
  near(t, levelDbm0(sine(1_000, 3_276.8, 16_000)), -16.86, 0.001)
  t.equal(levelDbm0(new Int16Array(100)), SILENCE_DBM0)
  t.equal(levelDbm0(new Int16Array(0)), SILENCE_DBM0)
  t.equal(frameLevelsDbm0(new Int16Array(1_000), 16_000).length, 3, 'whole frames only')
})

t.test('pauses do not lower the active level', async (t) => {
  const speech = new Float64Array(48_000)
  speech.set(sine(500, 2_000, 16_000), 16_000)
  const loud = levelDbm0(speech, 16_000, 32_000)
  near(t, activeLevelDbm0(speech, 16_000), loud, 0.01)
  near(t, levelDbm0(speech), loud - 4.77, 0.01)
  t.equal(activeLevelDbm0(new Int16Array(16_000), 16_000), SILENCE_DBM0)
})

t.test('the peak between samples is seen', async (t) => {
  const between = sine(4_000, 16_384, 4_000, Math.PI / 4)
  near(t, samplePeakDbfs(between), -9.03, 0.01)
  near(t, truePeakDbfs(between.map((sample, i) => sample * Math.sin((Math.PI * i) / 4_000))), -6.02, 0.05)
  t.equal(truePeakDbfs(new Int16Array(10)), SILENCE_DBM0)
})

t.test('edges of the sound', async (t) => {
  const clip = new Float64Array(16_000)
  clip.set(sine(500, 2_000, 4_000), 8_000)
  t.same(soundEdges(clip, 16_000, -50), { start: 8_000, end: 12_000 })
  t.same(soundEdges(new Int16Array(16_000), 16_000, -50), { start: 16_000, end: 16_000 })
})
