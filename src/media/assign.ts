/**
 * What each far end hears: assignments, and the links that follow from them. Between two ticks only. A source that cannot be
 * heard - no stream, no socket, itself - is silence.
 */

import type { Milliseconds } from '../base/units.ts'
import type { Assignment, Source } from './contract.ts'
import { startDueMs } from './flow.ts'
import type { Link } from './link.ts'
import { NO_SOCKET, type Port } from './port.ts'
import { tapsOf } from './record-tap.ts'
import { Relay } from './relay.ts'
import type { MediaRoom } from './room.ts'
import type { Clip } from './source-clip.ts'
import { tallySource } from './tally.ts'
import { Transcode } from './transcode.ts'

/** @returns whether all ports that a list names are here, and none is to hear itself. */
export function canAssign(room: MediaRoom, assignments: readonly Assignment[]): boolean {
  return assignments.every(
    ({ portId, source }) =>
      room.byId.has(portId) && (source.kind !== 'port' || (room.byId.has(source.portId) && source.portId !== portId)),
  )
}

/** Takes a list, all of it. The caller has asked `canAssign`. */
export function assign(room: MediaRoom, assignments: readonly Assignment[], nowMs: Milliseconds): void {
  for (const { portId, source, chime } of assignments) {
    const port = room.byId.get(portId)
    if (port === undefined) continue
    // A port whose socket is away cannot be joined ahead of its return: that needs an assignment after it.
    const away = source.kind === 'port' && room.byId.get(source.portId)?.rtpSocket === NO_SOCKET
    setSource(room, port, away ? { kind: 'silence' } : source, nowMs)
    if (chime === true) startChime(port, nowMs)
  }
  for (const { portId } of assignments) {
    const port = room.byId.get(portId)
    if (port !== undefined) relink(room, port)
  }
}

/** Sets what a port hears. The caller relinks it. */
export function setSource(room: MediaRoom, port: Port, source: Source, nowMs: Milliseconds): void {
  if (sameSource(port.source, source)) return
  dropIncoming(port)
  const { playing } = port
  const before = sourcePort(room, port)
  before?.listeners.delete(port)
  port.source = source
  sourcePort(room, port)?.listeners.add(port)
  if (before !== undefined) carry(before)
  tallySource(port.tally, nowMs)
  playing.chimePosition = -1
  playing.clip = clipOf(room, source)
  playing.position = source.kind === 'hold-music' ? playing.musicPosition : 0
  playing.nextDueMs = startDueMs(port.flow, nowMs)
  playing.starting = true
  port.flow.fresh = true
}

/**
 * Makes and drops the links to and from a port until they are what sources and streams ask for, and sets who is carried where. Whatever else stands
 * in the room is not looked at: what a call costs must not grow with their number.
 */
export function relink(room: MediaRoom, port: Port): void {
  link(room, port)
  for (const listener of port.listeners) link(room, listener)
  carry(port)
  const from = sourcePort(room, port)
  if (from !== undefined) carry(from)
}

function link(room: MediaRoom, port: Port): void {
  const from = sourcePort(room, port)
  if (from === undefined || !isHeard(from) || port.stream === undefined) dropIncoming(port)
  else if (port.incoming === undefined) port.incoming = createLink(from, port, room)
}

/** Sets where a port's sound is carried; what records it takes it last. */
function carry(port: Port): void {
  const outgoing: Link[] = []
  const hearers: Port[] = []
  for (const listener of port.listeners) {
    if (listener.incoming === undefined) continue
    outgoing.push(listener.incoming)
    hearers.push(listener)
  }
  port.outgoing = [...outgoing, ...tapsOf(port, hearers)]
}

function sourcePort(room: MediaRoom, { source }: Port): Port | undefined {
  return source.kind === 'port' ? room.byId.get(source.portId) : undefined
}

/** Takes a port's link away and overwrites what it held. */
export function dropIncoming(port: Port): void {
  port.incoming?.wipe()
  port.incoming = undefined
  port.recorder?.agent.cut()
}

/** Cuts a port off from everyone, both ways: it is heard nowhere, and who heard it hears comfort silence. */
export function cutOff(room: MediaRoom, port: Port, nowMs: Milliseconds): void {
  setSource(room, port, { kind: 'nothing' }, nowMs)
  for (const listener of [...port.listeners]) setSource(room, listener, { kind: 'silence' }, nowMs)
  relink(room, port)
}

function isHeard(port: Port): boolean {
  return port.stream !== undefined && port.rtpSocket !== NO_SOCKET
}

function startChime(port: Port, nowMs: Milliseconds): void {
  port.playing.chimePosition = 0
  port.playing.nextDueMs = startDueMs(port.flow, nowMs)
  port.playing.starting = true
  port.flow.fresh = true
}

function sameSource(a: Source, b: Source): boolean {
  return a.kind === b.kind && (a.kind !== 'port' || b.kind !== 'port' || a.portId === b.portId)
}

function clipOf(room: MediaRoom, source: Source): Clip | undefined {
  switch (source.kind) {
    case 'hold-music':
      return room.clips?.music
    case 'ringback':
      return room.clips?.ringback
    case 'silence':
      return room.clips?.silence
    default:
      return undefined
  }
}

function createLink(from: Port, to: Port, room: MediaRoom): Relay | Transcode | undefined {
  const heard = from.stream
  const spoken = to.stream?.codec
  if (heard === undefined || spoken === undefined) return undefined
  return heard.codec === spoken ? new Relay(to, heard, room.outlet) : new Transcode(to, heard, spoken, room.outlet)
}
