/**
 * What a prompt must sound like: shapes a synthesised clip so, and judges any clip, ours or a recording. The marks suit
 * telephones: -20 dBm0 is where a network expects speech (the -26 dBov of ITU-T P.56), the high pass takes what no phone
 * plays, and the peak leaves room for the coders behind us. Does not look for DTMF digits; that takes the receiver.
 */

import type { Dbm0, Milliseconds } from '../base/units.ts'
import {
  activeLevelDbm0,
  gainOf,
  RMS_AT_0_DBM0,
  SILENCE_DBM0,
  soundEdges,
  truePeakDbfs,
  type Waveform,
} from './level.ts'
import { bandPass, resample } from './sinc.ts'

/** Rate that synthesised clips are stored at, Hz. */
export const CLIP_RATE = 16_000
/** Rates that a clip may have, Hz. */
export type ClipRate = 8_000 | 16_000

export const TARGET_DBM0: Dbm0 = -20
export const LEVEL_MIN_DBM0: Dbm0 = -26
export const LEVEL_MAX_DBM0: Dbm0 = -14
export const PEAK_MAX_DBFS = -3
export const LENGTH_MIN_MS: Milliseconds = 200
export const LENGTH_MAX_MS: Milliseconds = 20_000
/** Silence that shaping leaves at both ends, and the most that a judge lets pass. */
export const EDGE_MS: Milliseconds = 50
export const LEAD_MAX_MS: Milliseconds = 300
export const TAIL_MAX_MS: Milliseconds = 500

/** Sound is what is less than this below the active level. */
const SOUND_MARGIN_DB = 34
const SPEECH_BAND = { lowHz: 100, highHz: 7_200, slopeHz: 60 }
/** The upper half that is lifted begins about here; the gain is what is added of it. */
const PRESENCE_HZ = 1_500
const PRESENCE_GAIN = 0.6
const FADE_MS = 10
/** Aimed at below the limit, for what rounding and a second resampling add. */
const PEAK_ROOM_DB = 0.3
/** The compressor: 2:1 above the active level, quick to grip and slow to let go. */
const GRIP_MS = 5
const RELEASE_MS = 120
/** As many equal samples in a row at the clip's own extreme, as often, is a clip that was cut off somewhere before. */
const FLAT_SAMPLES = 4
const FLAT_TOPS_MAX = 2

/** What is wrong with a clip, with the measured value. */
export type ClipFlaw =
  | { readonly flaw: 'rate'; readonly sampleRate: number }
  | { readonly flaw: 'channels'; readonly channels: number }
  | { readonly flaw: 'silent' }
  | { readonly flaw: 'too-short' | 'too-long' | 'lead' | 'tail'; readonly ms: Milliseconds }
  | { readonly flaw: 'too-quiet' | 'too-loud'; readonly dbm0: Dbm0 }
  | { readonly flaw: 'peak'; readonly dbfs: number }
  | { readonly flaw: 'clipped'; readonly flatTops: number }

/**
 * @returns a synthesiser's speech as a clip at {@link CLIP_RATE}: band-limited, trimmed, evened, levelled to
 * {@link TARGET_DBM0} of active speech and under {@link PEAK_MAX_DBFS}, with {@link EDGE_MS} of silence at both ends;
 * `undefined` if there is nothing to hear in it. @param samples one channel at `sampleRate` Hz.
 */
export function shapeSpeech(samples: Waveform, sampleRate: number): Int16Array | undefined {
  return shaped(brighten(narrow(samples, sampleRate)))
}

/** @returns a person's recording as a clip: as {@link shapeSpeech}, but with its sound left as bright as it is. */
export function shapeRecording(samples: Waveform, sampleRate: number): Int16Array | undefined {
  return shaped(narrow(samples, sampleRate))
}

/** @returns whether samples were cut off at their extreme, somewhere before. */
export function flawOfTops(samples: Int16Array): ClipFlaw | undefined {
  const flatTops = flatTopsOf(samples)
  return flatTops > FLAT_TOPS_MAX ? { flaw: 'clipped', flatTops } : undefined
}

function narrow(samples: Waveform, sampleRate: number): Float64Array {
  return bandPass(resample(samples, sampleRate, CLIP_RATE), CLIP_RATE, SPEECH_BAND)
}

function shaped(narrowed: Float64Array): Int16Array | undefined {
  const level = activeLevelDbm0(narrowed, CLIP_RATE)
  if (level <= SILENCE_DBM0) return undefined
  const speech = compress(trim(narrowed, level - SOUND_MARGIN_DB), level)
  const wanted = TARGET_DBM0 - activeLevelDbm0(speech, CLIP_RATE)
  const allowed = PEAK_MAX_DBFS - PEAK_ROOM_DB - truePeakDbfs(speech)
  const gain = gainOf(Math.min(wanted, allowed))
  return Int16Array.from(speech, (sample) => Math.round(sample * gain))
}

/** @returns all that is wrong with a clip, empty for a good one. @param samples interleaved if there are more channels. */
export function judgeClip(samples: Int16Array, sampleRate: number, channels: number): ClipFlaw[] {
  if (channels !== 1) return [{ flaw: 'channels', channels }]
  if (!isClipRate(sampleRate)) return [{ flaw: 'rate', sampleRate }]
  const dbm0 = activeLevelDbm0(samples, sampleRate)
  if (dbm0 <= SILENCE_DBM0) return [{ flaw: 'silent' }]
  const msOf = (count: number): Milliseconds => Math.round((count * 1000) / sampleRate)
  const flaws: ClipFlaw[] = []
  const ms = msOf(samples.length)
  if (ms < LENGTH_MIN_MS) flaws.push({ flaw: 'too-short', ms })
  if (ms > LENGTH_MAX_MS) flaws.push({ flaw: 'too-long', ms })
  if (dbm0 < LEVEL_MIN_DBM0) flaws.push({ flaw: 'too-quiet', dbm0 })
  if (dbm0 > LEVEL_MAX_DBM0) flaws.push({ flaw: 'too-loud', dbm0 })
  const dbfs = truePeakDbfs(samples)
  if (dbfs > PEAK_MAX_DBFS) flaws.push({ flaw: 'peak', dbfs })
  const tops = flawOfTops(samples)
  if (tops !== undefined) flaws.push(tops)
  const { start, end } = soundEdges(samples, sampleRate, dbm0 - SOUND_MARGIN_DB)
  if (msOf(start) > LEAD_MAX_MS) flaws.push({ flaw: 'lead', ms: msOf(start) })
  if (msOf(samples.length - end) > TAIL_MAX_MS) flaws.push({ flaw: 'tail', ms: msOf(samples.length - end) })
  return flaws
}

/** @returns whether a clip may have this rate. */
export function isClipRate(sampleRate: number): sampleRate is ClipRate {
  return sampleRate === 8_000 || sampleRate === 16_000
}

/** @returns speech with its upper half lifted by about 4 dB: synthetic voices are duller than a phone can afford. */
function brighten(samples: Float64Array): Float64Array {
  const pace = 1 - Math.exp((-2 * Math.PI * PRESENCE_HZ) / CLIP_RATE)
  let low = 0
  return samples.map((sample) => {
    low += pace * (sample - low)
    return sample + PRESENCE_GAIN * (sample - low)
  })
}

/**
 * @returns the sound with {@link EDGE_MS} around it, its outer ends faded. The edges keep what was there: the release of a
 * last consonant is often too weak to be seen as sound, and a word without it is another word.
 */
function trim(samples: Float64Array, thresholdDbm0: Dbm0): Float64Array {
  const { start, end } = soundEdges(samples, CLIP_RATE, thresholdDbm0)
  const edge = samplesIn(EDGE_MS, CLIP_RATE)
  const clip = Float64Array.from({ length: end - start + 2 * edge }, (_, i) => samples[start - edge + i] ?? 0)
  const length = samplesIn(FADE_MS, CLIP_RATE)
  for (let i = 0; i < length; i++) {
    const gain = 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / length)
    const last = clip.length - 1 - i
    clip[i] = (clip[i] as number) * gain
    clip[last] = (clip[last] as number) * gain
  }
  return clip
}

/** @returns speech with what rises above `level` halved in decibels: loud syllables come nearer to quiet ones. */
function compress(samples: Float64Array, level: Dbm0): Float64Array {
  const grip = 1 - Math.exp(-1000 / (GRIP_MS * CLIP_RATE))
  const release = 1 - Math.exp(-1000 / (RELEASE_MS * CLIP_RATE))
  const threshold = (RMS_AT_0_DBM0 * gainOf(level)) ** 2
  let power = 0
  return samples.map((sample) => {
    power += (sample * sample - power) * (sample * sample > power ? grip : release)
    return power > threshold ? sample * (threshold / power) ** 0.25 : sample
  })
}

function flatTopsOf(samples: Int16Array): number {
  let extreme = 0
  for (const sample of samples) extreme = Math.max(extreme, Math.abs(sample))
  let flatTops = 0
  let run = 0
  for (const sample of samples) {
    run = Math.abs(sample) >= extreme - 1 ? run + 1 : 0
    if (run === FLAT_SAMPLES) flatTops++
  }
  return flatTops
}

function samplesIn(ms: Milliseconds, sampleRate: number): number {
  return Math.round((ms * sampleRate) / 1000)
}
