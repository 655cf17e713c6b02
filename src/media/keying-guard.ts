/**
 * Stands at a port whose socket died with a vault: nobody has told the caller to stop keying, and none of it may be relayed.
 *
 *   telephone-event  muted for as long as the guard stands
 *   sound            the first 60 ms are muted, then whatever has a tone pair in it, the packets beside it, and what follows a key for 0.6 s
 *
 * A tone is told up to 15 ms after it began, so that its beginning may lie in the packet before. Therefore packets go through a delay line of at
 * least 20 ms: whoever tells a tone mutes what is still in the line. The caller hears the agent meanwhile.
 */

import type { CodecName, Milliseconds } from '../base/units.ts'
import { createDecoder, type Decoder, soundMs } from '../rtp/codec.ts'
import { DtmfReceiver } from '../rtp/dtmf-receiver.ts'
import { payloadEnd, payloadStart } from '../rtp/packet.ts'
import { AUDIO, EVENT, MUTED, type PacketKind } from './link.ts'
import { SLOT_SIZE } from './udp-batch.ts'

/** Sound muted without asking: a tone that is there already has been told by then. */
const BLIND_MS: Milliseconds = 60
/** Sound that must have come after a packet before it leaves the line. */
const LINE_MS: Milliseconds = 20
/** A caller who pauses for less is still keying. */
const PAUSE_MS: Milliseconds = 600
/** After that long a caller who hears the agent keys no card number any more. */
const STANDS_MS: Milliseconds = 20_000
/** Eight packets of 2.5 ms, the shortest of Opus, and one to turn. */
const SLOTS = 9

type Slot = { readonly octets: Uint8Array; view: Uint8Array; kind: PacketKind; soundMs: Milliseconds }

export class KeyingGuard {
  readonly #sinceMs: Milliseconds
  readonly #codec: CodecName
  readonly #decoder: Decoder
  readonly #receiver: DtmfReceiver
  readonly #pcm: Int16Array = new Int16Array(SLOT_SIZE * 2)
  readonly #slots: readonly Slot[] = Array.from({ length: SLOTS }, newSlot)
  #first = 0
  #count = 0
  #leftKind: PacketKind = MUTED
  #heardMs = 0
  #toneBefore = false
  #lastKeyMs: Milliseconds = Number.NEGATIVE_INFINITY

  constructor(codec: CodecName, nowMs: Milliseconds) {
    this.#sinceMs = nowMs
    this.#codec = codec
    this.#decoder = createDecoder(codec)
    this.#receiver = new DtmfReceiver(this.#decoder.sampleRate)
  }

  /** Hears a packet and puts it into the line. The caller then takes out what `leaves` it. */
  take(packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): void {
    // An event mutes what is in the line, and comfort noise says that silence follows: neither lets it wait.
    const lastsMs = kind === AUDIO ? soundMs(this.#codec, packet, payloadStart(packet), payloadEnd(packet)) : LINE_MS
    if (this.#count === SLOTS) this.#dropFirst()
    const slot = this.#slots[(this.#first + this.#count++) % SLOTS] as Slot
    if (slot.view.length !== packet.length) slot.view = slot.octets.subarray(0, packet.length)
    slot.view.set(packet)
    slot.kind = this.#admits(packet, kind, nowMs) ? kind : MUTED
    slot.soundMs = lastsMs
  }

  /** @returns the next packet whose time in the line is over, valid until the next `take`; undefined when there is none. @param all empties the line. */
  leaves(all = false): Uint8Array | undefined {
    let laterMs = 0
    for (let i = 1; i < this.#count; i++) laterMs += (this.#slots[(this.#first + i) % SLOTS] as Slot).soundMs
    if (this.#count === 0 || (!all && laterMs < LINE_MS)) return undefined
    const slot = this.#slots[this.#first] as Slot
    this.#leftKind = slot.kind
    this.#dropFirst()
    return slot.view
  }

  /** What may be heard of the packet that left last. */
  get leftKind(): PacketKind {
    return this.#leftKind
  }

  /** Whether there is nothing left to guard against. */
  isOver(nowMs: Milliseconds): boolean {
    return nowMs - this.#sinceMs > STANDS_MS && this.#isPause(nowMs)
  }

  /** Overwrites what it heard. May be called twice. */
  close(): void {
    this.#receiver.wipe()
    this.#decoder.wipe()
    this.#pcm.fill(0)
    for (const { octets } of this.#slots) octets.fill(0)
    this.#count = 0
  }

  #admits(packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): boolean {
    if (kind === EVENT) {
      this.#keyed(nowMs)
      return false
    }
    if (kind !== AUDIO) return true
    const start = payloadStart(packet)
    const end = payloadEnd(packet)
    const samples = this.#decoder.decode(packet, start, end, this.#pcm)
    const keys = this.#receiver.accept(this.#pcm, 0, samples)
    this.#pcm.fill(0, 0, samples)
    this.#heardMs += soundMs(this.#codec, packet, start, end)
    const tone = keys > 0 || this.#receiver.toneDown
    const justOver = this.#toneBefore
    this.#toneBefore = tone
    if (keys > 0) this.#keyed(nowMs)
    else if (tone) this.#muteLine()
    return !tone && !justOver && this.#heardMs > BLIND_MS && this.#isPause(nowMs)
  }

  #keyed(nowMs: Milliseconds): void {
    this.#lastKeyMs = nowMs
    this.#muteLine()
  }

  #muteLine(): void {
    for (const slot of this.#slots) slot.kind = MUTED
  }

  #dropFirst(): void {
    this.#first = (this.#first + 1) % SLOTS
    this.#count--
  }

  #isPause(nowMs: Milliseconds): boolean {
    return nowMs - this.#lastKeyMs >= PAUSE_MS
  }
}

function newSlot(): Slot {
  const octets = new Uint8Array(SLOT_SIZE)
  return { octets, view: octets, kind: MUTED, soundMs: 0 }
}
