/**
 * Carries out what control asks, between two ticks. Every command is answered once: done, with its result, or failed with a
 * row of the fault table. Only what binds sockets or reads the music takes longer than the call.
 */

import type { FaultCode } from '../base/faults.ts'
import { wipeKeys } from '../base/srtp-suites.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { Milliseconds } from '../base/units.ts'
import { assign, canAssign, cutOff } from './assign.ts'
import type { MediaCommand, MediaEvent } from './contract.ts'
import { release, renew, takeBack } from './handover.ts'
import { createPort, NO_SOCKET, type Port, type Sockets } from './port.ts'
import { PortPool } from './port-pool.ts'
import { record, sealTo, unrecord, withhold } from './recording-commands.ts'
import { type MediaRoom, setRtcpSocket, setRtpSocket } from './room.ts'
import { sendBye } from './rtcp.ts'
import { holdMusic } from './source-hold-music.ts'
import { chimeClip, ringbackClip, silenceClip } from './source-tones.ts'
import { drainPort, drainSockets, dropSpares, takeSpare } from './spares.ts'
import { statsOf } from './stats.ts'
import { setListening, setStream } from './terms.ts'
import { receive } from './tick.ts'
import type { Family } from './udp-batch.ts'

export type Answer = (event: MediaEvent, handle?: UdpHandle, sent?: (arrived: boolean) => void) => void

/** What the entry gives. */
export type Surroundings = {
  now(): Milliseconds
  /** @returns the octets of the file. @throws Error when it cannot be read. */
  readFile(path: string): Promise<Uint8Array>
  readonly answer: Answer
  /** The same, with what is answered next: for what nobody waits for. */
  readonly answerPatiently: (event: MediaEvent) => void
  /** Control wants the process to end once it has no ports. */
  onStop(): void
}

type Named<D extends MediaCommand['do']> = Extract<MediaCommand, { readonly do: D }>
type OnPort = Extract<MediaCommand, { readonly portId: string }>

/** Carries out one command. @param handle the socket that came with it; it is closed here when the command does not take one. */
export async function carryOut(
  room: MediaRoom,
  command: MediaCommand,
  handle: UdpHandle | undefined,
  around: Surroundings,
): Promise<void> {
  const { id } = command
  if (command.do !== 'adopt') handle?.close()
  const failed = await tryToCarryOut(room, command, handle, around).catch((): FaultCode => 'base.internal')
  if (failed === 'done') (isPatient(command) ? around.answerPatiently : around.answer)({ type: 'done', id })
  else if (failed !== undefined) around.answer({ type: 'failed', id, fault: failed })
}

/** @returns `done`, a fault, or undefined when the command was answered already. */
async function tryToCarryOut(
  room: MediaRoom,
  command: MediaCommand,
  handle: UdpHandle | undefined,
  around: Surroundings,
): Promise<FaultCode | 'done' | undefined> {
  switch (command.do) {
    case 'configure':
      return configure(room, command, around)
    case 'open':
      return open(room, command, around)
    case 'take':
      return take(room, command, around)
    case 'drop':
      dropSpares(room, command.rtpPorts)
      return 'done'
    case 'assign':
      if (!canAssign(room, command.assignments)) return 'media.unknown-port'
      assign(room, command.assignments, around.now())
      return 'done'
    case 'stop':
      room.mostSpares = 0
      dropSpares(room, [...room.spares.keys()])
      around.onStop()
      return 'done'
    case 'ping':
      return 'done'
    case 'seal-to':
      return sealTo(room, command.recipients)
    default:
      return onPort(room, command, handle, around)
  }
}

async function onPort(
  room: MediaRoom,
  command: Exclude<OnPort, Named<'open' | 'take'>>,
  handle: UdpHandle | undefined,
  around: Surroundings,
): Promise<FaultCode | 'done' | undefined> {
  const port = room.byId.get(command.portId)
  if (port === undefined) {
    if (command.do === 'adopt') handle?.close()
    return command.do === 'close' || command.do === 'unrecord' ? 'done' : 'media.unknown-port'
  }
  switch (command.do) {
    case 'stream':
      return setStream(room, port, command.stream, around.now())
    case 'listen':
      setListening(port, command.on)
      return 'done'
    case 'key':
      if (port.ear?.told(command.key, around.now()) === true) room.onKey(port, command.key)
      return 'done'
    case 'release':
      return giveAway(room, port, command.id, around)
    case 'adopt':
      return adopt(room, port, command, handle, around)
    case 'renew':
      return replace(room, port, command.id, around)
    case 'close':
      closePort(room, port, around.now())
      around.answer({ type: 'stats', id: command.id, stats: statsOf(port) })
      return undefined
    case 'record':
      return record(room, port, command, around.now())
    case 'withhold':
      return withhold(port, command.on, around.now())
    case 'unrecord':
      await unrecord(room, port, around.now())
      return 'done'
    case 'stats':
      around.answer({ type: 'stats', id: command.id, stats: statsOf(port) })
      return undefined
  }
}

async function configure(
  room: MediaRoom,
  command: Named<'configure'>,
  around: Surroundings,
): Promise<FaultCode | 'done'> {
  if (room.pool !== undefined) return 'media.bad-command'
  const file = await around.readFile(command.holdMusicFile).catch(() => undefined)
  const { codecs, recording } = command
  if (recording !== undefined && !room.recordings.sealTo(recording.recipients)) return 'media.bad-recipients'
  const music = file === undefined ? undefined : holdMusic(file, codecs)
  if (music === undefined) return 'media.no-music'
  room.clips = { music, ringback: ringbackClip(codecs), silence: silenceClip(codecs), chime: chimeClip(codecs) }
  room.address = command.address
  room.pool = new PortPool(command.portMin, command.portMax, room.random32() >>> 0)
  room.mostSpares = command.spares ?? 0
  return 'done'
}

async function open(room: MediaRoom, command: Named<'open'>, around: Surroundings): Promise<FaultCode | undefined> {
  const { id, portId, family } = command
  if (room.byId.has(portId)) return 'media.bad-command'
  const sockets = await bindPair(room, family)
  if (typeof sockets === 'string') return sockets
  const port = setUp(room, portId, family, sockets, around.now())
  around.answer({ type: 'opened', id, portId, rtpPort: port.rtpPort, rtcpPort: port.rtcpPort })
  return undefined
}

function take(room: MediaRoom, { portId, rtpPort }: Named<'take'>, around: Surroundings): FaultCode | 'done' {
  if (room.byId.has(portId)) return 'media.bad-command'
  const spare = takeSpare(room, rtpPort)
  if (spare === undefined) return 'media.no-port'
  // What has come to it while it was nobody's stays nobody's.
  receive(room, around.now())
  setUp(room, portId, spare.family, spare, around.now())
  return 'done'
}

function setUp(room: MediaRoom, portId: string, family: Family, sockets: Sockets, nowMs: Milliseconds): Port {
  const port = createPort(portId, family, sockets, room.random32, nowMs)
  room.byId.set(portId, port)
  room.ports.push(port)
  room.rtpOwners[sockets.rtp] = port
  room.rtcpOwners[sockets.rtcp] = port
  return port
}

/** Takes a pair, which is told as free until it is said who has it: control counts it off then. @returns the pair, or the fault. */
async function bindPair(room: MediaRoom, family: Family): Promise<Sockets | FaultCode> {
  room.binding += 1
  try {
    return await bindFreePair(room, family)
  } finally {
    room.binding -= 1
  }
}

/** Takes pairs from the pool until one can be bound: others on this machine have ports too. */
async function bindFreePair(room: MediaRoom, family: Family): Promise<Sockets | FaultCode> {
  const { pool } = room
  const { udp } = room.outlet
  const address = addressFor(room.address, family)
  for (let tries = pool?.size ?? 0; tries > 0; tries--) {
    const rtpPort = pool?.take()
    if (rtpPort === undefined) break
    const rtp = await udp.open(family, address, rtpPort).catch(notBound)
    const rtcp = typeof rtp === 'string' ? rtp : await udp.open(family, address, rtpPort + 1).catch(notBound)
    if (typeof rtp !== 'string' && typeof rtcp !== 'string') return { rtp: rtp.socket, rtcp: rtcp.socket, rtpPort }
    if (typeof rtp !== 'string') udp.close(rtp.socket)
    pool?.free(rtpPort)
    if (rtcp !== 'taken') return rtcp === 'no-descriptors' ? 'media.no-descriptors' : 'media.no-address'
  }
  return 'media.no-port'
}

/** What the system says of a port for reasons of its own may not be so of the next one. */
function notBound(): 'taken' {
  return 'taken'
}

/** @returns the configured address when it is of the family, else any address of that family. */
function addressFor(configured: string, family: Family): string {
  const isIPv6 = configured.includes(':')
  if (isIPv6 === (family === 'IPv6')) return configured
  return family === 'IPv6' ? '::' : '0.0.0.0'
}

function giveAway(room: MediaRoom, port: Port, id: number, around: Surroundings): FaultCode | undefined {
  const released = release(room, port, around.now())
  if (released === undefined) return 'media.not-released'
  const { ticket, handle, socket } = released
  around.answer({ type: 'released', id, portId: port.id, ticket }, handle, () => room.outlet.udp.close(socket))
  return undefined
}

async function adopt(
  room: MediaRoom,
  port: Port,
  command: Named<'adopt'>,
  handle: UdpHandle | undefined,
  around: Surroundings,
): Promise<FaultCode | 'done'> {
  if (handle === undefined || port.rtpSocket !== NO_SOCKET) {
    handle?.close()
    return 'media.bad-command'
  }
  const socket = await room.outlet.udp.adopt(handle, port.family)
  // Closed, renewed or adopted meanwhile: the socket is nobody's.
  if (room.byId.get(port.id) !== port || port.rtpSocket !== NO_SOCKET) {
    room.outlet.udp.close(socket)
    return 'media.unknown-port'
  }
  takeBack(room, port, command.ticket, socket, around.now())
  return 'done'
}

async function replace(room: MediaRoom, port: Port, id: number, around: Surroundings): Promise<FaultCode | undefined> {
  const sockets = await bindPair(room, port.family)
  if (typeof sockets === 'string') return sockets
  if (room.byId.get(port.id) !== port) {
    drainSockets(room, [sockets.rtp, sockets.rtcp], sockets.rtpPort, around.now())
    return 'media.unknown-port'
  }
  const pair = port.pair
  const left = renew(room, port, sockets, around.now())
  drainSockets(room, left, pair, around.now())
  around.answer({ type: 'opened', id, portId: port.id, rtpPort: port.rtpPort, rtcpPort: port.rtcpPort })
  return undefined
}

/** Says goodbye, cuts the port off, and lets its sockets drain. What was recorded is written meanwhile. */
export function closePort(room: MediaRoom, port: Port, nowMs: Milliseconds): void {
  void unrecord(room, port, nowMs)
  sendBye(room, port)
  room.outlet.udp.send(room.outlet.batch)
  cutOff(room, port, nowMs)
  port.ear?.close()
  port.ear = undefined
  port.guard?.close()
  const left = [port.rtpSocket, port.rtcpSocket].filter((socket) => socket !== NO_SOCKET)
  setRtpSocket(room, port, NO_SOCKET)
  setRtcpSocket(room, port, NO_SOCKET)
  port.protection?.wipe()
  wipeKeys(port.stream?.srtp)
  room.byId.delete(port.id)
  room.ports.splice(room.ports.indexOf(port), 1)
  drainPort(room, port, left, nowMs)
}

/** @returns whether nobody waits for the answer. */
function isPatient(command: MediaCommand): boolean {
  return command.do === 'take' || ('patient' in command && command.patient === true)
}
