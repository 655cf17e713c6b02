/**
 * A port's RTP socket goes to another process and comes back. Going: cut first, then the kernel is no longer read, then the
 * handle is given. Coming: the same RTP stream goes on, silent until something is assigned, with a guard against what is left
 * of keys pressed elsewhere.
 */

import { wipeKeys } from '../base/srtp-suites.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { Milliseconds } from '../base/units.ts'
import { cutOff, relink } from './assign.ts'
import type { Ticket } from './contract.ts'
import { countFor, createFlow } from './flow.ts'
import { restartReception } from './heard.ts'
import { KeyingGuard } from './keying-guard.ts'
import { resumeLatch, unlatch } from './latch.ts'
import { NO_SOCKET, type Port, type Sockets } from './port.ts'
import { ReturnGuard } from './return-guard.ts'
import { type MediaRoom, setRtcpSocket, setRtpSocket } from './room.ts'
import { receive, send } from './tick.ts'
import { continueFlow, writeTicket } from './ticket.ts'
import type { SocketId } from './udp-batch.ts'

export type Released = { readonly ticket: Ticket; readonly handle: UdpHandle; readonly socket: SocketId }

/**
 * Cuts the port off both ways and stops reading its socket. Packets that had come before are counted and heard by nobody;
 * every octet of sound held here is overwritten.
 * @returns the ticket, the handle and the socket, which the caller closes when the handle has gone; undefined when the port
 * has no socket or no stream.
 */
export function release(room: MediaRoom, port: Port, nowMs: Milliseconds): Released | undefined {
  const socket = port.rtpSocket
  if (port.stream === undefined || socket === NO_SOCKET) return undefined
  port.wasAway = true
  cutOff(room, port, nowMs)
  port.ear?.close()
  port.ear = undefined
  port.listening = false
  port.guard?.close()
  port.guard = undefined
  const handle = room.outlet.udp.handOver(socket)
  receive(room, nowMs)
  // What has come of other calls meanwhile goes out before it is overwritten here.
  send(room)
  // Behind the last packet: what it says of the stream, and under SRTP its index, goes along.
  const ticket = writeTicket(port, nowMs)
  setRtpSocket(room, port, NO_SOCKET)
  room.outlet.udp.wipe()
  room.outlet.batch.block.fill(0)
  return ticket === undefined ? undefined : { ticket, handle, socket }
}

/** Goes on with the stream of a ticket on a socket that came back. The stream's terms are those of the port, if newer ones were set. */
export function takeBack(room: MediaRoom, port: Port, ticket: Ticket, socket: SocketId, nowMs: Milliseconds): void {
  const { latch } = port
  port.stream ??= ticket.stream
  if (ticket.stream.srtp !== port.stream.srtp) wipeKeys(ticket.stream.srtp)
  setRtpSocket(room, port, socket)
  continueFlow(port.flow, ticket, nowMs)
  countFor(port.flow, port.stream.codec, room.random32, nowMs)
  if (ticket.latched !== undefined) {
    resumeLatch(latch, ticket.latched.address, ticket.latched.rtpPort)
  }
  if (ticket.srtp !== undefined) port.protection?.goOn(ticket.srtp)
  restartReception(port)
  port.lastReceivedMs = nowMs
  port.quietTold = false
  port.guard = new ReturnGuard(port.stream.codec, nowMs, port.stream.eventClockRate)
  relink(room, port)
}

/**
 * Gives a port fresh sockets after its own went down with another process. What was sent from the lost one is not known, so
 * the stream begins anew, with an SSRC of its own (RFC 3550 section 8). A guard stands there: the caller may still be keying. Not where control listens
 * for keys: those of an agent are no card number, and a release ends the listening.
 * @returns the sockets that were left, for draining.
 */
export function renew(room: MediaRoom, port: Port, sockets: Sockets, nowMs: Milliseconds): SocketId[] {
  const left = [port.rtpSocket, port.rtcpSocket].filter((socket) => socket !== NO_SOCKET)
  setRtpSocket(room, port, sockets.rtp)
  setRtcpSocket(room, port, sockets.rtcp)
  port.rtpPort = sockets.rtpPort
  port.rtcpPort = sockets.rtpPort + 1
  port.pair = sockets.rtpPort
  Object.assign(port.flow, createFlow(room.random32, nowMs))
  if (port.stream !== undefined) countFor(port.flow, port.stream.codec, room.random32, nowMs)
  port.protection?.catchUp()
  restartReception(port)
  unlatch(port.latch)
  port.lastReceivedMs = nowMs
  port.guard?.close()
  const { stream, listening } = port
  port.guard = stream === undefined || listening ? undefined : new KeyingGuard(stream.codec, nowMs)
  relink(room, port)
  return left
}
