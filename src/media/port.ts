/**
 * A media port: one leg's RTP and RTCP sockets and all that is known of the sound both ways. A plain record; its one owner is
 * the media room it stands in. What is done to it per packet is in `tick.ts`, what by command in `commands.ts`.
 */

import type { Milliseconds, Ssrc } from '../base/units.ts'
import { createNewcomer, type Newcomer } from '../rtp/probation.ts'
import { createReception, type SequenceTracker } from '../rtp/sequence.ts'
import type { Source, Stream } from './contract.ts'
import { createFlow, type Flow } from './flow.ts'
import { createHeard, type Heard } from './heard.ts'
import type { KeyingGuard } from './keying-guard.ts'
import type { KeypadEar } from './keypad-ear.ts'
import { createLatch, type Latch } from './latch.ts'
import type { Link } from './link.ts'
import type { Protection } from './protection.ts'
import type { Recorder } from './recorder.ts'
import { createReporting, type Reporting } from './reporting.ts'
import type { ReturnGuard } from './return-guard.ts'
import type { Clip } from './source-clip.ts'
import { createTally, type Tally } from './tally.ts'
import type { Family, SocketId } from './udp-batch.ts'

/** In place of a socket that is not here. */
export const NO_SOCKET: SocketId = -1
/** More packets than any call sends: the greatest number that the engine keeps without a box. */
export const UNBOUNDED = 0x3fff_ffff

/** What is played to the far end by ourselves. */
export type Playing = {
  /** What plays when no chime does; undefined while another port is heard, or nothing. */
  clip: Clip | undefined
  /** Octet of the clip that comes next. */
  position: number
  /** Octet of the music that comes next: kept while something else plays. */
  musicPosition: number
  /** Octet of the chime that comes next; -1 when none plays. */
  chimePosition: number
  nextDueMs: Milliseconds
  /** The next frame takes its timestamp from the clock. */
  starting: boolean
}

export type Port = {
  readonly id: string
  readonly family: Family
  rtpSocket: SocketId
  rtcpSocket: SocketId
  rtpPort: number
  rtcpPort: number
  /** Even port of the pair, as the pool knows it. */
  pair: number
  /** Its RTP socket has been in another process. */
  wasAway: boolean
  stream: Stream | undefined
  /** SRTP: there exactly while the stream has keys. */
  protection: Protection | undefined
  readonly latch: Latch
  readonly reception: SequenceTracker
  /** Signed, as in `wrapping.ts`. */
  remoteSsrc: Ssrc
  /** Another SSRC of the source, until it is the second packet in a row. */
  readonly newcomer: Newcomer
  readonly heard: Heard
  readonly flow: Flow
  readonly tally: Tally
  source: Source
  readonly playing: Playing
  /** Ports whose source this one is. */
  readonly listeners: Set<Port>
  /** Brings the sound of another port here; there is one exactly while the source is a port that has a stream. */
  incoming: Link | undefined
  /** Links that carry this port's sound to others; computed when something is assigned, walked per packet. */
  outgoing: readonly Link[]
  /** Control wants to know of keys; the ear is there once there is a stream. */
  listening: boolean
  ear: KeypadEar | undefined
  guard: ReturnGuard | KeyingGuard | undefined
  /** Records the conversation of this port; its taps are among the links. */
  recorder: Recorder | undefined
  readonly reporting: Reporting
  lastReceivedMs: Milliseconds
  quietTold: boolean
  /** Packets of the source that were taken. */
  packetsReceived: number
  /** Dropped: from somebody else. */
  strangers: number
  /** Dropped: neither RTP of an agreed payload type nor RTCP. */
  unusable: number
  /** Dropped: an SSRC or a sequence number that nothing has confirmed. */
  implausible: number
  /** Frames not played because the process was late. */
  skippedFrames: number
  /** So many packets go to a far end that was never heard. */
  mostUnheard: number
}

/** Where a new port's sockets are. */
export type Sockets = { readonly rtp: SocketId; readonly rtcp: SocketId; readonly rtpPort: number }

/** @returns a port that is silent and hears nobody. */
export function createPort(
  id: string,
  family: Family,
  sockets: Sockets,
  random32: () => number,
  nowMs: Milliseconds,
): Port {
  return {
    id,
    family,
    rtpSocket: sockets.rtp,
    rtcpSocket: sockets.rtcp,
    rtpPort: sockets.rtpPort,
    rtcpPort: sockets.rtpPort + 1,
    pair: sockets.rtpPort,
    wasAway: false,
    stream: undefined,
    protection: undefined,
    latch: createLatch(),
    reception: createReception(),
    remoteSsrc: 0,
    newcomer: createNewcomer(),
    heard: createHeard(),
    flow: createFlow(random32, nowMs),
    tally: createTally(nowMs),
    source: { kind: 'nothing' },
    playing: {
      clip: undefined,
      position: 0,
      musicPosition: 0,
      chimePosition: -1,
      nextDueMs: nowMs,
      starting: true,
    },
    listeners: new Set(),
    incoming: undefined,
    outgoing: [],
    listening: false,
    ear: undefined,
    guard: undefined,
    recorder: undefined,
    reporting: createReporting(nowMs),
    lastReceivedMs: nowMs,
    quietTold: false,
    packetsReceived: 0,
    strangers: 0,
    unusable: 0,
    implausible: 0,
    skippedFrames: 0,
    mostUnheard: UNBOUNDED,
  }
}
