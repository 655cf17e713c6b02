/** Sets a stream's terms on a port. What stays the same goes on as it was: latch, SSRC, links, the place in the music. */

import { SocketAddress } from 'node:net'
import { isBlank, type SrtpKeys, wipeKeys } from '../base/srtp-suites.ts'
import { codecNamed, type Milliseconds, OPUS_PTIME_MS } from '../base/units.ts'
import { dropIncoming, relink } from './assign.ts'
import type { Stream } from './contract.ts'
import { countFor } from './flow.ts'
import { countAnew } from './heard.ts'
import { earFor } from './keypad-ear.ts'
import { describeTo } from './latch.ts'
import { type Port, UNBOUNDED } from './port.ts'
import { Protection } from './protection.ts'
import type { MediaRoom } from './room.ts'
import { isCoded } from './source-clip.ts'
import type { Family } from './udp-batch.ts'

/** What somebody may be sent who never asked for it: half a second of sound, in which a far end that is there has spoken, or signalling has shown that it is. */
export const UNPROVED_PACKETS = 25

/**
 * Takes the terms, or leaves those that were: the address must be one of the port's family, the codec one that our sounds are coded in, Opus
 * goes in frames of 20 ms, and where SRTP is spoken, it is to the end, and never under a key that was overwritten.
 * @returns `done` or why not.
 */
export function setStream(
  room: MediaRoom,
  port: Port,
  stream: Stream,
  nowMs: Milliseconds,
): 'done' | 'media.bad-address' | 'media.not-protected' | 'media.bad-command' {
  const canonical = canonicalAddress(stream.remote.address, port.family)
  if (canonical === undefined) return 'media.bad-address'
  if (room.clips !== undefined && !isCoded(room.clips.silence, stream.codec)) return 'media.bad-command'
  if (stream.codec === 'OPUS' && stream.sendPtimeMs !== OPUS_PTIME_MS) return 'media.bad-command'
  if (port.protection !== undefined && stream.srtp === undefined) return 'media.not-protected'
  // A key that anybody knows protects nothing.
  if (stream.srtp !== undefined && isBlank(stream.srtp.sendMaster)) return 'media.not-protected'
  const before = port.stream
  port.stream = stream
  protect(port, before?.srtp, nowMs)
  port.mostUnheard = stream.unproved === true ? UNPROVED_PACKETS : UNBOUNDED
  describeTo(port.latch, stream, canonical)
  const { unitsPerMs } = port.flow
  countFor(port.flow, stream.codec, room.random32, nowMs)
  if (port.flow.unitsPerMs !== unitsPerMs) countAnew(port, unitsPerMs)
  if (before === undefined || !carriesAlike(before, stream)) {
    dropIncoming(port)
    for (const listener of port.listeners) dropIncoming(listener)
  }
  if (before?.receive !== true && stream.receive) {
    port.lastReceivedMs = nowMs
    port.quietTold = false
  }
  setListening(port, port.listening)
  relink(room, port)
  return 'done'
}

/** Follows the keys of the stream. @param before the terms' before, which are overwritten. */
function protect(port: Port, before: SrtpKeys | undefined, nowMs: Milliseconds): void {
  const keys = port.stream?.srtp
  if (keys === undefined) return
  if (port.protection === undefined) port.protection = new Protection(keys)
  else port.protection.rekey(keys, nowMs)
  if (before !== keys) wipeKeys(before)
}

/** Begins or stops to listen for keys. */
export function setListening(port: Port, on: boolean): void {
  port.listening = on
  const { codec, eventClockRate = codec === undefined ? undefined : codecNamed(codec).clockRate } = port.stream ?? {}
  const { ear } = port
  if (on && ear !== undefined && ear.codec === codec && ear.eventClockRate === eventClockRate) return
  ear?.close()
  port.ear = on && codec !== undefined ? earFor(codec, eventClockRate) : undefined
}

/** Whether a link that was made for one is right for the other. */
function carriesAlike(before: Stream, after: Stream): boolean {
  return (
    before.codec === after.codec &&
    before.eventClockRate === after.eventClockRate &&
    before.opus?.fec === after.opus?.fec &&
    before.opus?.constantRate === after.opus?.constantRate &&
    before.opus?.maxPlaybackRate === after.opus?.maxPlaybackRate
  )
}

/** @returns the address as sockets spell it, or undefined when it is no address of the family. */
function canonicalAddress(address: string, family: Family): string | undefined {
  const parsed = SocketAddress.parse(family === 'IPv6' ? `[${address}]` : address)
  return parsed === undefined || parsed.family !== family.toLowerCase() ? undefined : parsed.address
}
