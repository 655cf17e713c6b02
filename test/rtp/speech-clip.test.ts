import t from 'tap'
import { activeLevelDbm0, soundEdges, truePeakDbfs } from '../../src/rtp/level.ts'
import { CLIP_RATE, judgeClip, PEAK_MAX_DBFS, shapeSpeech } from '../../src/rtp/speech-clip.ts'

/** Something as uneven as speech: bursts of a buzz, every third one loud, with silence around. */
function buzz(sampleRate: number, amplitude: number): Int16Array {
  return Int16Array.from({ length: 3 * sampleRate }, (_, i) => {
    const seconds = i / sampleRate
    const burst = Math.floor(seconds * 5)
    if (seconds < 0.5 || seconds > 2.5 || (seconds * 5) % 1 > 0.7) return 0
    const sound = [1, 2, 3, 4, 5].reduce((sum, n) => sum + Math.sin(2 * Math.PI * 180 * n * seconds) / n, 0)
    return Math.round(amplitude * (burst % 3 === 0 ? 1 : 0.4) * sound)
  })
}

for (const [sampleRate, amplitude] of [
  [32_000, 200],
  [16_000, 6_000],
  [22_050, 12_000],
] as const) {
  t.test(`speech of ${sampleRate} Hz comes out fit to be played`, async (t) => {
    const clip = shapeSpeech(buzz(sampleRate, amplitude), sampleRate) ?? new Int16Array(0)
    t.same(judgeClip(clip, CLIP_RATE, 1), [])
    const level = activeLevelDbm0(clip, CLIP_RATE)
    t.ok(Math.abs(level + 20) < 0.5, `${level.toFixed(2)} dBm0`)
    t.ok(truePeakDbfs(clip) <= PEAK_MAX_DBFS)
    const { start, end } = soundEdges(clip, CLIP_RATE, -50)
    t.ok(Math.abs(start - 800) <= 160 && Math.abs(clip.length - end - 800) <= 160, '50 ms of silence at both ends')
    t.ok(Math.abs(clip.length / CLIP_RATE - 2.1) < 0.03, 'the rest of the silence is cut')
  })
}

t.test('a click does not keep the peak from being held', async (t) => {
  const speech = buzz(16_000, 1_000)
  speech[20_000] = 32_000
  const clip = shapeSpeech(speech, 16_000) ?? new Int16Array(0)
  t.ok(clip.length > 0 && truePeakDbfs(clip) <= PEAK_MAX_DBFS)
})

t.test('silence is no clip', async (t) => {
  t.equal(shapeSpeech(new Int16Array(16_000), 16_000), undefined)
  t.equal(shapeSpeech(new Int16Array(0), 16_000), undefined)
  t.same(judgeClip(new Int16Array(16_000), 16_000, 1), [{ flaw: 'silent' }])
})
