/**
 * Comfort noise: soft white noise so that a muted line does not sound dead, and the level octet of RFC 3389 (payload type
 * 13). The spectrum that an RFC 3389 payload may carry behind its level is stepped over.
 */
import type { Dbm0, PayloadType, Samples } from '../base/units.ts'
import { peakOf } from './tone.ts'

/** Static payload type of comfort noise (RFC 3389 section 4). */
export const COMFORT_NOISE_PAYLOAD_TYPE: PayloadType = 13
/** Level where a line is heard to live and nothing is heard in it. */
export const COMFORT_NOISE_LEVEL: Dbm0 = -65
const MAX_LEVEL = 127

/** White noise of one level, repeatable from its seed. */
export class ComfortNoise {
  #state: number
  readonly #scale: number

  /** @param level root mean square of the noise. @param seed any number; 0 counts as 1. */
  constructor(level: Dbm0 = COMFORT_NOISE_LEVEL, seed = 1) {
    this.#state = seed | 0 || 1
    // Even spread over [-a, a] has the mean square a²/3, a sine p²/2.
    this.#scale = (peakOf(level) * Math.sqrt(1.5)) / 2147483648
  }

  /** Writes noise over the first `count` samples of `out`. @returns `count`. */
  fill(out: Int16Array, count: Samples): Samples {
    for (let i = 0; i < count; i++) out[i] = Math.round(this.#next() * this.#scale)
    return count
  }

  /** Xorshift of Marsaglia, 32 bits. */
  #next(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return x
  }
}

/** Writes the payload of a comfort noise packet without spectrum to `out[at]` (RFC 3389 section 3.1). @returns 1. */
export function writeComfortNoise(out: Uint8Array, at: number, level: Dbm0): number {
  out[at] = Math.max(0, Math.min(MAX_LEVEL, Math.round(-level)))
  return 1
}

/** @returns the level that a comfort noise payload asks for, or undefined when it is empty or out of range. */
export function comfortNoiseLevel(payload: Uint8Array, start: number, end: number): Dbm0 | undefined {
  if (end <= start) return undefined
  const level = payload[start] as number
  return level > MAX_LEVEL ? undefined : -level
}
