/**
 * All that one media process holds: its ports, who owns which socket, the sounds it plays, the way out. One record, changed by
 * commands between ticks and by the tick; nobody else has it.
 */

import type { Milliseconds } from '../base/units.ts'
import type { RecordingEvent } from './contract-recording.ts'
import { createLoadMeter, type LoadMeter } from './load.ts'
import type { Outlet } from './outlet.ts'
import type { Port } from './port.ts'
import type { PortPool } from './port-pool.ts'
import { Recordings, type RecordingsOptions } from './recordings.ts'
import type { Clip } from './source-clip.ts'
import type { Draining, KeptSpare, SparePair } from './spares.ts'
import { createSendBatch, type SocketId, type UdpBatch } from './udp-batch.ts'

export type Clips = { readonly music: Clip; readonly ringback: Clip; readonly silence: Clip; readonly chime: Clip }

/** How long a closed port drains: late packets and the far end's last words come in this time, and must never reach the next call. */
export const DRAIN_MS: Milliseconds = 2000

export type MediaRoom = {
  readonly outlet: Outlet
  readonly cname: string
  readonly random32: () => number
  /** Wall clock less monotonic clock, for the NTP times of RTCP. */
  readonly wallOffsetMs: number
  /** A key of a port that listens. */
  readonly onKey: (port: Port, key: number) => void
  readonly onQuiet: (port: Port, quietMs: Milliseconds) => void
  /** Pairs that may be taken. */
  readonly onSpares: (pairs: readonly SparePair[]) => void
  /** Spares that something came to, by their RTP ports. */
  readonly onStrayed: (rtpPorts: readonly number[]) => void
  readonly onRecording: (event: RecordingEvent) => void
  /** Set by the first command. */
  address: string
  pool: PortPool | undefined
  /** Pairs that were taken and are not told yet. */
  binding: number
  clips: Clips | undefined
  readonly byId: Map<string, Port>
  /** The same ports as a list, walked by the tick. */
  readonly ports: Port[]
  /** By socket. */
  readonly rtpOwners: (Port | undefined)[]
  readonly rtcpOwners: (Port | undefined)[]
  /** In the order in which they end. */
  readonly draining: Draining[]
  /** By their RTP port. */
  readonly spares: Map<number, KeptSpare>
  /** How many are kept at most; none until control says so. */
  mostSpares: number
  /** By socket: when something last came to it while no port had it. */
  readonly strayedMs: Milliseconds[]
  /** Something has, since spares were looked at. */
  newStrays: boolean
  /** One packet's worth of coded sound, for what is played. */
  readonly frame: Uint8Array
  /** When ports are looked at next for what has time. */
  nextLookMs: Milliseconds
  /** Ports that were cut off because of a defect met in the tick. */
  broken: number
  /** What is read until then may have waited while the process was held up. */
  staleUntilMs: Milliseconds
  /** Whole ticks that were left out because the process was late. */
  skippedTicks: number
  readonly load: LoadMeter
  readonly recordings: Recordings
}

export type RoomOptions = Pick<
  MediaRoom,
  'cname' | 'random32' | 'wallOffsetMs' | 'onKey' | 'onQuiet' | 'onSpares' | 'onStrayed' | 'onRecording'
> & {
  readonly udp: UdpBatch
  readonly recording: RecordingsOptions
}

/** Octets of the longest frame: 60 ms. */
const FRAME_OCTETS = 480

/** @returns an empty room that is not configured yet. */
export function createRoom(options: RoomOptions): MediaRoom {
  const { udp, cname, random32, wallOffsetMs, onKey, onQuiet, onSpares, onStrayed, onRecording } = options
  return {
    outlet: { udp, batch: createSendBatch() },
    cname,
    random32,
    wallOffsetMs,
    onKey,
    onQuiet,
    onSpares,
    onStrayed,
    onRecording,
    address: '',
    pool: undefined,
    binding: 0,
    clips: undefined,
    byId: new Map(),
    ports: [],
    rtpOwners: [],
    rtcpOwners: [],
    draining: [],
    spares: new Map(),
    mostSpares: 0,
    strayedMs: [],
    newStrays: false,
    frame: new Uint8Array(FRAME_OCTETS),
    nextLookMs: Number.NEGATIVE_INFINITY,
    broken: 0,
    staleUntilMs: Number.NEGATIVE_INFINITY,
    skippedTicks: 0,
    load: createLoadMeter(),
    recordings: new Recordings(options.recording),
  }
}

/** Sets a port's RTP socket, or takes it away with `NO_SOCKET`; `rtpOwners` follows. */
export function setRtpSocket(room: MediaRoom, port: Port, socket: SocketId): void {
  if (port.rtpSocket >= 0) room.rtpOwners[port.rtpSocket] = undefined
  port.rtpSocket = socket
  if (socket >= 0) room.rtpOwners[socket] = port
}

/** Sets a port's RTCP socket, or takes it away with `NO_SOCKET`; `rtcpOwners` follows. */
export function setRtcpSocket(room: MediaRoom, port: Port, socket: SocketId): void {
  if (port.rtcpSocket >= 0) room.rtcpOwners[port.rtcpSocket] = undefined
  port.rtcpSocket = socket
  if (socket >= 0) room.rtcpOwners[socket] = port
}
