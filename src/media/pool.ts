/**
 * The door of the `media` room for control: places in media processes, and ports in a place. Types only; `client.ts` makes one.
 */

import type { FaultCode } from '../base/faults.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { Assignment, PortStats, Stream, Ticket } from './contract.ts'
import type { MediaLoad, PacketIo } from './contract-process.ts'
import type { Recipients, RecordingEvent } from './contract-recording.ts'

/** What a port tells control. */
export type PortEvents = {
  /** A key at the far end of a port that listens, RFC 4733 event code. */
  onKey(key: number): void
  /** Nothing has arrived for so long, milliseconds. Told once a silence. */
  onQuiet(quietMs: number): void
}

/** @param recording id of the call. @param file absolute path. */
export type RecordTerms = { readonly recording: string; readonly file: string }

/** One leg's media port: an RTP and an RTCP socket that live as long as the leg. */
export type MediaPort = {
  readonly portId: string
  readonly family: 'IPv4' | 'IPv6'
  readonly rtpPort: number
  readonly rtcpPort: number
  /** Sets or changes the stream's terms. @param patient nobody waits for it to be done, which is told up to 200 ms later then. */
  stream(stream: Stream, patient?: boolean): Promise<void>
  listen(on: boolean): Promise<void>
  /** Tells a port that listens of a key that came by signalling, RFC 4733 event code; `onKey` follows unless it is known already. */
  key(key: number): Promise<void>
  /**
   * Records the conversation of this port, the caller's. @param tell of the disk, and of the end, which is told after the port was closed, too; no
   * more when the process is lost. @throws Fault `media.no-recording`
   */
  record(terms: RecordTerms, tell: (event: RecordingEvent) => void): Promise<void>
  /** Takes nothing, whoever hears whom; and takes again. Read back by `stats`. */
  withhold(on: boolean): Promise<void>
  /** Ends the recording, and waits until it is written. Closing the port ends it as well. */
  unrecord(): Promise<void>
  /** Cuts the port off both ways and gives its RTP socket away. The receiver closes the handle. */
  release(): Promise<{ readonly ticket: Ticket; readonly handle: UdpHandle }>
  /** Takes the socket back. The port stays silent until it is assigned. The handle is closed here. */
  adopt(ticket: Ticket, handle: UdpHandle): Promise<void>
  /** Binds a fresh RTP socket after the released one died; `rtpPort` changes. */
  renew(): Promise<void>
  /** @returns the numbers now; after `close` the last ones. */
  stats(): Promise<PortStats>
  /** Closes and drains. May be called twice. */
  close(): void
}

/** A place for one call in one media process: its ports can hear each other. */
export type MediaPlace = {
  readonly processId: number
  /** @throws Fault `media.no-port` or `media.lost` */
  open(family: 'IPv4' | 'IPv6', events: PortEvents): Promise<MediaPort>
  /** Sets what ports hear, all at once. @param patient as of `stream`. @throws Fault `media.lost` */
  assign(assignments: readonly Assignment[], patient?: boolean): Promise<void>
  /** The process died or stalled: every port of the place is gone. Called at most once. */
  onLost(callback: () => void): void
  close(): void
}

/** One media process as it is now. */
export type MediaProcessView = {
  /** Absent while it waits to be restarted. */
  readonly pid: number | undefined
  /** `late`: runs, but takes no more calls; `leaves`: was replaced, and ends with its calls. */
  readonly state: 'waits' | 'starts' | 'runs' | 'late' | 'leaves'
  readonly portMin: number
  readonly portMax: number
  readonly calls: number
  /** Another one starts to take its place, or has. */
  readonly beingReplaced: boolean
  /** How late its beats came in the worst of the last five seconds (99th percentile of each). */
  readonly lateMs: number
  /** What it said last; absent until it has. */
  readonly load: MediaLoad | undefined
  /** Absent until it is ready. */
  readonly packetIo: PacketIo | undefined
}

/** A fresh process takes the new calls; the old one ends with those that it has. */
export type Replaced = { readonly pid: number; readonly calls: number }

export type MediaPool = {
  /** Starts the processes. @throws Fault `media.cannot-start` */
  start(): Promise<void>
  /**
   * A place in the least loaded process. @param isUrgent also in one that is late. @throws Fault `media.lost` when none runs, `media.full`,
   * `media.no-port`
   */
  place(isUrgent?: boolean): MediaPlace
  /** Why there would be no place for a new call now; undefined when there is one. */
  refusal(): FaultCode | undefined
  /** Replaces a process while it runs. @throws Fault `media.unknown-process`, `media.being-replaced`, `media.cannot-start` */
  replace(pid: number): Promise<Replaced>
  /** Seals recordings to others, also those that run: from their next segment on. Processes started later have them, too. @throws Fault of the first that refuses them */
  sealTo(recipients: Recipients): Promise<void>
  processes(): readonly MediaProcessView[]
  /** One line a process, for a person. */
  describe(): readonly string[]
  /** Process ids, for the leak test. */
  readonly processIds: readonly number[]
  close(): Promise<void>
}
