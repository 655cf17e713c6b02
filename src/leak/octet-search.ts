/**
 * Searches what went over the wire, segment by segment, for forms of a number and for keys in SIP INFO: datagrams one by one; TCP as one row of
 * octets each way, so that what is cut in two by a segment is found. Of a row only as much is kept as a message may be long.
 */

import type { Milliseconds } from '../base/units.ts'
import type { Segment } from '../rtp/link-layer.ts'
import type { CaptureFind, CapturePress } from './capture-finds.ts'
import { infoKeysOf } from './info-keys.ts'
import { type NeedleSearch, searchFor } from './needle-search.ts'
import type { Needle } from './needles.ts'

/** Of a row of TCP; longer than the longest message, which is kept whole. */
const MOST_WAITING = 128 * 1024
const LONGEST_MESSAGE = 64 * 1024
const INFO_LINE = '\nINFO '
const INFO = 'INFO '

/** One way of a TCP connection. */
type Row = {
  readonly from: string
  readonly to: string
  /** When its first octet came. */
  readonly atMs: Milliseconds
  /** Octets that the end of something may lie behind. */
  waiting: Buffer
  /** How many of them were read for INFO. */
  read: number
  /** Sequence number of the next octet. */
  next: number
}

/** Takes segments in the order of a capture. */
export class OctetSearch {
  readonly #search: NeedleSearch | undefined
  readonly #rows = new Map<string, Row>()
  readonly #finds = new Map<string, CaptureFind>()
  readonly #presses: CapturePress[] = []
  #segments = 0

  /** @param needles none to look for INFO only. */
  constructor(needles: readonly Needle[]) {
    this.#search = needles.length === 0 ? undefined : searchFor(needles)
  }

  take(segment: Segment): void {
    this.#segments++
    const { over, from, to, atMs, payload } = segment
    if (payload.length === 0) return
    if (over === 'tcp') this.#takeTcp(segment)
    else {
      this.#look(payload, { from, to }, 'udp')
      this.#press(payload, { from, to, atMs })
    }
  }

  /** @returns what was found in everything that was taken. INFO over TCP has the time of the first octet of its way. */
  finish(): { finds: CaptureFind[]; presses: CapturePress[]; segments: number } {
    for (const row of this.#rows.values()) this.#flush(row, row.waiting.length)
    this.#rows.clear()
    return { finds: [...this.#finds.values()], presses: this.#presses, segments: this.#segments }
  }

  #takeTcp({ from, to, atMs, payload, sequence }: Segment): void {
    const key = `${from} ${to}`
    const row = this.#rows.get(key) ?? { from, to, atMs, waiting: Buffer.alloc(0), read: 0, next: sequence }
    this.#rows.set(key, row)
    // What TCP sent again is left out; after a hole in the capture the row simply goes on.
    const known = (row.next - sequence) | 0
    if (known >= payload.length) return
    row.waiting = Buffer.concat([row.waiting, known > 0 ? payload.subarray(known) : payload])
    row.next = (sequence + payload.length) | 0
    if (row.waiting.length > MOST_WAITING) this.#flush(row, lastMessage(row.waiting))
  }

  /** @param message where a message begins that may go on; what is before it is whole. */
  #flush(row: Row, message: number): void {
    this.#look(row.waiting, row, 'tcp')
    this.#press(row.waiting.subarray(row.read, message), row)
    const from = Math.max(0, Math.min(message, row.waiting.length - (this.#search?.longest ?? INFO_LINE.length) - 1))
    row.waiting = Buffer.from(row.waiting.subarray(from))
    row.read = message - from
  }

  #look(octets: Uint8Array, { from, to }: Pick<Row, 'from' | 'to'>, over: 'udp' | 'tcp'): void {
    const forms = new Set<string>()
    this.#search?.run(octets, octets.length, forms)
    for (const form of forms) this.#finds.set(`${form} ${over} ${from} ${to}`, { form, from, to, over })
  }

  #press(octets: Uint8Array, { from, to, atMs }: Pick<Row, 'from' | 'to' | 'atMs'>): void {
    for (const code of infoKeysOf(octets)) this.#presses.push({ from, to, atMs, by: 'info', code })
  }
}

/** @returns where the last INFO begins, if its end may be missing; else where one may begin whose first line is not whole. */
function lastMessage(octets: Buffer): number {
  const line = octets.lastIndexOf(INFO_LINE)
  const first = octets.subarray(0, INFO.length).equals(Buffer.from(INFO)) ? 0 : -1
  const at = line >= 0 ? line + 1 : first
  return at >= 0 && octets.length - at <= LONGEST_MESSAGE ? at : octets.length - INFO_LINE.length
}
