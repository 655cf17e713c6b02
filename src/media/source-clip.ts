/**
 * Sound that is coded once, when the process is configured, so that the tick only copies octets. A place in a clip counts 8 a
 * millisecond, which is octets in most codecs: it is the same number in each. Opus is kept in frames of 20 ms that do not lean on each
 * other, so that it can be begun and left at any of them.
 */

import { CODECS, type CodecName, codecNamed } from '../base/units.ts'
import { createEncoder } from '../rtp/codec.ts'
import { PCMA_SILENCE, PCMU_SILENCE } from '../rtp/g711.ts'
import { OPUS_CLIP_FRAME } from '../rtp/opus.ts'
import { Downsample2, Upsample2 } from '../rtp/resample.ts'

/** Samples that are coded at a time. */
const CHUNK = 320
/** An octet that sounds like nothing. G.722: the smallest step of both bands; for Opus, of the linear sound that is coded by the frame. */
export const SILENCE_OCTET: Readonly<Record<CodecName, number>> = {
  PCMU: PCMU_SILENCE,
  PCMA: PCMA_SILENCE,
  G722: 0xfa,
  OPUS: 0,
}
/** Places of a frame of Opus. */
const FRAME_PLACES = 160
/** Frames of a loop's end that are coded before its beginning. */
const LEAD_FRAMES = 10
/** Samples of a loop's end that filters and encoders hear first: a second or two, after which nobody hears how they began. */
const LEAD_SAMPLES = 16_000
const NOT_CODED = new Uint8Array(0)
const ALL_CODECS = CODECS.map(({ name }) => name)

export type Clip = {
  readonly loops: boolean
  /** Octets of one round in a codec that takes 8 a millisecond, and places in all of them. */
  readonly octets: number
  /** Empty for a codec that nobody speaks. Opus in whole frames, with a silent one behind the last; a loop loses what is left of its last one. */
  readonly coded: Readonly<Record<CodecName, Uint8Array>>
}

/**
 * Codes a clip. A loop's end is run through filters and encoders before its beginning, so that it leads into it.
 * @param samples 16-bit linear, at least one millisecond. @param codecs that far ends may speak; every one when absent.
 */
export function codeClip(
  samples: Int16Array,
  sampleRate: 8000 | 16000,
  loops: boolean,
  codecs: readonly CodecName[] = ALL_CODECS,
): Clip {
  const octets = sampleRate === 8000 ? samples.length : samples.length >> 1
  const whole = sampleRate === 8000 ? samples : samples.subarray(0, octets * 2)
  const narrow = sampleRate === 8000 ? whole : changeRate(whole, new Downsample2(), 0.5, loops)
  const wide = sampleRate === 16000 ? whole : changeRate(whole, new Upsample2(), 2, loops)
  const wanted = (name: CodecName, make: () => Uint8Array) => (codecs.includes(name) ? make() : NOT_CODED)
  return {
    loops,
    octets,
    coded: {
      PCMU: wanted('PCMU', () => code('PCMU', narrow, octets, loops)),
      PCMA: wanted('PCMA', () => code('PCMA', narrow, octets, loops)),
      G722: wanted('G722', () => code('G722', wide, octets, loops)),
      OPUS: wanted('OPUS', () => codeFrames(wide, loops)),
    },
  }
}

/** @returns whether a far end that speaks this codec can hear it. */
export function isCoded(clip: Clip, codec: CodecName): boolean {
  return clip.coded[codec].length > 0
}

/**
 * Copies `count` places of a clip from `position` to `out[0..]`; a clip that does not loop is followed by silence. Opus is copied
 * by the frame.
 * @returns the position after it; past the end of a clip that does not loop, its length.
 */
export function copyClip(clip: Clip, codec: CodecName, position: number, out: Uint8Array, count: number): number {
  if (codec === 'OPUS') return copyFrames(clip, position, out, count)
  const from = clip.coded[codec]
  let at = position
  for (let i = 0; i < count; i++) {
    if (at >= clip.octets && clip.loops) at = 0
    if (at < clip.octets) out[i] = from[at++] as number
    else out[i] = SILENCE_OCTET[codec]
  }
  return at
}

/** @returns octets that `count` places of a clip take. */
export function octetsOf(codec: CodecName, count: number): number {
  return (count * codecNamed(codec).bytesPerMs) / 8
}

function copyFrames(clip: Clip, position: number, out: Uint8Array, count: number): number {
  const from = clip.coded.OPUS
  const last = from.length / OPUS_CLIP_FRAME - 1
  // A place that was left in another codec is not the beginning of a frame.
  let frame = Math.floor(position / FRAME_PLACES)
  for (let at = 0; at < octetsOf('OPUS', count); at += OPUS_CLIP_FRAME) {
    if (frame >= last && clip.loops) frame = 0
    const start = Math.min(frame, last) * OPUS_CLIP_FRAME
    for (let i = 0; i < OPUS_CLIP_FRAME; i++) out[at + i] = from[start + i] as number
    if (frame < last) frame++
  }
  return clip.loops ? frame * FRAME_PLACES : Math.min(clip.octets, frame * FRAME_PLACES)
}

function changeRate(samples: Int16Array, filter: Upsample2 | Downsample2, ratio: number, loops: boolean): Int16Array {
  const out = new Int16Array(samples.length * ratio)
  const piece = new Int16Array(CHUNK * 2)
  for (const round of loops ? [leadOf(samples), samples] : [samples]) {
    for (let at = 0; at < round.length; at += CHUNK) {
      const input = round.subarray(at, at + CHUNK)
      const written = filter.run(input, input.length, piece)
      out.set(piece.subarray(0, written), at * ratio)
    }
  }
  return out
}

function leadOf(samples: Int16Array): Int16Array {
  return samples.subarray(Math.max(0, samples.length - LEAD_SAMPLES))
}

function code(name: CodecName, samples: Int16Array, octets: number, loops: boolean): Uint8Array {
  const encoder = createEncoder(name)
  const out = new Uint8Array(octets)
  for (const round of loops ? [leadOf(samples), samples] : [samples]) {
    let written = 0
    for (let at = 0; at < round.length; at += CHUNK) {
      const input = round.subarray(at, at + CHUNK)
      written += encoder.encode(input, input.length, out, written)
    }
  }
  return out
}

function codeFrames(wide: Int16Array, loops: boolean): Uint8Array {
  const encoder = createEncoder('OPUS')
  const frames = loops ? Math.floor(wide.length / CHUNK) : Math.ceil(wide.length / CHUNK)
  const out = new Uint8Array((frames + 1) * OPUS_CLIP_FRAME)
  const frame = new Int16Array(CHUNK)
  for (let n = loops ? -LEAD_FRAMES : 0; n <= frames; n++) {
    const from = ((n + frames) % frames) * CHUNK
    frame.fill(0)
    if (n < frames) frame.set(wide.subarray(from, from + CHUNK))
    encoder.encode(frame, CHUNK, out, Math.max(0, n) * OPUS_CLIP_FRAME)
  }
  encoder.wipe()
  return out
}
