/**
 * What the caller hears in a vault: the media process's RTP stream, continued with its SSRC, sequence numbers and timestamps
 * (RFC 3550 section 5.1), made of clips and of soft noise between them. A packet is due every ptime by the clock, half a short beat before
 * the beat that sends it: due on the beat itself, it would go with this one or the next by chance. After a stall the timeline jumps and the
 * marker says so, since a burst of old packets helps nobody. Sends nothing itself: `send` does.
 */

import { type CodecName, codecNamed, type Milliseconds } from '../base/units.ts'
import type { Ticket } from '../media/contract.ts'
import { createEncoder } from '../rtp/codec.ts'
import { ComfortNoise } from '../rtp/comfort-noise.ts'
import { HEADER_SIZE, writeHeader } from '../rtp/packet.ts'
import { addSequence, addTimestamp } from '../rtp/sequence.ts'
import { BEAT_MS, SHORT_BEAT_MS } from './beat.ts'

/** Packets that one beat may make up for; what is older is skipped. */
const CATCH_UP = 4
/** Buffers in turn: a packet given to the socket is read by it a moment later. */
const BUFFERS = 8
const NOISE_MS = 1000
/** By how much one packet moves the time at which the next ones are due towards the middle between two short beats. */
const STEER_MS: Milliseconds = 1

export type VoiceOptions = {
  readonly ticket: Ticket
  readonly nowMs: Milliseconds
  /** Octets behind each packet that `send` may write to. */
  readonly room?: number
  /** Sends `packet[0..size)`; the buffer is used again seven packets later. */
  send(packet: Buffer, size: number): void
  /** The clips given last are over. */
  onPlayed(): void
}

export class Voice {
  readonly #options: VoiceOptions
  readonly #ptimeMs: Milliseconds
  /** Octets of a packet, and timestamp units. Clips of Opus are whole frames, each a packet. */
  readonly #octets: number
  readonly #step: number
  readonly #noise: Uint8Array
  readonly #buffers: readonly Buffer[]
  #clips: Iterator<Uint8Array> | undefined
  #clip: Uint8Array | undefined
  #clipAt = 0
  #noiseAt = 0
  #playing = false
  #turn = 0
  #dueMs: Milliseconds
  #sentMs: Milliseconds
  #sequence: number
  #timestamp: number
  #packetsSent: number
  #octetsSent: number
  #marker = false
  #steered = false

  constructor(options: VoiceOptions) {
    const { ticket, nowMs, room = 0 } = options
    this.#options = options
    this.#ptimeMs = ticket.stream.sendPtimeMs
    const { bytesPerMs, clockRate } = codecNamed(ticket.stream.codec)
    this.#octets = this.#ptimeMs * bytesPerMs
    this.#step = (this.#ptimeMs * clockRate) / 1000
    this.#noise = softNoise(ticket.stream.codec)
    this.#buffers = Array.from({ length: BUFFERS }, () => Buffer.alloc(HEADER_SIZE + this.#octets + room))
    this.#sequence = ticket.nextSequence
    this.#timestamp = ticket.nextTimestamp
    this.#packetsSent = ticket.packetsSent
    this.#octetsSent = ticket.octetsSent
    this.#sentMs = nowMs - ticket.sinceLastSentMs
    // Due at once: the ticket was on its way for a time that nobody measured, and the caller's far end is waiting.
    this.#dueMs = Math.min(nowMs, this.#sentMs + this.#ptimeMs)
  }

  /** Plays clips one after the other, in place of what plays. `onPlayed` follows, unless `hush` or `play` comes first. */
  play(clips: Iterable<Uint8Array>): void {
    this.hush()
    this.#clips = clips[Symbol.iterator]()
    this.#playing = true
    this.#takeClip()
  }

  /** Stops what plays; soft noise goes on. */
  hush(): void {
    this.#clips = undefined
    this.#clip = undefined
    this.#playing = false
  }

  /** Packets of the stream so far, those before the ticket among them. */
  get packetsSent(): number {
    return this.#packetsSent
  }

  /** Sends what is due. */
  tick(nowMs: Milliseconds): void {
    const behind = Math.floor((nowMs - this.#dueMs) / this.#ptimeMs)
    if (behind >= CATCH_UP) {
      this.#dueMs += behind * this.#ptimeMs
      this.#timestamp = addTimestamp(this.#timestamp, behind * this.#step)
      this.#marker = true
    }
    while (nowMs >= this.#dueMs) {
      this.#steer(nowMs - this.#dueMs)
      this.#sendOne(nowMs)
    }
  }

  /** @param lateMs how long ago the packet that goes now was due. */
  #steer(lateMs: Milliseconds): void {
    // Later than a beat it was held up: that says nothing of where the beats are.
    if (lateMs >= BEAT_MS) return
    const off = lateMs - SHORT_BEAT_MS / 2
    this.#dueMs += this.#steered ? Math.max(-STEER_MS, Math.min(STEER_MS, off)) : off
    this.#steered = true
  }

  /** The ticket for whoever continues the stream. @param latched source that packets were taken from. */
  ticket(nowMs: Milliseconds, latched: Ticket['latched'], remoteSsrc: number | undefined): Ticket {
    return {
      ...this.#options.ticket,
      nextSequence: this.#sequence,
      nextTimestamp: this.#timestamp,
      sinceLastSentMs: Math.max(0, nowMs - this.#sentMs),
      packetsSent: this.#packetsSent,
      octetsSent: this.#octetsSent,
      latched,
      remoteSsrc,
    }
  }

  #sendOne(nowMs: Milliseconds): void {
    const { ticket, send, onPlayed } = this.#options
    const packet = this.#buffers[this.#turn] as Buffer
    this.#turn = (this.#turn + 1) % BUFFERS
    this.#fill(packet)
    if (ticket.stream.send) {
      writeHeader(packet, ticket.stream.sendPayloadType, this.#marker, this.#sequence, this.#timestamp, ticket.ssrc)
      this.#marker = false
      send(packet, HEADER_SIZE + this.#octets)
      this.#sequence = addSequence(this.#sequence, 1)
      this.#packetsSent++
      this.#octetsSent += this.#octets
    }
    this.#timestamp = addTimestamp(this.#timestamp, this.#step)
    this.#dueMs += this.#ptimeMs
    this.#sentMs = nowMs
    if (this.#playing && this.#clip === undefined) {
      this.#playing = false
      onPlayed()
    }
  }

  #fill(packet: Buffer): void {
    let at = HEADER_SIZE
    const end = HEADER_SIZE + this.#octets
    while (at < end) {
      const clip = this.#clip
      if (clip === undefined) {
        packet[at++] = this.#noise[this.#noiseAt++] as number
        if (this.#noiseAt === this.#noise.length) this.#noiseAt = 0
        continue
      }
      const size = Math.min(end - at, clip.length - this.#clipAt)
      packet.set(clip.subarray(this.#clipAt, this.#clipAt + size), at)
      at += size
      this.#clipAt += size
      if (this.#clipAt === clip.length) this.#takeClip()
    }
  }

  /** Clips are taken when they come to be heard: one that says a digit is not known before. */
  #takeClip(): void {
    const next = this.#clips?.next()
    this.#clip = next?.done === false ? next.value : undefined
    this.#clipAt = 0
  }
}

const noises = new Map<CodecName, Uint8Array>()

/** Codes the soft noise of these codecs, so that no session has to wait for it. */
export function codeSoftNoise(codecs: readonly CodecName[]): void {
  for (const codec of codecs) softNoise(codec)
}

/** @returns some seconds of soft noise, coded once a process. */
function softNoise(codec: CodecName): Uint8Array {
  const known = noises.get(codec)
  if (known !== undefined) return known
  const encoder = createEncoder(codec)
  const pcm = new Int16Array((NOISE_MS * encoder.sampleRate) / 1000)
  new ComfortNoise().fill(pcm, pcm.length)
  const coded = new Uint8Array(NOISE_MS * codecNamed(codec).bytesPerMs)
  encoder.encode(pcm, pcm.length, coded, 0)
  encoder.wipe()
  noises.set(codec, coded)
  return coded
}
