/** Each direction of each TCP connection of a capture as one row of octets, and the way back into the segments; what was sent again included. */

import type { Segment } from '../rtp/link-layer.ts'
import { portOf, type Unreadable } from './unreadable.ts'

export type TcpRow = {
  readonly from: string
  readonly to: string
  /** In the order of their numbers; after a hole the row simply goes on. */
  readonly octets: Uint8Array
  /** Octets of the capture, each with its place in the row. */
  readonly copies: readonly { readonly at: number; readonly payload: Uint8Array }[]
}

/** A step back of more than this is a new connection on the same ports. */
const FARTHEST = 1 << 30
/** Octets at the front of a row in which its kind shows. */
const HEAD = 16_384
const PACKED = /^content-encoding:[\t ]*(?!identity)\S/im
const WEB_SOCKET = /^upgrade:[\t ]*websocket/im

/** Protocols by their ports whose messages hold keys in forms that are not looked into. */
const PORTS: ReadonlyMap<string, string> = new Map([
  ['1720', 'H.323'],
  ['2000', 'Skinny'],
  ['2427', 'MGCP'],
  ['2944', 'H.248'],
  ['9060', 'HEP'],
])

/** @returns the rows of all segments, those that hold text alone. */
export function tcpRows(segments: readonly Segment[]): readonly TcpRow[] {
  const ways = Map.groupBy(
    segments.filter(({ over, payload }) => over === 'tcp' && payload.length > 0),
    ({ from, to }) => `${from} ${to}`,
  )
  return Array.from(ways.values(), rowOf)
}

/** Writes a changed row back into every segment that holds a part of it. */
export function writeRow({ octets, copies }: TcpRow): void {
  for (const { at, payload } of copies) payload.set(octets.subarray(at, at + payload.length))
}

/** @returns why a row cannot be looked into, where that is so: its protocol, packed text, or masked frames of a web socket. */
export function unreadableRow(row: TcpRow): Unreadable | undefined {
  const head = Buffer.from(row.octets.buffer, row.octets.byteOffset, Math.min(row.octets.length, HEAD))
  const name = PORTS.get(portOf(row.to)) ?? PORTS.get(portOf(row.from))
  const gap = head.indexOf('\r\n\r\n')
  if (name !== undefined) return blankable(name, row, 0)
  if (gap < 0) return undefined
  const text = head.toString('latin1', 0, gap)
  const why = PACKED.test(text) ? 'packed HTTP' : WEB_SOCKET.test(text) ? 'a web socket' : undefined
  return why === undefined ? undefined : blankable(why, row, gap + 4)
}

function blankable(name: string, row: TcpRow, from: number): Unreadable {
  const blank = () => {
    row.octets.fill(0, from)
    writeRow(row)
  }
  return { what: `${name} ${row.from} -> ${row.to}`, blank }
}

function rowOf(segments: readonly Segment[]): TcpRow {
  const first = segments[0] as Segment
  let before = first.sequence
  let place = 0
  const placed = segments.map(({ sequence, payload }) => {
    const step = (sequence - before) | 0
    place = Math.abs(step) > FARTHEST ? place + FARTHEST : place + step
    before = sequence
    return { place, payload }
  })
  const copies: { at: number; payload: Uint8Array }[] = []
  const parts: Uint8Array[] = []
  let length = 0
  let next = Number.NEGATIVE_INFINITY
  for (const { place: from, payload } of placed.toSorted((a, b) => a.place - b.place)) {
    const known = Math.max(0, next - from)
    // What stands already keeps its place in the row; a hole takes none.
    copies.push({ at: next === Number.NEGATIVE_INFINITY || known === 0 ? length : length - known, payload })
    if (known >= payload.length) continue
    parts.push(payload.subarray(known))
    length += payload.length - known
    next = from + payload.length
  }
  return { from: first.from, to: first.to, octets: new Uint8Array(Buffer.concat(parts)), copies }
}
