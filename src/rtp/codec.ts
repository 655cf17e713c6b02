/**
 * The codecs of the codec table behind one shape, and the chain that turns one into another. Every object owns its
 * buffers, made once; `run`, `decode` and `encode` allocate nothing. Lost packets are the caller's business.
 */
import { type CodecName, codecNamed } from '../base/units.ts'
import { decodePcma, decodePcmu, encodePcma, encodePcmu, pcmaToPcmu, pcmuToPcma } from './g711.ts'
import { G722Decoder, G722Encoder } from './g722.ts'
import { OpusDecoder, OpusEncoder } from './opus.ts'
import { SAMPLES_MAX } from './opus-engine.ts'
import { opusUnits } from './opus-packet.ts'
import { Downsample2, Upsample2 } from './resample.ts'

export type Decoder = {
  readonly sampleRate: 8000 | 16000
  /** Decodes `payload[start..end)` to the front of `out`. @returns samples written. */
  decode(payload: Uint8Array, start: number, end: number, out: Int16Array): number
  /**
   * Makes up samples that were lost right before `payload[start..end)`, which is decoded next.
   * @returns samples written; 0 where the codec has no means for it.
   */
  bridge(samples: number, payload: Uint8Array, start: number, end: number, out: Int16Array): number
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
  /** Octets that `run` makes of a millisecond of sound. */
  readonly octetsPerMs: number
  /**
   * Turns `payload[start..end)` into the other codec at `out[at..]`.
   * @returns octets written.
   */
  run(payload: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number
  /**
   * Makes up what was lost right before `payload[start..end)`, 60 ms at the most.
   * @returns octets written; 0 where the codec has no means for it.
   */
  bridge(lostMs: number, payload: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number
  reset(): void
  wipe(): void
}

/** Octets a transcoder takes through its buffers at a time: 20 ms. */
const CHUNK = 160

/** Octets of linear sound a millisecond at 16 kHz. */
export const LINEAR_PER_MS = 32

function nothing(): void {
  // G.711 keeps no state.
}

function none(): number {
  return 0
}

/** @returns timestamp units of the sound in `payload[start..end)`, in the codec's RTP clock; 0 when it is not the codec's. */
export function soundUnits(name: CodecName, payload: Uint8Array, start: number, end: number): number {
  return name === 'OPUS' ? opusUnits(payload, start, end) : end - start
}

/** @returns ms of the sound in `payload[start..end)`. */
export function soundMs(name: CodecName, payload: Uint8Array, start: number, end: number): number {
  return soundUnits(name, payload, start, end) / (codecNamed(name).clockRate / 1000)
}

/**
 * @returns a decoder with its own state; `out` of its `decode` needs room for one (G.711) or two (G.722) samples an octet, for
 * Opus `SAMPLES_MAX`.
 */
export function createDecoder(name: CodecName): Decoder {
  if (name === 'OPUS') return new OpusDecoder(16000)
  if (name === 'G722') {
    const inner = new G722Decoder()
    return {
      sampleRate: 16000,
      decode: (payload, start, end, out) => inner.decode(payload, start, end, out, 0),
      bridge: none,
      reset: () => inner.reset(),
      wipe: () => inner.reset(),
    }
  }
  const expand = name === 'PCMA' ? decodePcma : decodePcmu
  return {
    sampleRate: 8000,
    decode: (payload, start, end, out) => expand(payload, start, end, out, 0),
    bridge: none,
    reset: nothing,
    wipe: nothing,
  }
}

/** @returns an encoder with its own state; for Opus, of clips: whole frames of 20 ms, each of the same length. */
export function createEncoder(name: CodecName): Encoder {
  if (name === 'OPUS') return OpusEncoder.ofClips()
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

/**
 * @returns the cheapest chain between two codecs: a copy, a table, or decode, resample and encode. Towards Opus it ends with linear
 * samples at 16 kHz, octet by octet as this machine keeps them, since they are coded by the frame.
 */
export function createTranscoder(from: CodecName, to: CodecName): Transcoder {
  if (from === to) return byOctet(copy)
  if (from === 'PCMA' && to === 'PCMU') return byOctet(pcmaToPcmu)
  if (from === 'PCMU' && to === 'PCMA') return byOctet(pcmuToPcma)
  if (from === 'OPUS') return fromOpus(to)
  if (to === 'OPUS') return toLinear(createDecoder(from))
  return chain(createDecoder(from), from === 'G722' ? new Downsample2() : new Upsample2(), createEncoder(to))
}

function byOctet(run: Transcoder['run']): Transcoder {
  return { octetsPerMs: 8, run, bridge: none, reset: nothing, wipe: nothing }
}

function copy(payload: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  for (let i = start; i < end; i++) out[at + i - start] = payload[i] as number
  return end - start
}

/** The decoder itself gives the rate that the other codec wants. */
function fromOpus(to: CodecName): Transcoder {
  const encoder = createEncoder(to)
  const decoder = new OpusDecoder(encoder.sampleRate)
  const decoded = new Int16Array(SAMPLES_MAX)
  const wipe = (): void => {
    decoder.wipe()
    encoder.wipe()
    decoded.fill(0)
  }
  return {
    octetsPerMs: 8,
    run: (payload, start, end, out, at) =>
      encoder.encode(decoded, decoder.decode(payload, start, end, decoded), out, at),
    bridge(lostMs, payload, start, end, out, at) {
      const lost = (lostMs * encoder.sampleRate) / 1000
      return encoder.encode(decoded, decoder.bridge(lost, payload, start, end, decoded), out, at)
    },
    reset: wipe,
    wipe,
  }
}

function toLinear(decoder: Decoder): Transcoder {
  const resampler = decoder.sampleRate === 8000 ? new Upsample2() : undefined
  const decoded = new Int16Array(CHUNK * 2)
  const linear = new Int16Array(CHUNK * 2)
  const octets = new Uint8Array(linear.buffer)
  const wipe = (): void => {
    decoder.wipe()
    resampler?.wipe()
    decoded.fill(0)
    linear.fill(0)
  }
  return {
    octetsPerMs: LINEAR_PER_MS,
    run(payload, start, end, out, at) {
      let written = 0
      for (let i = start; i < end; i += CHUNK) {
        const into = resampler === undefined ? linear : decoded
        const samples = decoder.decode(payload, i, Math.min(i + CHUNK, end), into)
        const count = 2 * (resampler?.run(decoded, samples, linear) ?? samples)
        for (let k = 0; k < count; k++) out[at + written + k] = octets[k] as number
        written += count
      }
      return written
    },
    bridge: none,
    reset: wipe,
    wipe,
  }
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
    octetsPerMs: 8,
    run(payload, start, end, out, at) {
      let written = 0
      for (let i = start; i < end; i += CHUNK) {
        const samples = decoder.decode(payload, i, Math.min(i + CHUNK, end), decoded)
        written += encoder.encode(resampled, resampler.run(decoded, samples, resampled), out, at + written)
      }
      return written
    },
    bridge: none,
    reset: wipe,
    wipe,
  }
}
