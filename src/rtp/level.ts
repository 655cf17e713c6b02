/**
 * How loud samples are: level in dBm0, level of the active speech, peak between the samples, and silence at the edges.
 * The reference is ITU-T G.711: 0 dBm0 is a sine 3.14 dB below the largest sine that 16 bits hold (A-law). The active
 * level follows the idea of ITU-T P.56 (pauses don't count) on frames of 20 ms, not its exact envelope; it is for checking
 * material of our own. Nothing here is meant for the media tick: these functions allocate.
 */

import type { Dbm0, Milliseconds } from '../base/units.ts'

/** RMS of a level of 0 dBm0 in units of a 16-bit sample. */
export const RMS_AT_0_DBM0 = 32768 / Math.SQRT2 / 10 ** (3.14 / 20)
/** What silence measures as: below anything 16 bits can hold. */
export const SILENCE_DBM0: Dbm0 = -100

/** Frame of all frame-wise measures here, ms. */
const FRAME_MS = 20
/** A frame this far below the active level is a pause (the margin of ITU-T P.56 is 15.9 dB). */
const PAUSE_MARGIN_DB = 15.9
/** Interpolated points per sample for the peak between samples (ITU-R BS.1770 annex 2 asks for at least 4). */
const OVERSAMPLING = 4
/** Samples on each side that the interpolation looks at. */
const REACH = 12

/** 16-bit samples, or the same scale before rounding. */
export type Waveform = Int16Array | Float64Array

/** @returns level in dBm0 of the samples from `from` up to, without, `to`; {@link SILENCE_DBM0} for nothing or silence. */
export function levelDbm0(samples: Waveform, from = 0, to: number = samples.length): Dbm0 {
  const end = Math.min(to, samples.length)
  let sum = 0
  for (let i = from; i < end; i++) sum += (samples[i] as number) ** 2
  return meanSquareDbm0(end > from ? sum / (end - from) : 0)
}

/** @returns one level in dBm0 per whole frame of `frameMs`. */
export function frameLevelsDbm0(samples: Waveform, sampleRate: number, frameMs: Milliseconds = FRAME_MS): Dbm0[] {
  const frame = Math.round((sampleRate * frameMs) / 1000)
  return Array.from({ length: Math.floor(samples.length / frame) }, (_, i) =>
    levelDbm0(samples, i * frame, (i + 1) * frame),
  )
}

/**
 * @returns level in dBm0 of the frames that are not pauses: those less than 15.9 dB under the result itself. Found from
 * below, by dropping quiet frames until none is dropped any more.
 */
export function activeLevelDbm0(samples: Waveform, sampleRate: number): Dbm0 {
  let active = frameLevelsDbm0(samples, sampleRate).filter((level) => level > SILENCE_DBM0)
  for (;;) {
    const mean = meanOf(active)
    const kept = active.filter((level) => level > mean - PAUSE_MARGIN_DB)
    if (kept.length === active.length) return mean
    active = kept
  }
}

/** @returns the largest sample, in dB against full scale; {@link SILENCE_DBM0} for silence. */
export function samplePeakDbfs(samples: Waveform): number {
  let peak = 0
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample))
  return peakDbfs(peak)
}

/**
 * @returns the largest value that the waveform takes at or between its samples, in dB against full scale: what a
 * converter or a resampler behind us will see (true peak, ITU-R BS.1770 annex 2).
 */
export function truePeakDbfs(samples: Waveform): number {
  let peak = 0
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample))
  // Between samples a band-limited waveform rises by 6 dB at the very most in practice: quiet stretches can't win.
  const worthLooking = peak / 2
  for (let phase = 1; phase < OVERSAMPLING; phase++) {
    const weights = interpolationAt(phase / OVERSAMPLING)
    for (let i = 0; i < samples.length; i++) {
      if (Math.abs(samples[i] as number) < worthLooking) continue
      peak = Math.max(
        peak,
        Math.abs(interpolated(samples, i, weights)),
        Math.abs(interpolated(samples, i - 1, weights)),
      )
    }
  }
  return peakDbfs(peak)
}

/** Where the sound of a clip begins and ends. */
export type SoundEdges = {
  /** Silence before the first sample of the sound, in samples; the whole length if there is no sound. */
  readonly start: number
  /** First sample after the sound. */
  readonly end: number
}

/** @returns where a clip first and last reaches `thresholdDbm0` in a window of 5 ms. */
export function soundEdges(samples: Waveform, sampleRate: number, thresholdDbm0: Dbm0): SoundEdges {
  const window = Math.max(1, Math.round(sampleRate / 200))
  let start = 0
  while (start < samples.length && levelDbm0(samples, start, start + window) < thresholdDbm0) start += window
  let end = samples.length
  while (end > start && levelDbm0(samples, Math.max(start, end - window), end) < thresholdDbm0) end -= window
  return start >= samples.length ? { start: samples.length, end: samples.length } : { start, end }
}

/** @returns the factor that lifts a waveform by `db`. */
export function gainOf(db: number): number {
  return 10 ** (db / 20)
}

function meanSquareDbm0(meanSquare: number): Dbm0 {
  return meanSquare > 0 ? Math.max(SILENCE_DBM0, 10 * Math.log10(meanSquare / RMS_AT_0_DBM0 ** 2)) : SILENCE_DBM0
}

function meanOf(levels: readonly Dbm0[]): Dbm0 {
  if (levels.length === 0) return SILENCE_DBM0
  let sum = 0
  for (const level of levels) sum += 10 ** (level / 10)
  return 10 * Math.log10(sum / levels.length)
}

function peakDbfs(peak: number): number {
  return peak > 0 ? 20 * Math.log10(peak / 32768) : SILENCE_DBM0
}

/** @returns the weights of the samples around a point that lies `fraction` of a sample behind one (Hann-windowed sinc). */
function interpolationAt(fraction: number): Float64Array {
  return Float64Array.from({ length: 2 * REACH }, (_, i) => {
    const x = i - REACH + 1 - fraction
    return (Math.sin(Math.PI * x) / (Math.PI * x)) * (0.5 + 0.5 * Math.cos((Math.PI * x) / REACH))
  })
}

function interpolated(samples: Waveform, at: number, weights: Float64Array): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) {
    sum += (samples[at + i - REACH + 1] ?? 0) * (weights[i] as number)
  }
  return sum
}
