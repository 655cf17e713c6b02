/**
 * Sound that is coded once, when the process is configured, so that the tick only copies octets. All codecs of the table take
 * 8 octets a millisecond: a place in a clip is the same number in each.
 */

import type { CodecName } from '../base/units.ts'
import { createEncoder } from '../rtp/codec.ts'
import { PCMA_SILENCE, PCMU_SILENCE } from '../rtp/g711.ts'
import { Downsample2, Upsample2 } from '../rtp/resample.ts'

/** Samples that are coded at a time. */
const CHUNK = 320
/** An octet that sounds like nothing. G.722: the smallest step of both bands. */
export const SILENCE_OCTET: Readonly<Record<CodecName, number>> = {
  PCMU: PCMU_SILENCE,
  PCMA: PCMA_SILENCE,
  G722: 0xfa,
}

export type Clip = {
  readonly loops: boolean
  /** Octets of one round, the same in every codec. */
  readonly octets: number
  readonly coded: Readonly<Record<CodecName, Uint8Array>>
}

/**
 * Codes a clip in every codec. A loop is run through filters and encoders twice and the second round kept, so that its end
 * leads into its beginning.
 * @param samples 16-bit linear, at least one millisecond.
 */
export function codeClip(samples: Int16Array, sampleRate: 8000 | 16000, loops: boolean): Clip {
  const octets = sampleRate === 8000 ? samples.length : samples.length >> 1
  const whole = sampleRate === 8000 ? samples : samples.subarray(0, octets * 2)
  const narrow = sampleRate === 8000 ? whole : changeRate(whole, new Downsample2(), 0.5, loops)
  const wide = sampleRate === 16000 ? whole : changeRate(whole, new Upsample2(), 2, loops)
  return {
    loops,
    octets,
    coded: {
      PCMU: code('PCMU', narrow, octets, loops),
      PCMA: code('PCMA', narrow, octets, loops),
      G722: code('G722', wide, octets, loops),
    },
  }
}

/**
 * Copies `count` octets of a clip from `position` to `out[0..]`; a clip that does not loop is followed by silence.
 * @returns the position after it; past the end of a clip that does not loop, its length.
 */
export function copyClip(clip: Clip, codec: CodecName, position: number, out: Uint8Array, count: number): number {
  const from = clip.coded[codec]
  let at = position
  for (let i = 0; i < count; i++) {
    if (at >= clip.octets && clip.loops) at = 0
    if (at < clip.octets) out[i] = from[at++] as number
    else out[i] = SILENCE_OCTET[codec]
  }
  return at
}

function changeRate(samples: Int16Array, filter: Upsample2 | Downsample2, ratio: number, loops: boolean): Int16Array {
  const out = new Int16Array(samples.length * ratio)
  const piece = new Int16Array(CHUNK * 2)
  for (let round = loops ? 0 : 1; round < 2; round++) {
    for (let at = 0; at < samples.length; at += CHUNK) {
      const input = samples.subarray(at, at + CHUNK)
      const written = filter.run(input, input.length, piece)
      out.set(piece.subarray(0, written), at * ratio)
    }
  }
  return out
}

function code(name: CodecName, samples: Int16Array, octets: number, loops: boolean): Uint8Array {
  const encoder = createEncoder(name)
  const out = new Uint8Array(octets)
  for (let round = loops ? 0 : 1; round < 2; round++) {
    let written = 0
    for (let at = 0; at < samples.length; at += CHUNK) {
      const input = samples.subarray(at, at + CHUNK)
      written += encoder.encode(input, input.length, out, written)
    }
  }
  return out
}
