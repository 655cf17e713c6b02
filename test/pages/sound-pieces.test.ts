/** Sound as the page of prompts writes, measures and draws it, without a browser. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isRiff, writeWav } from '../../pages/admin/voice/prompts/wav.ts'
import { pathOf, peaksOf, RANGE_DBM0, speechLevelOf, WANTED_DBM0 } from '../../pages/admin/voice/prompts/waveform.ts'
import { activeLevelDbm0 } from '../../src/rtp/level.ts'
import { LEVEL_MAX_DBM0, LEVEL_MIN_DBM0, TARGET_DBM0 } from '../../src/rtp/speech-clip.ts'
import { parseWav } from '../../src/rtp/wav.ts'

function clip(name: string) {
  const wav = parseWav(readFileSync(join(import.meta.dirname, `../../prompts/en/${name}.wav`)))
  if (wav === undefined) throw new Error(name)
  return { ...wav, floats: Float32Array.from(wav.samples, (sample) => sample / 32_768) }
}

t.test('a WAV that the page writes is what the server reads, sample by sample', async (t) => {
  const { floats, samples } = clip('accepted')
  const wav = parseWav(writeWav(floats, 48_000))
  t.match(wav, { sampleRate: 48_000, channels: 1 })
  t.strictSame(wav?.samples, samples)
  t.ok(isRiff(writeWav(floats, 48_000)))
  t.notOk(isRiff(new Uint8Array([1, 2])))
})

t.test('what is beyond the largest sample is cut off, and nothing wraps round', async (t) => {
  const wav = parseWav(writeWav(Float32Array.of(2, 1, -1, -2, 0), 16_000))
  t.strictSame([...(wav?.samples ?? [])], [32_767, 32_767, -32_768, -32_768, 0])
})

t.test('the level of speech is what the server measures, against the same marks', async (t) => {
  for (const name of ['welcome', 'declined', 'digit-3']) {
    const { floats, samples, sampleRate } = clip(name)
    const level = speechLevelOf(floats, sampleRate) ?? 0
    t.ok(Math.abs(level - activeLevelDbm0(samples, sampleRate)) < 0.2, `${name}: ${level}`)
  }
  t.equal(speechLevelOf(new Float32Array(16_000), 16_000), undefined, 'silence has none')
  t.equal(speechLevelOf(new Float32Array(0), 16_000), undefined)
  t.strictSame([WANTED_DBM0, RANGE_DBM0], [TARGET_DBM0, { low: LEVEL_MIN_DBM0, high: LEVEL_MAX_DBM0 }])
})

t.test('a waveform has the extremes of every column, and all samples are in one', async (t) => {
  const samples = Float32Array.of(0, 0.5, -0.25, 0, 1, -1, 0.1)
  t.strictSame(peaksOf(samples, 3), [
    { low: 0, high: 0.5 },
    { low: -0.25, high: 0 },
    { low: -1, high: 1 },
  ])
  t.equal(peaksOf(samples, 100).length, 7)
  t.strictSame(peaksOf(new Float32Array(0), 10), [])
  t.equal(pathOf([], 96), '')
  t.equal(pathOf([{ low: -0.25, high: 0.5 }], 96), 'M 0 0.0 L 0 72.0 Z', 'the loudest is as high as the picture')
  t.equal(pathOf([{ low: 0, high: 0 }], 96), 'M 0 48.0 L 0 48.0 Z')
})
