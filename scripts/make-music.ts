/**
 * Makes `media/hold-music.wav`: composes the score, renders it with Debian's `fluidsynth` and the FluidR3 sound font
 * (package `fluid-soundfont-gm`), and turns the rendering into a loop. The seam can't be heard because there is none: what
 * rings on after the last bar is added to the first bar, so that the end runs on into the start exactly as it would into a
 * next bar. Chorus and the modulation of the reverb are off; they would not come round in time.
 *
 *     node scripts/make-music.ts [OUTPUT.wav]
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gainOf, levelDbm0, RMS_AT_0_DBM0, samplePeakDbfs, truePeakDbfs } from '../src/rtp/level.ts'
import { bandPass, resample } from '../src/rtp/sinc.ts'
import { parseWav, writeWav } from '../src/rtp/wav.ts'
import { writeMidi } from './music/midi.ts'
import { composeHoldMusic, LENGTH_BEATS, TEMPO_BPM } from './music/score.ts'

const SOUND_FONT = '/usr/share/sounds/sf2/FluidR3_GM.sf2'
const RENDER_RATE = 48_000
const RATE = 16_000
/** How long the last notes and the reverb may ring on, beats: the rendering is silent by then. */
const TAIL_BEATS = 12
const LEVEL_DBM0 = -20
const PEAK_MAX_DBFS = -6
/** The band of a wideband phone, less the lowest octave that no phone plays. */
const BAND = { lowHz: 150, highHz: 7_000, slopeHz: 100 }

makeMusic(process.argv[2] ?? join(import.meta.dirname, '..', 'media', 'hold-music.wav'))

function makeMusic(outputPath: string): void {
  const rendered = render()
  const narrowed = bandPass(resample(rendered, RENDER_RATE, RATE), RATE, BAND)
  const loop = wrapTail(narrowed, Math.round((LENGTH_BEATS * 60 * RATE) / TEMPO_BPM))
  const gain = gainOf(LEVEL_DBM0 - levelDbm0(loop))
  const samples = Int16Array.from(loop, (sample) => Math.round(sample * gain))
  const peak = Math.max(samplePeakDbfs(samples), truePeakDbfs(samples))
  if (peak > PEAK_MAX_DBFS) throw new Error(`the peak is ${peak.toFixed(1)} dBFS, allowed are ${PEAK_MAX_DBFS}`)
  const wav = writeWav(samples, RATE)
  writeFileSync(outputPath, wav)
  const seconds = samples.length / RATE
  process.stdout.write(
    `${outputPath}: ${seconds.toFixed(1)} s, ${levelDbm0(samples).toFixed(1)} dBm0, peak ${peak.toFixed(1)} dBFS\n` +
      `sha256 ${createHash('sha256').update(wav).digest('hex')}\n`,
  )
}

/** @returns the piece with its tail as fluidsynth plays it, both channels mixed. */
function render(): Float64Array {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-music-'))
  try {
    const midiPath = join(folder, 'music.mid')
    const wavPath = join(folder, 'music.wav')
    writeFileSync(midiPath, writeMidi(composeHoldMusic(), TEMPO_BPM, LENGTH_BEATS + TAIL_BEATS))
    const settings = ['synth.reverb.level=0.7', 'synth.reverb.room-size=0.6', 'synth.reverb.width=0', 'synth.gain=0.6']
    const run = spawnSync(
      'fluidsynth',
      [
        ...['-n', '-i', '-q', '-R', '1', '-C', '0', '-r', String(RENDER_RATE), '-O', 's16', '-T', 'wav'],
        ...settings.flatMap((setting) => ['-o', setting]),
        ...['-F', wavPath, SOUND_FONT, midiPath],
      ],
      { encoding: 'utf8' },
    )
    if (run.error !== undefined || run.status !== 0) {
      throw new Error(`fluidsynth failed (Debian: fluidsynth, fluid-soundfont-gm): ${run.error?.message ?? run.stderr}`)
    }
    const wav = parseWav(readFileSync(wavPath))
    if (wav === undefined || wav.channels !== 2) throw new Error('fluidsynth wrote no stereo WAV')
    return Float64Array.from({ length: wav.samples.length / 2 }, (_, i) => {
      return ((wav.samples[2 * i] as number) + (wav.samples[2 * i + 1] as number)) / 2
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** @returns the first `length` samples, with all that comes after them added from the start again. */
function wrapTail(samples: Float64Array, length: number): Float64Array {
  const last = samples.subarray(-RATE / 10)
  const ringing = Math.sqrt(last.reduce((sum, sample) => sum + sample * sample, 0) / last.length) / RMS_AT_0_DBM0
  if (ringing > gainOf(-75)) throw new Error('the rendering still sounds at its end: make the tail longer')
  const loop = samples.slice(0, length)
  for (let i = length; i < samples.length; i++) loop[i % length] = (loop[i % length] as number) + (samples[i] as number)
  return loop
}
