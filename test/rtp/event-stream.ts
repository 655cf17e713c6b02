/** Streams of telephone-events for tests: packets with arrival times, and the reader's answer to them as one list of codes. */
import { writeTelephoneEvent } from '../../src/rtp/event-payload.ts'
import { EventReader } from '../../src/rtp/event-reader.ts'
import { writeHeader } from '../../src/rtp/packet.ts'

export const EVENT_PT = 101
export const RED_PT = 121

/** One packet as it arrives. `events`: code, end, duration. */
export type Arrival = {
  readonly atMs: number
  readonly seq: number
  readonly ts: number
  readonly marker?: boolean
  readonly ssrc?: number
  readonly events?: readonly (readonly [code: number, end: boolean, duration: number])[]
  /** In place of `events`. */
  readonly payload?: Uint8Array
  readonly pt?: number
}

/** @returns the RTP packet of an arrival. */
export function packetOf(a: Arrival): Uint8Array {
  const events = a.events ?? []
  const payload = a.payload ?? new Uint8Array(events.length * 4)
  if (a.payload === undefined) {
    events.forEach(([code, end, duration], i) => {
      writeTelephoneEvent(payload, i * 4, code, end, 10, duration)
    })
  }
  const p = new Uint8Array(12 + payload.length)
  writeHeader(p, a.pt ?? EVENT_PT, a.marker ?? false, a.seq, a.ts, a.ssrc ?? 0x5077)
  p.set(payload, 12)
  return p
}

/** @returns the codes that a reader reports for the arrivals, in order. */
export function read(arrivals: readonly Arrival[], reader: EventReader = new EventReader()): number[] {
  const codes: number[] = []
  for (const a of arrivals) {
    const p = packetOf(a)
    let code =
      a.pt === RED_PT
        ? reader.acceptRedundant(p, 12, p.length, EVENT_PT, a.atMs)
        : reader.accept(p, 12, p.length, a.atMs)
    for (; code >= 0; code = reader.more()) codes.push(code)
  }
  return codes
}

/** A press by the book: updates every 20 ms, three ends at once. */
export type PressOptions = {
  readonly code: number
  readonly atMs: number
  readonly seq: number
  readonly ts: number
  readonly ms?: number
  readonly ssrc?: number
}

/** @returns the packets of one press at 8000 Hz; `packets[i].seq` counts from `seq`. */
export function press(o: PressOptions): Arrival[] {
  const steps = Math.max(1, Math.round((o.ms ?? 100) / 20))
  return Array.from({ length: steps + 2 }, (_, i) => {
    const told = Math.min(i + 1, steps)
    return {
      atMs: o.atMs + told * 20,
      seq: (o.seq + i) & 0xffff,
      ts: o.ts >>> 0,
      marker: i === 0,
      ssrc: o.ssrc ?? 0x5077,
      events: [[o.code, i + 1 >= steps, told * 160] as const],
    }
  })
}
