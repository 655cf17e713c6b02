/**
 * Sounds made by arithmetic: sines, DTMF keys (ITU-T Q.23), ringback, the chime of a rejoin; and the ear of the tests,
 * one Goertzel filter. Levels are in dBm0, where a full-scale sine has +3.14 (G.711, A-law). Detecting keys in a call is
 * not here.
 */
import type { Dbm0, Milliseconds, Samples } from '../base/units.ts'
import { clip } from './sample.ts'

/** Level of a full-scale sine. */
export const FULL_SCALE_DBM0: Dbm0 = 3.14
const FULL_SCALE = 32768
/** Rise and fall of every tone: without it the edge itself is a click over the whole band. */
const EDGE_MS = 1

/** Low and high frequency of a key, by row and column (Q.23). */
export const LOW_HZ: readonly number[] = [697, 770, 852, 941]
export const HIGH_HZ: readonly number[] = [1209, 1336, 1477, 1633]
/** Row times 4 plus column of the RFC 4733 codes 0 to 15: 0 to 9, star, hash, A to D. */
const PLACE = Uint8Array.of(13, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 14, 3, 7, 11, 15)

/** @returns the lower frequency of a key, Hz. @param code 0 to 15 as in RFC 4733 section 3.2. */
export function lowHz(code: number): number {
  return LOW_HZ[(PLACE[code] ?? 0) >> 2] as number
}

/** @returns the upper frequency of a key, Hz. @param code 0 to 15 as in RFC 4733 section 3.2. */
export function highHz(code: number): number {
  return HIGH_HZ[(PLACE[code] ?? 0) & 3] as number
}

/** @returns the peak of a sine of that level, in sample units; above 32767 it would clip. */
export function peakOf(level: Dbm0): number {
  return FULL_SCALE * 10 ** ((level - FULL_SCALE_DBM0) / 20)
}

/** @returns the level of a sine of that mean square, in dBm0. */
export function levelOf(meanSquare: number): Dbm0 {
  return 10 * Math.log10((2 * meanSquare) / (FULL_SCALE * FULL_SCALE)) + FULL_SCALE_DBM0
}

/** Factor of a raised-cosine edge, `i` of `count` samples. */
function edge(i: number, count: number, edgeSamples: number): number {
  const near = Math.min(i, count - 1 - i)
  return near >= edgeSamples ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * (near + 0.5)) / edgeSamples)
}

/**
 * Adds a sine to `out[at..at+count)`, with 1 ms edges, clipped at full scale. Phase begins at 0.
 * @returns `count`.
 */
export function addSine(
  out: Int16Array,
  at: number,
  count: Samples,
  freqHz: number,
  level: Dbm0,
  sampleRate: number,
): Samples {
  const peak = peakOf(level)
  const turn = (2 * Math.PI * freqHz) / sampleRate
  const edgeSamples = (EDGE_MS * sampleRate) / 1000
  for (let i = 0; i < count; i++) {
    const v = Math.round((out[at + i] as number) + peak * edge(i, count, edgeSamples) * Math.sin(turn * i))
    out[at + i] = clip(v)
  }
  return count
}

/** Writes a sine over `out[at..at+count)`. @returns `count`. */
export function writeSine(
  out: Int16Array,
  at: number,
  count: Samples,
  freqHz: number,
  level: Dbm0,
  sampleRate: number,
): Samples {
  out.fill(0, at, at + count)
  return addSine(out, at, count, freqHz, level, sampleRate)
}

/**
 * Writes the two tones of a key over `out[at..]`.
 * @param code 0 to 15 as in RFC 4733 section 3.2. @param level of each of the two tones; -3 is the loudest that does not clip.
 * @returns samples written.
 */
export function writeKey(
  out: Int16Array,
  at: number,
  code: number,
  durationMs: Milliseconds,
  level: Dbm0,
  sampleRate: number,
): Samples {
  const count = Math.round((durationMs * sampleRate) / 1000)
  writeSine(out, at, count, lowHz(code), level, sampleRate)
  return addSine(out, at, count, highHz(code), level, sampleRate)
}

/** European ringback (ETSI TR 101 041-2: most countries): 425 Hz, one second in five. */
export const RINGBACK_HZ = 425
const RINGBACK_ON_MS = 1000
const RINGBACK_CYCLE_MS = 5000
const RINGBACK_LEVEL: Dbm0 = -13

/** @returns one cycle of ringback, 5 s, to be played in a loop. */
export function ringback(sampleRate: number): Int16Array {
  const out = new Int16Array((RINGBACK_CYCLE_MS * sampleRate) / 1000)
  writeSine(out, 0, (RINGBACK_ON_MS * sampleRate) / 1000, RINGBACK_HZ, RINGBACK_LEVEL, sampleRate)
  return out
}

/** The chime: a fifth upward, a4 and e5; both far from any DTMF frequency. */
export const CHIME_HZ: readonly number[] = [440, 659.26]
const CHIME_MS = 300
const CHIME_SECOND_MS = 110
const CHIME_LEVEL: Dbm0 = -16

/** @returns the two notes that tell the agent that the caller is back: 300 ms, each dying away like a bell. */
export function chime(sampleRate: number): Int16Array {
  const out = new Int16Array((CHIME_MS * sampleRate) / 1000)
  const edgeSamples = (EDGE_MS * sampleRate) / 1000
  for (let note = 0; note < 2; note++) {
    const first = Math.round((note * CHIME_SECOND_MS * sampleRate) / 1000)
    const count = out.length - first
    const turn = (2 * Math.PI * (CHIME_HZ[note] as number)) / sampleRate
    for (let i = 0; i < count; i++) {
      const decay = Math.exp((-4 * i) / count) * edge(i, count, edgeSamples)
      const v = (out[first + i] as number) + peakOf(CHIME_LEVEL) * decay * Math.sin(turn * i)
      out[first + i] = Math.round(v)
    }
  }
  return out
}

/**
 * Listens for one frequency in `pcm[from..from+count)`, with a Hann window so that strong neighbours do not leak in: 40 ms
 * tell frequencies 100 Hz apart.
 * @returns mean square of the sine found there, in sample units squared (`levelOf` makes it dBm0).
 */
export function goertzelPower(
  pcm: Int16Array,
  from: number,
  count: Samples,
  freqHz: number,
  sampleRate: number,
): number {
  const turn = (2 * Math.PI * freqHz) / sampleRate
  const k = 2 * Math.cos(turn)
  let s1 = 0
  let s2 = 0
  for (let i = 0; i < count; i++) {
    const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / count)
    const s0 = hann * (pcm[from + i] ?? 0) + k * s1 - s2
    s2 = s1
    s1 = s0
  }
  // |X| of a sine of peak A is A * count / 4 under a Hann window (half of the rectangular A * count / 2).
  const squared = s1 * s1 + s2 * s2 - k * s1 * s2
  return (8 * squared) / (count * count)
}
