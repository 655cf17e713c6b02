/**
 * What becomes of the sockets of a closed port: they are read and thrown away until late packets have come, and then kept bound for a port that is
 * opened later, since binding and closing four sockets a call costs more than anything else that is done for it here. Control is told of a spare pair,
 * which is its own from then on: it takes one by its number, without waiting for an answer, and has those closed that it had no use for.
 *
 * Only what has fallen quiet is kept: a far end that goes on sending after its call could become the source of the next one. It is closed, and its
 * number has its turn when all others had theirs. A spare that something comes to is told, and control has it closed unless a port has it by then. The
 * drain is not made longer for a far end, which could keep ports that way.
 *
 * A socket that has been in another process is never kept.
 */

import type { Milliseconds } from '../base/units.ts'
import type { Port, Sockets } from './port.ts'
import { DRAIN_MS, type MediaRoom } from './room.ts'
import type { Family, SocketId } from './udp-batch.ts'

/** Nothing has come to a pair for so long when it is kept. */
const QUIET_MS: Milliseconds = 1000

/** A bound pair of sockets that no port has. */
export type Spare = Sockets & { readonly family: Family }
/** One that control knows of. */
export type KeptSpare = Spare & { readonly keptMs: Milliseconds; strayed: boolean }
/** As control is told. */
export type SparePair = Pick<Spare, 'family' | 'rtpPort'>

/** Sockets of a closed port, read and thrown away until they are kept or closed. */
export type Draining = {
  readonly sockets: readonly SocketId[]
  readonly pair: number
  readonly untilMs: Milliseconds
  /** The same when they may be kept. */
  readonly spare: Spare | undefined
}

/** Lets the sockets of a closed port drain. */
export function drainPort(room: MediaRoom, port: Port, sockets: readonly SocketId[], nowMs: Milliseconds): void {
  const { pair, family } = port
  const [rtp, rtcp] = sockets
  if (port.wasAway || rtp === undefined || rtcp === undefined) drainSockets(room, sockets, pair, nowMs)
  else room.draining.push({ sockets, pair, untilMs: nowMs + DRAIN_MS, spare: { rtp, rtcp, rtpPort: pair, family } })
}

/** Lets sockets drain that are closed in any case; the pair is free again once they are. */
export function drainSockets(room: MediaRoom, sockets: readonly SocketId[], pair: number, nowMs: Milliseconds): void {
  room.draining.push({ sockets, pair, untilMs: nowMs + DRAIN_MS, spare: undefined })
}

/** Notes that something came to a socket that no port has. */
export function noteStray(room: MediaRoom, socket: SocketId, nowMs: Milliseconds): void {
  // It was closed since.
  if (socket < 0) return
  room.strayedMs[socket] = nowMs
  room.newStrays = true
}

/** Keeps or closes what has drained, and tells of what is kept, and of what is to be closed after all. */
export function endDraining(room: MediaRoom, nowMs: Milliseconds): void {
  let kept: SparePair[] | undefined
  for (let first = room.draining[0]; first !== undefined && first.untilMs <= nowMs; first = room.draining[0]) {
    room.draining.shift()
    const { spare } = first
    const quiet = spare !== undefined && !hasStrayed(room, spare, nowMs - QUIET_MS)
    if (quiet && room.spares.size < room.mostSpares) {
      room.spares.set(spare.rtpPort, { ...spare, keptMs: nowMs, strayed: false })
      kept ??= []
      kept.push({ family: spare.family, rtpPort: spare.rtpPort })
    } else close(room, first.sockets, first.pair)
  }
  if (kept !== undefined) room.onSpares(kept)
  if (room.newStrays) tellStrayed(room)
  room.newStrays = false
}

function tellStrayed(room: MediaRoom): void {
  const strayed: number[] = []
  for (const spare of room.spares.values()) {
    if (spare.strayed || !hasStrayed(room, spare, spare.keptMs)) continue
    spare.strayed = true
    strayed.push(spare.rtpPort)
  }
  if (strayed.length > 0) room.onStrayed(strayed)
}

function hasStrayed({ strayedMs }: MediaRoom, { rtp, rtcp }: Sockets, sinceMs: Milliseconds): boolean {
  return [rtp, rtcp].some((socket) => (strayedMs[socket] ?? Number.NEGATIVE_INFINITY) > sinceMs)
}

/** @returns the spare pair of this number, which is the caller's now. */
export function takeSpare(room: MediaRoom, rtpPort: number): Spare | undefined {
  const spare = room.spares.get(rtpPort)
  room.spares.delete(rtpPort)
  return spare
}

/** Closes spare pairs. */
export function dropSpares(room: MediaRoom, rtpPorts: readonly number[]): void {
  for (const rtpPort of rtpPorts) {
    const spare = takeSpare(room, rtpPort)
    if (spare !== undefined) close(room, [spare.rtp, spare.rtcp], rtpPort)
  }
}

function close(room: MediaRoom, sockets: readonly SocketId[], pair: number): void {
  for (const socket of sockets) room.outlet.udp.close(socket)
  room.pool?.free(pair)
}
