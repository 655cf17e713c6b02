/**
 * One media process with what belongs to it in control: the places of its calls, and how busy it last said it was. Which of them gets a call is
 * decided in `spread.ts`; when one is started or replaced, in `client.ts`.
 */

import type { FaultCode } from '../base/faults.ts'
import { type Lateness, PUNCTUAL, stepLateness, worstLateness } from '../base/lateness.ts'
import type { Milliseconds } from '../base/units.ts'
import type { MediaLoad, PacketIo, UdpLosses } from './contract-process.ts'
import type { RecordingEvent } from './contract-recording.ts'
import { openPlace, type Place } from './place.ts'
import type { MediaPlace } from './pool.ts'
import type { SparePair } from './spares.ts'
import type { Candidate } from './spread.ts'
import { type MediaProcess, type ProcessOptions, startMediaProcess } from './supervised.ts'

export type WorkerOptions = Omit<
  ProcessOptions,
  'onKey' | 'onQuiet' | 'onRecording' | 'onSpares' | 'onStrayed' | 'onLosses' | 'onLoad' | 'onReady' | 'onLost'
> & {
  /** Lateness at which it takes no more calls; undefined for none. */
  readonly lateMs: Milliseconds | undefined
  onReady(worker: Worker, packetIo: PacketIo): void
  onLosses(worker: Worker, losses: UdpLosses): void
  /** Gone, with its places. */
  onLost(worker: Worker, cause: FaultCode | undefined): void
  onLoad(worker: Worker): void
}

type WaitingSpare = SparePair & { readonly toldMs: Milliseconds }

/** How long a spare pair waits for a port. */
const SPARE_MS: Milliseconds = 3000

export class Worker implements Candidate {
  readonly process: MediaProcess
  readonly startedMs: Milliseconds
  /** As it said last. */
  load: MediaLoad | undefined
  /** Reports in a row with more memory than a process should have. */
  heavyReports = 0
  readonly #options: WorkerOptions
  readonly #places = new Set<Place>()
  /** Who is told of the recording of a port; it may end after the port is closed, or when another one of it has begun. */
  readonly #recorded = new Map<string, (event: RecordingEvent) => void>()
  readonly #whenEmpty: (() => void)[] = []
  /** Bound in the process, for the next ports; the one that was told first is taken first. */
  #spares: WaitingSpare[] = []
  #lateness: Lateness = PUNCTUAL
  #freePairs: number
  #isDone = false

  /** @param pairs of ports that it is given. */
  constructor(options: WorkerOptions, pairs: number) {
    this.#options = options
    this.#freePairs = pairs
    this.startedMs = options.clock.now()
    this.process = startMediaProcess({
      ...options,
      onKey: (portId, key) => this.#placeOf(portId)?.onKey(portId, key),
      onQuiet: (portId, quietMs) => this.#placeOf(portId)?.onQuiet(portId, quietMs),
      onRecording: (event) => {
        const key = recordingKey(event.portId, event.recording)
        this.#recorded.get(key)?.(event)
        if (event.state === 'ended') this.#recorded.delete(key)
      },
      onSpares: (pairs) => {
        const toldMs = options.clock.now()
        for (const pair of pairs) this.#spares.push({ ...pair, toldMs })
      },
      onStrayed: (rtpPorts) => this.#dropSpares(({ rtpPort }) => rtpPorts.includes(rtpPort)),
      onLosses: (losses) => options.onLosses(this, losses),
      onReady: (packetIo) => options.onReady(this, packetIo),
      onLost: (cause) => this.#lose(cause),
      onLoad: (load) => this.#measure(load),
    })
  }

  get pid(): number {
    return this.process.pid ?? 0
  }

  get calls(): number {
    return this.#places.size
  }

  /** Without a call it is what starting cost, and says nothing of what calls do. */
  get cpuShare(): number {
    return this.calls === 0 ? 0 : (this.load?.cpuShare ?? 0)
  }

  get late(): boolean {
    return this.#lateness.late
  }

  /** The worst of the last seconds. */
  get lateMs(): Milliseconds {
    return worstLateness(this.#lateness)
  }

  get freePairs(): number {
    return this.#freePairs + this.#spares.length
  }

  /** It was told to end, and had no call any more. */
  get isDone(): boolean {
    return this.#isDone
  }

  place(): MediaPlace {
    const place: Place = openPlace(this.process, {
      onClosed: () => {
        this.#places.delete(place)
        if (this.#places.size === 0) for (const tell of this.#whenEmpty.splice(0)) tell()
      },
      takeSpare: (family) => {
        const at = this.#spares.findIndex((spare) => spare.family === family)
        return at < 0 ? undefined : this.#spares.splice(at, 1)[0]?.rtpPort
      },
      onPorts: (left) => {
        this.#freePairs = left === 'none' ? 0 : this.#freePairs - 1
      },
      onRecorded: (portId, recording, tell) => {
        const key = recordingKey(portId, recording)
        if (tell === undefined) this.#recorded.delete(key)
        else this.#recorded.set(key, tell)
      },
    })
    this.#places.add(place)
    return place.door
  }

  /** Ends the process once its last call has ended and its sockets are quiet. Nobody asks for a place any more. */
  leave(): void {
    const stop = () => {
      this.#isDone = true
      this.process.ask({ do: 'stop' }).catch(() => undefined)
    }
    if (this.#places.size === 0) stop()
    else this.#whenEmpty.push(stop)
  }

  #measure(load: MediaLoad): void {
    // Without calls no port stays bound.
    const untilMs = this.#options.clock.now() - SPARE_MS
    this.#dropSpares(({ toldMs }) => toldMs <= untilMs)
    this.load = { ...load, freePairs: load.freePairs + this.#spares.length }
    this.#freePairs = load.freePairs
    this.#lateness = stepLateness(this.#lateness, load.lateMs, this.#options.lateMs)
    this.#options.onLoad(this)
  }

  /** Has those closed that are not to be taken any more. */
  #dropSpares(isOver: (spare: WaitingSpare) => boolean): void {
    const over = this.#spares.filter(isOver)
    if (over.length === 0) return
    this.#spares = this.#spares.filter((spare) => !over.includes(spare))
    this.process.ask({ do: 'drop', rtpPorts: over.map(({ rtpPort }) => rtpPort) }).catch(() => undefined)
  }

  #lose(cause: FaultCode | undefined): void {
    const places = [...this.#places]
    this.#places.clear()
    this.#recorded.clear()
    for (const place of places) place.lose()
    this.#options.onLost(this, cause)
  }

  #placeOf(portId: string): Place | undefined {
    for (const place of this.#places) if (place.has(portId)) return place
    return undefined
  }
}

function recordingKey(portId: string, recording: string): string {
  return `${portId} ${recording}`
}
