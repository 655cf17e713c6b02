/**
 * Searches a capture for what was keyed, in every dress that a wire has for it: telephone-events (RFC 4733) and tones in the sound
 * (ITU-T Q.23) of every RTP stream, bodies of SIP INFO, and every form of the number in the octets of datagrams and of TCP.
 * Pure: a parsed capture comes in. What is encrypted is not looked into.
 */

import type { Milliseconds } from '../base/units.ts'
import { PacketOpener, type Segment } from '../rtp/link-layer.ts'
import type { Capture } from '../rtp/pcap.ts'
import { findStreams } from '../rtp/stream-finder.ts'
import { keysOf } from '../rtp/stream-keys.ts'
import { infoKeysOf } from './info-keys.ts'
import { searchFor } from './needle-search.ts'
import type { Needle } from './needles.ts'

/** Who sent it and to whom: address and port, IPv6 in brackets. */
type Direction = { readonly from: string; readonly to: string }

/** A form of the number: in octets that went one way, or in the keys that were pressed one way. */
export type CaptureFind = Direction & { readonly form: string; readonly over: 'udp' | 'tcp' | 'keys' }

/** A press of a key, whatever key it is. */
export type CapturePress = Direction & {
  readonly atMs: Milliseconds
  readonly by: 'event' | 'tone' | 'info'
  /** RFC 4733 event code, 0 to 15. */
  readonly code: number
}

export type CaptureSearch = {
  readonly finds: readonly CaptureFind[]
  /** Every press that can be made out, in the order of time; one that came two ways counts twice. INFO has the time of the first message of its way. */
  readonly presses: readonly CapturePress[]
  /** Datagrams and TCP segments that were looked into, and streams of RTP that were listened to. */
  readonly segments: number
  readonly streams: number
  /** Streams that are encrypted, which nobody could listen to. */
  readonly encrypted: number
}

/** What went one way. `atMs`: when its first octet did. */
type Octets = Direction & { readonly over: 'udp' | 'tcp'; readonly atMs: Milliseconds; readonly parts: Uint8Array[] }

/** @param needles forms of the number, or none when any press counts. */
export function searchCapture(capture: Capture, needles: readonly Needle[]): CaptureSearch {
  const opener = new PacketOpener()
  const segments = capture.packets.flatMap((packet) => opener.open(packet) ?? [])
  const { streams } = findStreams(capture)
  const rows = rowsOf(segments)
  const presses = [
    ...streams.flatMap((stream) =>
      keysOf(stream).map(({ code, afterMs, by }): CapturePress => {
        const atMs = (stream.packets[0]?.atMs ?? 0) + afterMs
        return { from: stream.from, to: stream.to, atMs, by: by === 'in-band' ? 'tone' : 'event', code }
      }),
    ),
    ...rows.flatMap(({ from, to, over, atMs, parts }) => {
      const messages = over === 'udp' ? parts : [Buffer.concat(parts)]
      return messages.flatMap((message) =>
        infoKeysOf(message).map((code): CapturePress => ({ from, to, atMs, by: 'info', code })),
      )
    }),
  ].sort((a, b) => a.atMs - b.atMs)
  const finds = needles.length === 0 ? [] : [...findsInOctets(rows, needles), ...findsInKeys(presses, needles)]
  const encrypted = streams.filter((stream) => stream.encrypted).length
  return { finds, presses, segments: segments.length, streams: streams.length, encrypted }
}

/** Datagrams one by one; TCP as one row of octets each way, so that what is cut in two by a segment is found. */
function findsInOctets(rows: readonly Octets[], needles: readonly Needle[]): CaptureFind[] {
  const search = searchFor(needles)
  const found = new Map<string, CaptureFind>()
  for (const { from, to, over, parts } of rows) {
    const forms = new Set<string>()
    if (over === 'udp') for (const part of parts) search.run(part, part.length, forms)
    else {
      const whole = Buffer.concat(parts)
      search.run(whole, whole.length, forms)
    }
    for (const form of forms) found.set(`${form} ${from} ${to}`, { form, from, to, over })
  }
  return [...found.values()]
}

function rowsOf(segments: readonly Segment[]): readonly Octets[] {
  const rows = new Map<string, Octets & { next: number }>()
  for (const { over, from, to, atMs, payload, sequence } of segments) {
    if (payload.length === 0) continue
    const key = `${over} ${from} ${to}`
    const row = rows.get(key) ?? { over, from, to, atMs, parts: [], next: sequence }
    rows.set(key, row)
    // What TCP sent again is left out; after a hole in the capture the row simply goes on.
    const known = over === 'tcp' ? (row.next - sequence) | 0 : 0
    if (known >= payload.length) continue
    row.parts.push(known > 0 ? payload.subarray(known) : payload)
    row.next = (sequence + payload.length) | 0
  }
  return [...rows.values()]
}

/** The keys that went one way by one means, one behind the other. */
function findsInKeys(presses: readonly CapturePress[], needles: readonly Needle[]): CaptureFind[] {
  const search = searchFor(needles)
  const groups = Object.groupBy(presses, ({ from, to, by }) => `${by} ${from} ${to}`)
  return Object.values(groups).flatMap((group = []) => {
    const [first] = group
    if (first === undefined) return []
    const forms = new Set<string>()
    search.run(
      Uint8Array.from(group, ({ code }) => code),
      group.length,
      forms,
    )
    return Array.from(forms, (form): CaptureFind => ({ form, from: first.from, to: first.to, over: 'keys' }))
  })
}
