/**
 * Puts the packets of one source back in order, for sinks that decode. A fixed ring of slots that packets are copied into;
 * it waits for a missing packet until `depth` later ones are there, then calls it lost. Keeps no time.
 */
import type { SequenceNumber } from '../base/units.ts'
import { HEADER_SIZE, sequence } from './packet.ts'
import { addSequence, sequenceDelta } from './sequence.ts'

/** Room of a slot: what fits an Ethernet frame. */
const SLOT_SIZE = 1500
/** A jump forward by more than this is a restart of the source, not loss (RFC 3550 A.1). */
const MAX_DROPOUT = 3000
/** A step back by up to this much is a late packet (RFC 3550 A.1). */
const MAX_MISORDER = 100

export class ReorderBuffer {
  readonly #depth: number
  readonly #size: number
  readonly #store: Uint8Array
  /** Length of the packet in each slot, 0 = empty. */
  readonly #lengths: Int32Array
  #started = false
  #next: SequenceNumber = 0
  /** Sequence number that would confirm a restart, or -1. */
  #suspect = -1
  #held = 0
  /** Packets that came behind their turn, twice, or did not fit. */
  late = 0
  duplicate = 0
  tooLong = 0
  lost = 0

  /** @param depth packets that may wait behind a missing one. */
  constructor(depth = 4) {
    this.#depth = depth
    // A power of two divides 65536, so that the ring stays whole where sequence numbers wrap.
    this.#size = 2 << (32 - Math.clz32(depth))
    this.#store = new Uint8Array(this.#size * SLOT_SIZE)
    this.#lengths = new Int32Array(this.#size)
  }

  /** Packets that wait. */
  get held(): number {
    return this.#held
  }

  /** Copies the first `length` octets of an RTP packet in. */
  push(packet: Uint8Array, length: number): void {
    if (length < HEADER_SIZE || length > SLOT_SIZE || length > packet.length) {
      this.tooLong++
      return
    }
    const seq = sequence(packet)
    if (!this.#started) this.#restart(seq)
    const ahead = sequenceDelta(this.#next, seq)
    if (ahead < 0 && ahead >= -MAX_MISORDER) {
      this.late++
      return
    }
    if (ahead < 0 || ahead > MAX_DROPOUT) {
      // Far off: believed when a second packet follows it.
      if (seq !== this.#suspect) {
        this.#suspect = addSequence(seq, 1)
        return
      }
      this.#restart(seq)
    } else if (ahead >= this.#size) {
      // A burst of loss, longer than the ring: what still waits before it is lost as well.
      this.lost += ahead - this.#held
      this.#restart(seq)
    }
    this.#suspect = -1
    const slot = seq % this.#size
    if (this.#lengths[slot] !== 0) {
      this.duplicate++
      return
    }
    const base = slot * SLOT_SIZE
    for (let i = 0; i < length; i++) this.#store[base + i] = packet[i] as number
    this.#lengths[slot] = length
    this.#held++
  }

  /**
   * Takes the next packet in order to the front of `out`.
   * @returns its length; 0 when there is nothing to take yet; -1 when the packet whose turn it is was lost.
   */
  pull(out: Uint8Array): number {
    if (this.#held === 0) return 0
    const slot = this.#next % this.#size
    const length = this.#lengths[slot] as number
    if (length === 0) {
      if (this.#held < this.#depth) return 0
      this.#next = addSequence(this.#next, 1)
      this.lost++
      return -1
    }
    const base = slot * SLOT_SIZE
    for (let i = 0; i < length; i++) {
      out[i] = this.#store[base + i] as number
      this.#store[base + i] = 0
    }
    this.#lengths[slot] = 0
    this.#held--
    this.#next = addSequence(this.#next, 1)
    return length
  }

  #restart(seq: SequenceNumber): void {
    this.lost += this.#held
    this.wipe()
    this.#started = true
    this.#next = seq
  }

  /** Empties it and overwrites every octet held; the next packet starts it anew. */
  wipe(): void {
    this.#store.fill(0)
    this.#lengths.fill(0)
    this.#held = 0
    this.#started = false
    this.#suspect = -1
  }
}
