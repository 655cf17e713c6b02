/**
 * The codecs of the codec table behind one shape, and the chain that turns one into another. Every object owns its
 * buffers, made once; `run`, `decode` and `encode` allocate nothing. Lost packets are the caller's business.
 */
import type { CodecName } from '../base/units.ts'
import { decodePcma, decodePcmu, encodePcma, encodePcmu, pcmaToPcmu, pcmuToPcma } from './g711.ts'
import { G722Decoder, G722Encoder } from './g722.ts'
import { Downsample2, Upsample2 } from './resample.ts'

export type Decoder = {
  readonly sampleRate: 8000 | 16000
  /** Decodes `payload[start..end)` to the front of `out`. @returns samples written. */
  decode(payload: Uint8Array, start: number, end: number, out: Int16Array): number
  /** Back to the start state, for a new source. */
  reset(): void
  /** Overwrites what it remembers of the sound. */
  wipe(): void
}

export type Encoder = {
  readonly sampleRate: 8000 | 16000
  /** Codes the first `count` samples of `pcm` to `out[at..]`. @returns octets written. */
  encode(pcm: Int16Array, count: number, out: Uint8Array, at: number): number
  reset(): void
  wipe(): void
}

export type Transcoder = {
  /**
   * Turns `payload[start..end)` into the other codec at `out[at..]`; as many octets as went in, since all three codecs
   * take 8 a millisecond.
   * @returns octets written.
   */
  run(payload: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number
  reset(): void
  wipe(): void
}

/** Octets a transcoder takes through its buffers at a time: 20 ms. */
const CHUNK = 160

function nothing(): void {
  // G.711 keeps no state.
}

/** @returns a decoder with its own state; `out` of its `decode` needs room for one (G.711) or two (G.722) samples an octet. */
export function createDecoder(name: CodecName): Decoder {
  if (name === 'G722') {
    const inner = new G722Decoder()
    return {
      sampleRate: 16000,
      decode: (payload, start, end, out) => inner.decode(payload, start, end, out, 0),
      reset: () => inner.reset(),
      wipe: () => inner.reset(),
    }
  }
  const expand = name === 'PCMA' ? decodePcma : decodePcmu
  return {
    sampleRate: 8000,
    decode: (payload, start, end, out) => expand(payload, start, end, out, 0),
    reset: nothing,
    wipe: nothing,
  }
}

/** @returns an encoder with its own state. */
export function createEncoder(name: CodecName): Encoder {
  if (name === 'G722') {
    const inner = new G722Encoder()
    return {
      sampleRate: 16000,
      encode: (pcm, count, out, at) => inner.encode(pcm, count, out, at),
      reset: () => inner.reset(),
      wipe: () => inner.reset(),
    }
  }
  return { sampleRate: 8000, encode: name === 'PCMA' ? encodePcma : encodePcmu, reset: nothing, wipe: nothing }
}

/** @returns the cheapest chain between two codecs: a copy, a table, or decode, resample and encode. */
export function createTranscoder(from: CodecName, to: CodecName): Transcoder {
  if (from === to) return { run: copy, reset: nothing, wipe: nothing }
  if (from === 'PCMA' && to === 'PCMU') return { run: pcmaToPcmu, reset: nothing, wipe: nothing }
  if (from === 'PCMU' && to === 'PCMA') return { run: pcmuToPcma, reset: nothing, wipe: nothing }
  return chain(createDecoder(from), from === 'G722' ? new Downsample2() : new Upsample2(), createEncoder(to))
}

function copy(payload: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  for (let i = start; i < end; i++) out[at + i - start] = payload[i] as number
  return end - start
}

function chain(decoder: Decoder, resampler: Upsample2 | Downsample2, encoder: Encoder): Transcoder {
  const decoded = new Int16Array(CHUNK * 2)
  const resampled = new Int16Array(CHUNK * 2)
  const wipe = (): void => {
    decoder.wipe()
    resampler.wipe()
    encoder.wipe()
    decoded.fill(0)
    resampled.fill(0)
  }
  return {
    run(payload, start, end, out, at) {
      let written = 0
      for (let i = start; i < end; i += CHUNK) {
        const samples = decoder.decode(payload, i, Math.min(i + CHUNK, end), decoded)
        written += encoder.encode(resampled, resampler.run(decoded, samples, resampled), out, at + written)
      }
      return written
    },
    reset: wipe,
    wipe,
  }
}
