/**
 * The media tick. It runs when a frame of what is played is due, which is at one time for all ports, and every 20 ms else; between, sockets
 * whose sound is carried on are drained more often (`drain-beat.ts`). Its phases, in order:
 *
 *   receive    drain all sockets into one batch; for each packet
 *     classify   whose packet, from the latched source, opened where it is SRTP, RTP or RTCP, which payload type; count it
 *     relay      hand it to the links of its port: order, decode and encode happen there where they must
 *     listen     keys, at ports that control named
 *   play       music, ringback, silence and chimes whose frame is due
 *   look       now and then: keep-alives, RTCP whose time has come, ports that fell quiet, drained sockets
 *   send       everything that was written, in one batch
 *   seal       segments of recordings that are due, a few at a time
 *
 * Each is a function of that name. Who hears whom is not found out here: links are made when something is assigned (`assign.ts`).
 * No promise, no closure, no text, and nothing allocated per packet. It never throws: a port whose packet meets a defect is
 * cut off by itself.
 */

import type { Milliseconds } from '../base/units.ts'
import { COMFORT_NOISE_PAYLOAD_TYPE } from '../rtp/comfort-noise.ts'
import { isRtcp, isRtp, payloadEnd, payloadStart, payloadType } from '../rtp/packet.ts'
import { withoutRedundancy } from '../rtp/redundancy.ts'
import { cutOff } from './assign.ts'
import { TICK_MS } from './flow.ts'
import { countHeard } from './heard.ts'
import { KeyingGuard } from './keying-guard.ts'
import { mayReportFrom, takesFrom } from './latch.ts'
import { AUDIO, COMFORT, EVENT, MUTED, type PacketKind } from './link.ts'
import { isWorthOpening, openedRtcp, openedRtp } from './opened.ts'
import { isPlaying, keepAliveWhenDue, playWhenDue } from './play.ts'
import type { Port } from './port.ts'
import { mayRead } from './reporting.ts'
import type { MediaRoom } from './room.ts'
import { readReport, reportWhenDue } from './rtcp.ts'
import { endDraining, noteStray } from './spares.ts'
import { staleIn } from './stale.ts'
import { type ReceiveBatch, receivedPacket } from './udp-batch.ts'

/** How often the ports are looked at for what has time: a packet costs less when a thousand ports are not asked for each. */
const LOOK_MS: Milliseconds = 50
/** A port that should hear its far end and has not for this long is told to control, once a silence. */
export const QUIET_MS: Milliseconds = 5000

/** Sends on what has come: receive and send alone, between two beats. @returns how many packets that were. */
export function forward(room: MediaRoom, nowMs: Milliseconds): number {
  const count = receive(room, nowMs)
  send(room)
  return count
}

/** Does all that is due at `nowMs`. @returns when it wants to be called again at the latest, in ms from then. */
export function tick(room: MediaRoom, nowMs: Milliseconds): Milliseconds {
  receive(room, nowMs)
  const dueMs = play(room, nowMs)
  if (nowMs >= room.nextLookMs) look(room, nowMs)
  send(room)
  room.recordings.sealDue(nowMs)
  return dueMs - nowMs
}

/** Takes in what the sockets have received. Also done right before a socket is given away. @returns how many packets that were. */
export function receive(room: MediaRoom, nowMs: Milliseconds): number {
  const batch = room.outlet.udp.drain()
  room.load.received += batch.count
  room.load.drains.leaves = batch.count === batch.sockets.length
  const stale = staleIn(room, batch, nowMs)
  for (let i = 0; i < batch.count; i++) {
    const socket = batch.sockets[i] as number
    const port = room.rtpOwners[socket] ?? room.rtcpOwners[socket]
    if (port === undefined) {
      noteStray(room, socket, nowMs)
      continue
    }
    try {
      if (port.rtpSocket === socket) takeOnRtp(room, port, batch, i, nowMs, stale?.[i] === 1)
      else takeRtcp(room, port, batch, i, receivedPacket(batch, i), nowMs)
    } catch {
      breakOff(room, port, nowMs)
    }
  }
  return batch.count
}

function takeOnRtp(
  room: MediaRoom,
  port: Port,
  batch: ReceiveBatch,
  i: number,
  nowMs: Milliseconds,
  stale: boolean,
): void {
  const packet = receivedPacket(batch, i)
  if (port.stream?.rtcpMux === true && isRtcp(packet)) takeRtcp(room, port, batch, i, packet, nowMs)
  else takeRtp(room, port, batch, i, packet, nowMs, stale)
}

function takeRtp(
  room: MediaRoom,
  port: Port,
  batch: ReceiveBatch,
  i: number,
  received: Uint8Array,
  nowMs: Milliseconds,
  stale: boolean,
): void {
  const address = batch.addresses[i] as string
  const from = batch.ports[i] as number
  if (!isWorthOpening(port, address, from, nowMs)) {
    port.strangers++
    return
  }
  const opened = openedRtp(port, batch, received, nowMs)
  if (opened === undefined) return
  const packet = isRtp(opened) ? plainOf(port, opened) : undefined
  const kind = packet === undefined ? undefined : classify(port, packet)
  if (packet === undefined || kind === undefined) {
    port.unusable++
    return
  }
  if (!takesFrom(port.latch, address, from, packet, nowMs, port.protection !== undefined)) {
    port.strangers++
    return
  }
  if (!countHeard(port, packet, kind === AUDIO, nowMs)) return
  const { guard } = port
  if (guard instanceof KeyingGuard) {
    guard.take(packet, kind, nowMs)
    routeWhatLeaves(room, port, guard, nowMs)
    return
  }
  const may = guard === undefined || guard.admits(packet, kind, nowMs)
  route(room, port, packet, may ? kind : MUTED, nowMs, stale && kind === AUDIO)
}

/** @param all also what would wait for later sound. */
function routeWhatLeaves(room: MediaRoom, port: Port, guard: KeyingGuard, nowMs: Milliseconds, all = false): void {
  for (let packet = guard.leaves(all); packet !== undefined; packet = guard.leaves(all)) {
    route(room, port, packet, guard.leftKind, nowMs)
  }
}

/** @returns the packet with its newest events alone when it brings older ones along (RFC 2198); undefined when those cannot be read. */
function plainOf(port: Port, packet: Uint8Array): Uint8Array | undefined {
  const { receiveEventPayloadType, receiveRedundantPayloadType } = port.stream ?? {}
  if (receiveEventPayloadType === undefined || payloadType(packet) !== receiveRedundantPayloadType) return packet
  return withoutRedundancy(packet, receiveEventPayloadType)
}

/** @param stale too old to be heard by anybody; a key in it was pressed all the same. */
function route(
  room: MediaRoom,
  port: Port,
  packet: Uint8Array,
  kind: PacketKind,
  nowMs: Milliseconds,
  stale = false,
): void {
  if (port.stream?.receive !== true) return
  relay(port, packet, stale ? MUTED : kind, nowMs)
  if (kind !== MUTED) listen(room, port, packet, kind, nowMs)
}

/** Whether a port's sound is carried on: sockets are then drained between two ticks. Keys that are listened for can wait for one. */
export function isRelaying(room: MediaRoom): boolean {
  const { ports } = room
  for (let i = 0; i < ports.length; i++) if ((ports[i] as Port).outgoing.length > 0) return true
  return false
}

function relay(port: Port, packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): void {
  const { outgoing } = port
  for (let i = 0; i < outgoing.length; i++) outgoing[i]?.take(packet, kind, nowMs)
}

function listen(room: MediaRoom, port: Port, packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): void {
  const { ear } = port
  if (ear === undefined) return
  const keys = ear.accept(packet, kind, nowMs)
  for (let i = 0; i < keys; i++) room.onKey(port, ear.keyAt(i))
}

function takeRtcp(
  room: MediaRoom,
  port: Port,
  batch: ReceiveBatch,
  i: number,
  received: Uint8Array,
  nowMs: Milliseconds,
): void {
  const from = batch.ports[i] as number
  if (port.stream === undefined || !mayReportFrom(port.latch, port.stream, batch.addresses[i] as string, from)) {
    port.strangers++
    return
  }
  const packet = openedRtcp(port, batch, received)
  if (packet === undefined) return
  // A flood of reports is left unread: reading them is the one thing here that allocates. One that is forged is no report.
  if (!mayRead(port.reporting, nowMs)) return
  const report = isRtcp(packet) ? readReport(room, port, packet, nowMs) : 'unusable'
  if (report === 'unusable') port.unusable++
  else if (report === 'foreign') port.implausible++
  else if (!port.stream.rtcpMux) port.latch.heardRtcpPort = from
}

/** @returns what the stream's terms make of a packet; undefined when its payload type was not agreed. */
function classify(port: Port, packet: Uint8Array): PacketKind | undefined {
  const { stream } = port
  if (stream === undefined) return undefined
  const type = payloadType(packet)
  // Padding alone keeps a binding open and is neither sound nor key.
  const isEmpty = payloadEnd(packet) <= payloadStart(packet)
  if (type === stream.receivePayloadType) return isEmpty ? MUTED : AUDIO
  if (type === stream.receiveEventPayloadType) return isEmpty ? MUTED : EVENT
  return type === COMFORT_NOISE_PAYLOAD_TYPE ? COMFORT : undefined
}

/** @returns when the next frame is due that is played; soon enough without any for sockets that nobody waits for. */
function play(room: MediaRoom, nowMs: Milliseconds): Milliseconds {
  const { ports } = room
  let dueMs = nowMs + (ports.length > 0 ? TICK_MS : LOOK_MS)
  for (let i = 0; i < ports.length; i++) {
    const port = ports[i] as Port
    if (!isPlaying(port)) continue
    try {
      playWhenDue(room, port, nowMs)
      dueMs = Math.min(dueMs, port.playing.nextDueMs)
    } catch {
      breakOff(room, port, nowMs)
    }
  }
  return dueMs
}

function look(room: MediaRoom, nowMs: Milliseconds): void {
  const { ports } = room
  for (let i = 0; i < ports.length; i++) {
    const port = ports[i] as Port
    try {
      lookAt(room, port, nowMs)
    } catch {
      breakOff(room, port, nowMs)
    }
  }
  room.nextLookMs = nowMs + LOOK_MS
  endDraining(room, nowMs)
}

/** Sends everything that was written. Also done right before a socket is given away. */
export function send(room: MediaRoom): void {
  const { udp, batch } = room.outlet
  room.load.sent += batch.count
  udp.send(batch)
}

function lookAt(room: MediaRoom, port: Port, nowMs: Milliseconds): void {
  keepAliveWhenDue(room, port, nowMs)
  reportWhenDue(room, port, nowMs)
  if (port.guard?.isOver(nowMs) === true) {
    if (port.guard instanceof KeyingGuard) routeWhatLeaves(room, port, port.guard, nowMs, true)
    port.guard.close()
    port.guard = undefined
  }
  const expected = port.stream?.receive === true && port.rtpSocket >= 0
  if (!expected || port.quietTold || nowMs - port.lastReceivedMs < QUIET_MS) return
  port.quietTold = true
  room.onQuiet(port, nowMs - port.lastReceivedMs)
}

function breakOff(room: MediaRoom, port: Port, nowMs: Milliseconds): void {
  room.broken++
  cutOff(room, port, nowMs)
}
