/** The sounds that need no file: ringback, the chime of a rejoin, and the soft noise of a line that is silent but alive. */

import type { CodecName } from '../base/units.ts'
import { ComfortNoise } from '../rtp/comfort-noise.ts'
import { chime, ringback } from '../rtp/tone.ts'
import { type Clip, codeClip } from './source-clip.ts'

/** Made at the higher rate and brought down for the narrow codecs. */
const RATE = 16_000
/** Length of the noise before it repeats, samples: 4 s, so that no rhythm is heard. */
const NOISE_SAMPLES = 4 * RATE

/** @returns 425 Hz, one second in five, in a loop. */
export function ringbackClip(codecs?: readonly CodecName[]): Clip {
  return codeClip(ringback(RATE), RATE, true, codecs)
}

/** @returns the chime, played once. */
export function chimeClip(codecs?: readonly CodecName[]): Clip {
  return codeClip(chime(RATE), RATE, false, codecs)
}

/** @returns comfort noise in a loop. */
export function silenceClip(codecs?: readonly CodecName[]): Clip {
  const samples = new Int16Array(NOISE_SAMPLES)
  new ComfortNoise().fill(samples, samples.length)
  return codeClip(samples, RATE, true, codecs)
}
