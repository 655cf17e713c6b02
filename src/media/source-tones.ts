/** The sounds that need no file: ringback, the chime of a rejoin, and the soft noise of a line that is silent but alive. */

import { ComfortNoise } from '../rtp/comfort-noise.ts'
import { chime, ringback } from '../rtp/tone.ts'
import { type Clip, codeClip } from './source-clip.ts'

/** Made at the higher rate and brought down for the narrow codecs. */
const RATE = 16_000
/** Length of the noise before it repeats, samples: 4 s, so that no rhythm is heard. */
const NOISE_SAMPLES = 4 * RATE

/** @returns 425 Hz, one second in five, in a loop. */
export function ringbackClip(): Clip {
  return codeClip(ringback(RATE), RATE, true)
}

/** @returns the chime, played once. */
export function chimeClip(): Clip {
  return codeClip(chime(RATE), RATE, false)
}

/** @returns comfort noise in a loop. */
export function silenceClip(): Clip {
  const samples = new Int16Array(NOISE_SAMPLES)
  new ComfortNoise().fill(samples, samples.length)
  return codeClip(samples, RATE, true)
}
