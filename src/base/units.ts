/**
 * Numbers that get confused, each with a type of its own, and the codec table that signalling (SDP) and media (RTP)
 * share. Data only: nothing here computes.
 */

declare const unit: unique symbol
type Unit<N extends string> = number & { readonly [unit]?: N }

/** A span of time or a point of a monotonic clock, in milliseconds. */
export type Milliseconds = Unit<'ms'>
/** RTP sequence number, 16 bits, wraps (RFC 3550 section 5.1). */
export type SequenceNumber = Unit<'seq'>
/** RTP timestamp, 32 bits, wraps, in units of the clock rate (RFC 3550 section 5.1). */
export type Timestamp = Unit<'ts'>
/** RTP payload type, 0 to 127. */
export type PayloadType = Unit<'pt'>
/** RTP synchronisation source, 32 bits. */
export type Ssrc = Unit<'ssrc'>
/** A count of audio samples. */
export type Samples = Unit<'samples'>
/** Level in dBm0: 0 dBm0 is a sine 3.14 dB (A-law) or 3.17 dB (mu-law) below full scale (ITU-T G.711). */
export type Dbm0 = Unit<'dBm0'>

/** Names of the codecs as they stand in SDP, in capitals (RFC 3551 section 6, RFC 7587 section 7). */
export type CodecName = 'PCMU' | 'PCMA' | 'G722' | 'OPUS'

export type Codec = {
  readonly name: CodecName
  /** Static payload type of RFC 3551 table 4; a dynamic one, from 96 on, is what we offer it at. */
  readonly payloadType: PayloadType
  /**
   * Clock rate of the RTP timestamp, Hz. G.722 samples at 16 kHz but its RTP clock is 8000 by RFC 3551 section 4.5.2; Opus counts 48000
   * whatever is inside (RFC 7587 section 4.1).
   */
  readonly clockRate: 8000 | 48_000
  /** Channels in SDP; Opus says two and may hold one (RFC 7587 section 7). */
  readonly channels: 1 | 2
  /** Rate of the audio inside that we send, Hz. */
  readonly sampleRate: 8000 | 16000
  /** Octets a millisecond of a coded clip takes; Opus in frames of 20 ms. */
  readonly bytesPerMs: 8 | 3
}

/** The codecs Sotto speaks, best sound first. */
export const CODECS: readonly Codec[] = [
  { name: 'OPUS', payloadType: 111, clockRate: 48_000, channels: 2, sampleRate: 16000, bytesPerMs: 3 },
  { name: 'G722', payloadType: 9, clockRate: 8000, channels: 1, sampleRate: 16000, bytesPerMs: 8 },
  { name: 'PCMA', payloadType: 8, clockRate: 8000, channels: 1, sampleRate: 8000, bytesPerMs: 8 },
  { name: 'PCMU', payloadType: 0, clockRate: 8000, channels: 1, sampleRate: 8000, bytesPerMs: 8 },
]

/** Dynamic payload types begin here (RFC 3551 section 6). */
export const FIRST_DYNAMIC: PayloadType = 96

/** @returns the row of the codec table; every name has one. */
export function codecNamed(name: CodecName): Codec {
  const codec = CODECS.find((row) => row.name === name)
  if (codec === undefined) throw new Error(`no codec row: ${name}`)
  return codec
}

/** Payload type we offer telephone-event at, and the one beside Opus, whose clock is another; dynamic (RFC 4733 section 3.1). */
export const TELEPHONE_EVENT_PAYLOAD_TYPE: PayloadType = 101
export const TELEPHONE_EVENT_48000_PAYLOAD_TYPE: PayloadType = 110
/** ptime range that is accepted, milliseconds; outside it a stream is refused with 488. */
export const PTIME_MIN_MS: Milliseconds = 10
export const PTIME_MAX_MS: Milliseconds = 60
/** ptime that Sotto offers and sends when the far end asks for nothing else, milliseconds. */
export const PTIME_DEFAULT_MS: Milliseconds = 20

/** Length of every Opus packet that we send, milliseconds. */
export const OPUS_PTIME_MS: Milliseconds = 20
/** Bits a second of all Opus that we send, and the most that we ask to be sent. */
export const OPUS_BIT_RATE = 24_000

/** How a far end wants Opus (RFC 7587 section 6.1). */
export type OpusWishes = {
  /** It can use redundancy. */
  readonly fec: boolean
  /** It wants packets of one size. */
  readonly constantRate: boolean
  /** Hz of sound that it can play. */
  readonly maxPlaybackRate: number
}
