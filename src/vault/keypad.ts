/**
 * Keys out of a caller's RTP packets: telephone-events (RFC 4733), alone or with redundancy (RFC 2198), and tones in the sound (ITU-T
 * Q.23); and keys that came by SIP INFO: each press once, whatever way it came. Packets are taken from one source only. Every packet is overwritten once it has been looked at, decoded sound likewise; no
 * press is kept here longer than the double press has to be told from it.
 */

import { type InNetworks, inNetworks } from '../base/networks.ts'
import { codecNamed, type Milliseconds } from '../base/units.ts'
import type { Ticket } from '../media/contract.ts'
import { createDecoder, type Decoder, soundUnits } from '../rtp/codec.ts'
import { DtmfReceiver } from '../rtp/dtmf-receiver.ts'
import { ARBITER_PRESSES, KeyArbiter } from '../rtp/key-arbiter.ts'
import { hasRedundancy } from '../rtp/opus-packet.ts'
import { isRtp, payloadEnd, payloadStart, payloadType, sequence, ssrc, timestamp } from '../rtp/packet.ts'
import { confirms, createNewcomer, createProbation, noteRun } from '../rtp/probation.ts'
import { sequenceDelta, timestampDelta } from '../rtp/sequence.ts'
import { EventReader, READER_CODES } from '../rtp/telephone-event.ts'
import { UnagreedEvents } from '../rtp/unagreed-events.ts'
import { type Key, sealKey } from './key.ts'
import type { LineProtection } from './line-protection.ts'
import { MaskedCodes } from './masked-codes.ts'

/** Octets of one packet's sound that are listened to: 200 ms, of Opus all. */
const SOUND_MAX = 1600
/** Longest loss that is bridged with silence. Beyond it the tone is over anyway. */
const BRIDGED_MAX_MS = 200
/** 5 ms at 16 kHz: until G.722 and Opus have found back to the sound behind a hole, about. */
const DOUBTFUL_SAMPLES = 80

/** How many presses were told first by each transport until the wipe. Counts only: neither which keys nor in which order. */
type PressCounts = { readonly event: number; readonly tone: number; readonly info: number }

/** What a packet of ours is. */
type Content = 'sound' | 'event' | 'redundant'

export class Keypad {
  #stream: Ticket['stream']
  readonly #protection: LineProtection | undefined
  readonly #onKey: (key: Key) => void
  readonly #readerCodes = new MaskedCodes(READER_CODES)
  readonly #arbiterCodes = new MaskedCodes(ARBITER_PRESSES)
  readonly #events: EventReader
  readonly #unagreed = new UnagreedEvents()
  readonly #arbiter = new KeyArbiter(this.#arbiterCodes)
  readonly #decoder: Decoder
  readonly #tones: DtmfReceiver
  readonly #pcm: Int16Array
  /** Timestamp units a millisecond of the sound. */
  readonly #unitsPerMs: number
  readonly #probation = createProbation()
  readonly #newcomer = createNewcomer()
  readonly #admits: InNetworks | undefined
  #latched: Ticket['latched']
  #remoteSsrc: number | undefined
  /** Where its far end said it is from now on, until packets come from there. */
  #moved: Ticket['latched']
  /** Samples the tone receiver has heard; its press times count them. */
  #heard = 0
  /** Samples still to come that are decoded from a wrong beginning. */
  #doubtful = 0
  #started = false
  #lastSequence = 0
  #nextTimestamp = 0
  #lastActivityMs: Milliseconds
  #presses: PressCounts = { event: 0, tone: 0, info: 0 }
  #counting = true

  /**
   * @param onKey gets each press, RFC 4733 event code 0 to 15, as it becomes known. @param protection opens what comes, where SRTP was agreed
   * on: nothing is believed of a packet before.
   */
  constructor(ticket: Ticket, nowMs: Milliseconds, onKey: (key: Key) => void, protection?: LineProtection) {
    const { stream } = ticket
    this.#stream = stream
    this.#protection = protection
    this.#onKey = onKey
    const { clockRate } = codecNamed(stream.codec)
    this.#unitsPerMs = clockRate / 1000
    this.#events = new EventReader(stream.eventClockRate ?? clockRate, this.#readerCodes)
    this.#decoder = createDecoder(stream.codec)
    this.#tones = new DtmfReceiver(this.#decoder.sampleRate)
    this.#pcm = new Int16Array(SOUND_MAX * 2)
    const { address, rtpPort } = stream.remote
    this.#admits = stream.latchNetworks === undefined ? undefined : inNetworks(stream.latchNetworks)
    this.#latched = ticket.latched ?? (stream.latch === 'sdp' ? { address, rtpPort } : undefined)
    this.#remoteSsrc = ticket.remoteSsrc
    this.#lastActivityMs = nowMs
  }

  /** The source that packets are taken from, as soon as there is one. */
  get latched(): Ticket['latched'] {
    return this.#latched
  }

  get remoteSsrc(): number | undefined {
    return this.#remoteSsrc
  }

  /** Takes a received datagram and overwrites it. */
  accept(received: Uint8Array, address: string, port: number, nowMs: Milliseconds): void {
    const packet = this.#opened(received, address, port)
    const content = packet === undefined ? undefined : this.#contentOf(packet, address, port, nowMs)
    if (packet !== undefined && content !== undefined) this.#read(packet, content, nowMs)
    received.fill(0)
  }

  /** Takes a press told by SIP INFO, RFC 4733 event code; anything else is none. */
  told(code: number, nowMs: Milliseconds): void {
    const key = this.#arbiter.fromInfo(code, nowMs)
    if (key < 0) return
    this.#lastActivityMs = nowMs
    this.#report(key, 'info')
  }

  /**
   * The far end described another address. Packets are taken from there, and from wherever the source that is known sends them next, a NAT
   * being between; from nobody else.
   */
  move({ remote, signalledFrom }: Pick<Ticket['stream'], 'remote' | 'signalledFrom'>): void {
    this.#stream = { ...this.#stream, remote, signalledFrom }
    this.#moved = { address: remote.address, rtpPort: remote.rtpPort }
    if (this.#stream.latch === 'sdp') this.#latched = this.#moved
  }

  /** Presses until the wipe, by the transport that told each first. */
  get presses(): PressCounts {
    return this.#presses
  }

  /** Whether no key sounds and none has for so long. */
  isQuiet(nowMs: Milliseconds, forMs: Milliseconds): boolean {
    this.#events.lapse(nowMs)
    if (this.#events.keyDown || this.#tones.toneDown) this.#lastActivityMs = nowMs
    return nowMs - this.#lastActivityMs >= forMs
  }

  /** Overwrites everything that tells of a press. It can go on listening. */
  wipe(): void {
    // The last press may still be under way. What is forgotten of it is told as a press again, and is none.
    this.#counting = false
    this.#events.reset()
    this.#unagreed.reset()
    this.#arbiter.reset()
    this.#tones.wipe()
    this.#decoder.wipe()
    this.#pcm.fill(0)
    this.#heard = 0
    this.#started = false
  }

  /** Wipes and gives the locked memory back; nothing more is heard. May be called twice. */
  close(): void {
    this.wipe()
    this.#readerCodes.close()
    this.#arbiterCodes.close()
  }

  /** @returns the plain packet; undefined when it is not the far end's. A copy from elsewhere must not use up the index of the packet itself. */
  #opened(received: Uint8Array, address: string, port: number): Uint8Array | undefined {
    if (this.#protection === undefined) return received
    const elsewhere =
      this.#latched !== undefined && (this.#latched.address !== address || this.#latched.rtpPort !== port)
    if (elsewhere && this.#moved === undefined) return undefined
    const size = this.#protection.open(received)
    return size < 0 ? undefined : received.subarray(0, size)
  }

  /** A good packet from the source; a run of them, or one that SRTP vouches for, makes the source where there is none yet. */
  #contentOf(packet: Uint8Array, address: string, port: number, nowMs: Milliseconds): Content | undefined {
    if (!this.#stream.receive || !isRtp(packet)) return undefined
    const agreed = this.#agreedContent(payloadType(packet))
    if (agreed !== undefined) this.#latch(packet, address, port, nowMs)
    if (this.#latched?.address !== address || this.#latched.rtpPort !== port) return undefined
    if (agreed !== undefined) return this.#isOurs(packet) ? agreed : undefined
    // Of a source that is known already, and of no other.
    if (ssrc(packet) !== this.#remoteSsrc) return undefined
    return this.#unagreed.admits(packet, payloadStart(packet), payloadEnd(packet), nowMs) ? 'event' : undefined
  }

  /** Whether a packet has the source's SSRC, or confirms another one (RFC 3550 appendix A.1). */
  #isOurs(packet: Uint8Array): boolean {
    const source = ssrc(packet)
    if (this.#remoteSsrc === undefined || this.#remoteSsrc === source) return true
    return confirms(this.#newcomer, source, sequence(packet))
  }

  /**
   * Makes the source where there is none, as the media process does (`media/latch.ts`); follows it, once, when its far end said that it moved.
   * Nothing else moves it while keys are awaited: not even a NAT that changed its binding.
   */
  #latch(packet: Uint8Array, address: string, port: number, nowMs: Milliseconds): void {
    this.#latched ??= this.#learnt(packet, address, port, nowMs)
    if (this.#latched === undefined) return
    if (this.#moved === undefined || this.#stream.latch === 'sdp') return
    if (this.#latched.address === address && this.#latched.rtpPort === port) return
    const described = address === this.#moved.address && port === this.#moved.rtpPort
    if (!described && (ssrc(packet) !== this.#remoteSsrc || !this.#isAdmitted(address))) return
    this.#latched = { address, rtpPort: port }
    this.#moved = undefined
  }

  #learnt(packet: Uint8Array, address: string, rtpPort: number, nowMs: Milliseconds): Ticket['latched'] {
    const { remote } = this.#stream
    if (address === remote.address && rtpPort === remote.rtpPort) return { address, rtpPort }
    const admitted = address === remote.address || this.#isAdmitted(address)
    if (!admitted) return undefined
    const vouchedFor = this.#protection !== undefined || noteRun(this.#probation, address, rtpPort, packet, nowMs)
    return vouchedFor ? { address, rtpPort } : undefined
  }

  /** Whether the policy lets a source be elsewhere than it is described. */
  #isAdmitted(address: string): boolean {
    const { latch, signalledFrom } = this.#stream
    return latch === 'signalling' ? address === signalledFrom : latch === 'first' && (this.#admits?.(address) ?? true)
  }

  #agreedContent(type: number): Content | undefined {
    const { receivePayloadType, receiveEventPayloadType, receiveRedundantPayloadType } = this.#stream
    if (type === receivePayloadType) return 'sound'
    if (type === receiveEventPayloadType) return 'event'
    return type === receiveRedundantPayloadType ? 'redundant' : undefined
  }

  #read(packet: Uint8Array, content: Content, nowMs: Milliseconds): void {
    const source = ssrc(packet)
    if (source !== this.#remoteSsrc) {
      this.#remoteSsrc = source
      this.#started = false
      this.#decoder.reset()
    }
    const from = payloadStart(packet)
    const to = payloadEnd(packet)
    if (content === 'sound') this.#readSound(packet, from, Math.min(to, from + SOUND_MAX), nowMs)
    else if (content === 'event') this.#readEvents(this.#events.accept(packet, from, to, nowMs), nowMs)
    else {
      const { receiveEventPayloadType = -1 } = this.#stream
      this.#readEvents(this.#events.acceptRedundant(packet, from, to, receiveEventPayloadType, nowMs), nowMs)
    }
  }

  #readEvents(first: number, nowMs: Milliseconds): void {
    this.#lastActivityMs = nowMs
    for (let code = first; code >= 0; code = this.#events.more()) {
      this.#report(this.#arbiter.fromEvent(code, nowMs), 'event')
    }
  }

  #readSound(packet: Uint8Array, from: number, to: number, nowMs: Milliseconds): void {
    if (this.#started) {
      const step = sequenceDelta(this.#lastSequence, sequence(packet))
      if (step <= 0) return
      const missingMs = timestampDelta(this.#nextTimestamp, timestamp(packet)) / this.#unitsPerMs
      this.#bridge(missingMs, step, packet, from, to, nowMs)
    }
    this.#started = true
    this.#lastSequence = sequence(packet)
    this.#nextTimestamp = (timestamp(packet) + soundUnits(this.#stream.codec, packet, from, to)) >>> 0
    const decoded = this.#decoder.decode(packet, from, to, this.#pcm)
    this.#coverDoubt(decoded)
    this.#listen(decoded, nowMs)
  }

  /**
   * Sound that was lost, or that telephone-events stood for: the receiver hears nothing, and knows that it is made up. What a packet of
   * Opus has of the lost one before it is no less sound than what it has of its own.
   */
  #bridge(
    missingMs: Milliseconds,
    step: number,
    packet: Uint8Array,
    from: number,
    to: number,
    nowMs: Milliseconds,
  ): void {
    if (missingMs <= 0 || missingMs > BRIDGED_MAX_MS) return
    const samples = Math.floor((missingMs * this.#decoder.sampleRate) / 1000)
    // The decoder is told, too, or what follows is wrong for longer.
    const made = step > 1 ? this.#decoder.bridge(samples, packet, from, to, this.#pcm) : 0
    const told = this.#stream.codec === 'OPUS' && step === 2 && made === samples && hasRedundancy(packet, from, to)
    if (!told) {
      this.#tones.lost(samples)
      this.#pcm.fill(0, 0, Math.max(samples, made))
    }
    this.#listen(samples, nowMs)
    this.#doubtful = !told && this.#decoder.sampleRate === 16_000 ? DOUBTFUL_SAMPLES : 0
  }

  /** Wide sound is decoded from what was decoded before: right behind a hole it is wrong, and one press would be heard as two. */
  #coverDoubt(decoded: number): void {
    const samples = Math.min(this.#doubtful, decoded)
    if (samples === 0) return
    this.#tones.lost(samples)
    this.#pcm.fill(0, 0, samples)
    this.#doubtful -= samples
  }

  #listen(samples: number, nowMs: Milliseconds): void {
    const found = this.#tones.accept(this.#pcm, 0, samples)
    this.#pcm.fill(0, 0, samples)
    this.#heard += samples
    if (this.#tones.toneDown) this.#lastActivityMs = nowMs
    for (let i = 0; i < found; i++) {
      const ago = ((this.#heard - this.#tones.startSampleAt(i)) * 1000) / this.#decoder.sampleRate
      this.#report(this.#arbiter.fromTone(this.#tones.digitAt(i), nowMs - ago, nowMs), 'tone')
    }
  }

  #report(code: number, by: keyof PressCounts): void {
    if (code < 0) return
    if (this.#counting) this.#presses = { ...this.#presses, [by]: this.#presses[by] + 1 }
    this.#onKey(sealKey(code))
  }
}
