/** Sets a stream's terms on a port. What stays the same goes on as it was: latch, SSRC, links, the place in the music. */

import { SocketAddress } from 'node:net'
import { codecNamed, type Milliseconds, OPUS_PTIME_MS } from '../base/units.ts'
import { dropIncoming, relink } from './assign.ts'
import type { Stream } from './contract.ts'
import { countFor } from './flow.ts'
import { KeypadEar } from './keypad-ear.ts'
import { describeTo } from './latch.ts'
import type { Port } from './port.ts'
import type { MediaRoom } from './room.ts'
import type { Family } from './udp-batch.ts'

/** @returns whether the terms could be taken: the address must be one of the port's family, and Opus goes in frames of 20 ms. */
export function setStream(room: MediaRoom, port: Port, stream: Stream, nowMs: Milliseconds): boolean {
  const canonical = canonicalAddress(stream.remote.address, port.family)
  if (canonical === undefined) return false
  if (stream.codec === 'OPUS' && stream.sendPtimeMs !== OPUS_PTIME_MS) return false
  const before = port.stream
  port.stream = stream
  describeTo(port.latch, before, stream, canonical)
  countFor(port.flow, stream.codec, room.random32, nowMs)
  if (before === undefined || !carriesAlike(before, stream)) {
    dropIncoming(port)
    for (const other of room.ports) {
      if (other.source.kind === 'port' && other.source.portId === port.id) dropIncoming(other)
    }
  }
  if (before?.receive !== true && stream.receive) {
    port.lastReceivedMs = nowMs
    port.quietTold = false
  }
  setListening(port, port.listening)
  relink(room)
  return true
}

/** Begins or stops to listen for keys. */
export function setListening(port: Port, on: boolean): void {
  port.listening = on
  const { codec, eventClockRate = codec === undefined ? undefined : codecNamed(codec).clockRate } = port.stream ?? {}
  const { ear } = port
  if (on && ear !== undefined && ear.codec === codec && ear.eventClockRate === eventClockRate) return
  ear?.close()
  port.ear = on && codec !== undefined ? new KeypadEar(codec, eventClockRate) : undefined
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
