/**
 * What of a capture can be played as a live call, and as which packets: every stream of one direction of one conversation, with its
 * own numbers, times and gaps; only payload types are changed to those the far end asked for. Pure.
 */

import { CODECS, type CodecName } from '../base/units.ts'
import { payloadType, setPayloadType } from '../rtp/packet.ts'
import type { RtpStream } from '../rtp/stream-finder.ts'

export type Playback = {
  readonly codec: CodecName
  /** Payload types in the capture. */
  readonly codecPayloadType: number
  readonly eventPayloadType: number | undefined
  /** In order of time; `afterMs` from the first. */
  readonly packets: readonly { readonly afterMs: number; readonly bytes: Uint8Array }[]
}

/** @returns the conversation's direction that a stream belongs to, ready to be played; undefined when Sotto does not speak its codec. */
export function playbackOf(streams: readonly RtpStream[], chosen: RtpStream): Playback | undefined {
  const together = streams.filter(({ from, to, encrypted }) => from === chosen.from && to === chosen.to && !encrypted)
  const formats = together.flatMap((stream) => [...stream.formats])
  const used = new Set(together.flatMap((stream) => stream.packets.map(({ bytes }) => payloadType(bytes))))
  const codec = formats.flatMap(([type, { name }]) => {
    const row = CODECS.find((each) => each.name === name.toUpperCase())
    return row === undefined || !used.has(type) ? [] : [{ name: row.name, type }]
  })[0]
  if (codec === undefined) return undefined
  const event = formats.find(([type, { name }]) => name.toLowerCase() === 'telephone-event' && used.has(type))
  const packets = together.flatMap((stream) => stream.packets).toSorted((a, b) => a.atMs - b.atMs)
  const begunMs = packets[0]?.atMs ?? 0
  return {
    codec: codec.name,
    codecPayloadType: codec.type,
    eventPayloadType: event?.[0],
    packets: packets.map(({ atMs, bytes }) => ({ afterMs: atMs - begunMs, bytes })),
  }
}

/**
 * A packet as the far end wants it. @param wanted payload types of the answer.
 * @returns a copy with the payload type changed, or undefined for a type that was not agreed.
 */
export function packetFor(
  playback: Playback,
  bytes: Uint8Array,
  wanted: { readonly codec: number; readonly event: number | undefined },
): Uint8Array | undefined {
  const type = payloadType(bytes)
  const sendAs =
    type === playback.codecPayloadType ? wanted.codec : type === playback.eventPayloadType ? wanted.event : undefined
  if (sendAs === undefined) return undefined
  const copy = bytes.slice()
  setPayloadType(copy, sendAs)
  return copy
}
