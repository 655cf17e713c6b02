/**
 * The newer capture file (draft-ietf-opsawg-pcapng): sections in either octet order, any number of interfaces each with its
 * own link type and clock, enhanced, simple and obsolete packet blocks. All other blocks - names, statistics, keys - are
 * stepped over, as are all options but the clock's.
 */

import { type Capture, type CapturedPacket, MAX_RECORD, parsePcap } from './pcap.ts'

const SECTION = 0x0a0d0d0a
const INTERFACE = 1
const OBSOLETE_PACKET = 2
const SIMPLE_PACKET = 3
const ENHANCED_PACKET = 6
const BYTE_ORDER = 0x1a2b3c4d
/** Length and type before a block, length behind it. */
const FRAME = 12
const OPTION_END = 0
const OPTION_RESOLUTION = 9
const OPTION_OFFSET = 14
/** A block may carry options beside its packet. */
export const MAX_BLOCK = 16 * MAX_RECORD

type Interface = {
  readonly linkType: number
  /** Most octets kept of a packet; 0 is no limit. */
  readonly kept: number
  /** Milliseconds a unit of the clock takes. */
  readonly unitMs: number
  /** Added to every time. */
  readonly offsetMs: number
}

/** @returns the packets of a capture file of either format, or undefined when it is none. */
export function parseCapture(file: Uint8Array): Capture | undefined {
  return parsePcapng(file) ?? parsePcap(file)
}

/** @returns the packets of a pcapng file, or undefined when it is none. */
export function parsePcapng(file: Uint8Array): Capture | undefined {
  if (!isPcapng(file)) return undefined
  const packets: CapturedPacket[] = []
  const at = new PcapngBlocks().take(file, packets)
  return { format: 'pcapng', packets, cutShort: at < file.length }
}

/** Whether octets begin as a file of this format does. */
export function isPcapng(octets: Uint8Array): boolean {
  if (octets.length < 28) return false
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  return view.getUint32(0, true) === SECTION && orderOf(view, 0) !== undefined
}

/** Reads the blocks of a file that comes in pieces; remembers its interfaces and clocks between them. */
export class PcapngBlocks {
  #interfaces: Interface[] = []
  #little = true
  #lastMs = 0

  /**
   * Adds the packets of every whole block to `packets`, as views of `octets`.
   * @param octets from the beginning of a block on.
   * @returns where the first block begins that is not whole, or is damaged; the next piece has to begin there.
   */
  take(octets: Uint8Array, packets: CapturedPacket[]): number {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
    let at = 0
    while (at + FRAME <= octets.length) {
      if (view.getUint32(at, true) === SECTION) {
        const order = orderOf(view, at)
        if (order === undefined) break
        this.#little = order
        this.#interfaces = []
      }
      const length = view.getUint32(at + 4, this.#little)
      if (length < FRAME || length > MAX_BLOCK || at + length > octets.length) break
      this.#block(octets, view, at, at + length - 4, packets)
      // Blocks are padded to words; a length that is not says that its writer forgot to count the padding.
      at += (length + 3) & ~3
    }
    return at
  }

  #block(octets: Uint8Array, view: DataView, at: number, end: number, packets: CapturedPacket[]): void {
    const type = view.getUint32(at, this.#little)
    const body = at + 8
    if (type === INTERFACE) this.#interfaces.push(parseInterface(view, body, end, this.#little))
    else {
      const packet = parsePacket(octets, view, type, body, end, this.#little, this.#interfaces, this.#lastMs)
      if (packet === undefined) return
      packets.push(packet)
      this.#lastMs = packet.atMs
    }
  }
}

/** @returns true for little-endian, false for big-endian, undefined when the section is damaged. */
function orderOf(view: DataView, at: number): boolean | undefined {
  if (view.getUint32(at + 8, true) === BYTE_ORDER) return true
  return view.getUint32(at + 8, false) === BYTE_ORDER ? false : undefined
}

function parseInterface(view: DataView, body: number, end: number, little: boolean): Interface {
  if (body + 8 > end) return { linkType: -1, kept: 0, unitMs: 1e-3, offsetMs: 0 }
  let unitMs = 1e-3
  let offsetMs = 0
  let at = body + 8
  while (at + 4 <= end) {
    const code = view.getUint16(at, little)
    const length = view.getUint16(at + 2, little)
    const value = at + 4
    if (code === OPTION_END || value + length > end) break
    if (code === OPTION_RESOLUTION && length >= 1) {
      const resolution = view.getUint8(value)
      unitMs = 1000 * (resolution & 0x80 ? 2 ** -(resolution & 0x7f) : 10 ** -resolution)
    }
    if (code === OPTION_OFFSET && length >= 8) offsetMs = Number(view.getBigInt64(value, little)) * 1000
    at = value + ((length + 3) & ~3)
  }
  return { linkType: view.getUint16(body, little), kept: view.getUint32(body + 4, little), unitMs, offsetMs }
}

function parsePacket(
  file: Uint8Array,
  view: DataView,
  type: number,
  body: number,
  end: number,
  little: boolean,
  interfaces: Interface[],
  lastMs: number,
): CapturedPacket | undefined {
  if (type === SIMPLE_PACKET) {
    const from = interfaces[0]
    if (from === undefined || body + 4 > end) return undefined
    const whole = view.getUint32(body, little)
    const kept = Math.min(whole, from.kept === 0 ? whole : from.kept, end - body - 4)
    // A simple packet has no time of its own.
    return { atMs: lastMs, linkType: from.linkType, bytes: file.subarray(body + 4, body + 4 + kept) }
  }
  if ((type !== ENHANCED_PACKET && type !== OBSOLETE_PACKET) || body + 20 > end) return undefined
  const from = interfaces[type === ENHANCED_PACKET ? view.getUint32(body, little) : view.getUint16(body, little)]
  const kept = view.getUint32(body + 12, little)
  if (from === undefined || body + 20 + kept > end) return undefined
  // The clock may count nanoseconds since 1970: more than a double holds, so the two halves are scaled apart.
  const units = view.getUint32(body + 4, little) * 2 ** 32
  const atMs = units * from.unitMs + view.getUint32(body + 8, little) * from.unitMs + from.offsetMs
  return { atMs, linkType: from.linkType, bytes: file.subarray(body + 20, body + 20 + kept) }
}
