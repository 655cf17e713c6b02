/** The packets of a capture file, read piece by piece: whoever looks at one after the other needs no more memory for a large file than for a small one. */

import { closeSync, openSync, readSync } from 'node:fs'
import type { CapturedPacket } from '../rtp/pcap.ts'
import { isPcapng, MAX_BLOCK, PcapngBlocks } from '../rtp/pcapng.ts'

/** Of a piece; whatever block begins in the first half of it ends in it. */
const PIECE = 2 * MAX_BLOCK

/** A pcapng file. Each round of the iteration reads it anew; a packet's octets are views that keep a whole piece in memory for as long as they are held. */
export class CaptureFile {
  readonly #path: string
  #cutShort = false

  constructor(path: string) {
    this.#path = path
  }

  /** Whether the last round ended inside a block: of a recorder that was killed, a full disk, damage. */
  get cutShort(): boolean {
    return this.#cutShort
  }

  /** @throws Error when it cannot be read, or is no capture. */
  *[Symbol.iterator](): Generator<CapturedPacket, void> {
    this.#cutShort = false
    const file = openSync(this.#path, 'r')
    try {
      const blocks = new PcapngBlocks()
      for (let position = 0; ; ) {
        const piece = new Uint8Array(PIECE)
        const octets = piece.subarray(0, readWhole(file, piece, position))
        if (position === 0 && !isPcapng(octets)) throw new Error('it is no capture')
        if (octets.length === 0) return
        const packets: CapturedPacket[] = []
        const used = blocks.take(octets, packets)
        yield* packets
        if (used === 0) {
          this.#cutShort = true
          return
        }
        position += used
      }
    } finally {
      closeSync(file)
    }
  }
}

/** Fills a piece, or what there is of it. @returns octets read. */
function readWhole(file: number, piece: Uint8Array, position: number): number {
  for (let filled = 0; ; ) {
    const got = readSync(file, piece, filled, piece.length - filled, position + filled)
    filled += got
    if (got === 0 || filled === piece.length) return filled
  }
}
