/**
 * Searches a capture for what was keyed, in every dress that a wire has for it: telephone-events (RFC 4733) and tones in the sound
 * (ITU-T Q.23) of every RTP stream, bodies of SIP INFO, and every form of the number in the octets of datagrams and of TCP.
 * Pure: packets come in. What is encrypted is not looked into.
 */

import type { Segment } from '../rtp/link-layer.ts'
import type { CapturedPacket } from '../rtp/pcap.ts'
import { findStreams, type RtpStream } from '../rtp/stream-finder.ts'
import { keysOf } from '../rtp/stream-keys.ts'
import type { CaptureFind, CapturePress } from './capture-finds.ts'
import { searchFor } from './needle-search.ts'
import type { Needle } from './needles.ts'
import { OctetSearch } from './octet-search.ts'

export type CaptureSearch = {
  readonly finds: readonly CaptureFind[]
  /** Every press that can be made out, in the order of time; one that came two ways counts twice. */
  readonly presses: readonly CapturePress[]
  /** Datagrams and TCP segments that were looked into. */
  readonly segments: number
  /** RTP that was listened to. */
  readonly streams: readonly RtpStream[]
  /** Streams that are encrypted, which nobody could listen to. */
  readonly encrypted: number
}

/**
 * @param capture read once, packet by packet, so that it may be a file's.
 * @param needles forms of the number, or none when any press counts.
 * @param keep what of an RTP packet is kept to be listened to (`findStreams`).
 */
export function searchCapture(
  capture: { readonly packets: Iterable<CapturedPacket> },
  needles: readonly Needle[],
  keep?: (segment: Segment) => Uint8Array | undefined,
): CaptureSearch {
  const octets = new OctetSearch(needles)
  const { streams } = findStreams(capture, (segment) => octets.take(segment), keep)
  const { finds, presses: told, segments } = octets.finish()
  const presses = [
    ...streams.flatMap((stream) =>
      keysOf(stream).map(({ code, afterMs, by }): CapturePress => {
        const atMs = (stream.packets[0]?.atMs ?? 0) + afterMs
        return { from: stream.from, to: stream.to, atMs, by: by === 'in-band' ? 'tone' : 'event', code }
      }),
    ),
    ...told,
  ].sort((a, b) => a.atMs - b.atMs)
  const inKeys = needles.length === 0 ? [] : findsInKeys(presses, needles)
  const encrypted = streams.filter((stream) => stream.encrypted).length
  return { finds: [...finds, ...inKeys], presses, segments, streams, encrypted }
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
