/**
 * Control's door to the media processes: starts as many as asked, shares the port range out between them, gives each call a place in the one
 * with the least to do, and none while all of them are late or without ports. Starts a new process when one is lost, a little later each time: its
 * places are lost with it. Replaces one that runs on demand, or when it has grown too large: its calls end on it, new ones go to the fresh one.
 */

import type { Clock, Timer } from '../base/clock.ts'
import { asFault, fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import type { CodecName, Milliseconds } from '../base/units.ts'
import type { PacketIo, UdpLosses } from './contract-process.ts'
import type { Recipients } from './contract-recording.ts'
import type { MediaPool, MediaProcessView, Replaced } from './pool.ts'
import { describeProcess, viewOf } from './process-view.ts'
import { chooseProcess, processesFor, shareRange, sparesOf } from './spread.ts'
import type { Fork } from './supervised.ts'
import { Worker } from './worker.ts'

export type MediaPoolOptions = {
  /** Undefined: one for each core, fewer where they would have ports for a few calls only. */
  readonly processes: number | undefined
  /** That this machine has for us. */
  readonly cores: number
  readonly configure: {
    /** Address that ports are bound to. */
    readonly address: string
    readonly portMin: number
    readonly portMax: number
    /** 16-bit mono WAV, 8 or 16 kHz. */
    readonly holdMusicFile: string
    /** Codecs that far ends may speak; every one when absent. */
    readonly codecs?: readonly CodecName[]
    /** Whom recordings are sealed to; nothing is recorded when absent. */
    readonly recording?: { readonly recipients: Recipients }
  }
  /** A process that comes later to its beats than this takes no more calls; undefined when none is ever full. Read anew each time. */
  readonly lateMs?: Milliseconds | undefined
  /** A process that takes more memory than this is replaced. Default: none is. */
  readonly memoryMegabytes?: number
  /** Path of the entry file `media.ts`, or of what it was compiled to. */
  readonly entry: string
  /** `fork` of node:child_process. */
  readonly fork: Fork
  readonly clock: Clock
  /** What they receive and send packets with; `auto`, the default, is the addon where there is one. */
  readonly packetIo?: 'auto' | 'addon' | 'dgram'
  /** For the log. */
  onEvent(event: MediaPoolEvent): void
}

export type MediaPoolEvent = {
  readonly pid: number
} /** It was started, was lost, grew too large, ends once its calls have, has ended. */ & (
  | { readonly name: 'media.started' | 'media.lost' | 'media.too-large' | 'media.leaving' | 'media.left' }
  | { readonly name: 'media.ready'; readonly packetIo: PacketIo }
  /** Packets lost since the process started. */
  | { readonly name: 'media.losses'; readonly losses: UdpLosses }
)

/** Waits before a lost process is started again; the last one is repeated. */
const BACK_OFF_MS: readonly Milliseconds[] = [100, 250, 500, 1000, 2000, 5000]
/** A process that lived this long begins the row of waits anew, and may be replaced for its size. */
const STEADY_MS: Milliseconds = 30_000
/** Reports in a row that must tell of too much memory: garbage that is about to be collected is none. */
const HEAVY_REPORTS = 10

/** A stretch of ports and the processes in it. */
type Seat = {
  readonly portMin: number
  readonly portMax: number
  /** Gets new calls, once it is ready. */
  current: Worker | undefined
  /** Starts, and takes the place of `current` when it is ready. */
  coming: { readonly worker: Worker; readonly done: PromiseWithResolvers<Replaced> } | undefined
  /** Get no new calls, and end when they have none. */
  readonly leaving: Set<Worker>
  failures: number
  restart: Timer | undefined
}

/** @returns the pool; nothing runs before `start`. */
export function createMediaPool(options: MediaPoolOptions): MediaPool {
  const pool = new Pool(options)
  return {
    start: () => pool.start(),
    place: (isUrgent = false) => pool.choose(isUrgent).place(),
    refusal: () => pool.refusal(),
    replace: (pid) => pool.replace(pid),
    sealTo: (recipients) => pool.sealTo(recipients),
    processes: () => pool.views(),
    describe: () => pool.describe(),
    get processIds() {
      return pool.workers().flatMap(({ process }) => (process.pid === undefined ? [] : [process.pid]))
    },
    close: () => pool.close(),
  }
}

class Pool {
  readonly #options: MediaPoolOptions
  readonly #seats: readonly Seat[]
  #starting: PromiseWithResolvers<void> | undefined
  #closing: PromiseWithResolvers<void> | undefined
  #recording: MediaPoolOptions['configure']['recording']

  constructor(options: MediaPoolOptions) {
    const { portMin, portMax } = options.configure
    const processes = options.processes ?? processesFor(options.cores, portMin, portMax)
    this.#options = options
    this.#recording = options.configure.recording
    this.#seats = shareRange(processes, portMin, portMax).map((range) => ({
      ...range,
      current: undefined,
      coming: undefined,
      leaving: new Set(),
      failures: 0,
      restart: undefined,
    }))
  }

  async start(): Promise<void> {
    this.#starting = Promise.withResolvers()
    for (const seat of this.#seats) seat.current = this.#launch(seat)
    try {
      await this.#starting.promise
    } catch (thrown) {
      await this.close()
      throw asFault(thrown)
    } finally {
      this.#starting = undefined
    }
  }

  workers(): readonly Worker[] {
    return this.#seats.flatMap(({ current, coming, leaving }) => [
      ...(current === undefined ? [] : [current]),
      ...(coming === undefined ? [] : [coming.worker]),
      ...leaving,
    ])
  }

  /** @throws Fault `media.lost`, `media.full` or `media.no-port` */
  choose(isUrgent: boolean): Worker {
    const choice = chooseProcess(this.#candidates(), isUrgent)
    if (choice.result === 'none') throw fault(choice.fault)
    return choice.candidate
  }

  refusal(): FaultCode | undefined {
    const choice = chooseProcess(this.#candidates())
    return choice.result === 'none' ? choice.fault : undefined
  }

  async replace(pid: number): Promise<Replaced> {
    const seat = this.#seats.find(({ current }) => current?.pid === pid)
    if (seat === undefined || this.#closing !== undefined) throw fault('media.unknown-process')
    if (seat.coming !== undefined) throw fault('media.being-replaced')
    seat.coming = { worker: this.#launch(seat), done: Promise.withResolvers() }
    return seat.coming.done.promise
  }

  async sealTo(recipients: Recipients): Promise<void> {
    this.#recording = { recipients }
    await Promise.all(
      this.workers().map(({ process }) =>
        process.ask({ do: 'seal-to', recipients }).catch((thrown: unknown) => {
          // One that is lost, or only starts, has them from its beginning.
          if (asFault(thrown).code !== 'media.lost') throw thrown
        }),
      ),
    )
  }

  views(): readonly MediaProcessView[] {
    return this.#seats.flatMap((seat) => [
      viewOf(seat, seat.current, 'waits', seat.coming !== undefined),
      ...(seat.coming === undefined ? [] : [viewOf(seat, seat.coming.worker, 'waits', false)]),
      ...[...seat.leaving].map((worker) => viewOf(seat, worker, 'leaves', true)),
    ])
  }

  describe(): readonly string[] {
    return this.views().map(describeProcess)
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.withResolvers()
    for (const seat of this.#seats) seat.restart?.cancel()
    const running = this.workers()
    if (running.length === 0) return
    for (const { process } of running) process.end()
    await this.#closing.promise
  }

  #candidates(): readonly Worker[] {
    return this.#seats.flatMap(({ current }) => (current?.process.ready === true ? [current] : []))
  }

  #launch(seat: Seat): Worker {
    const options = this.#options
    const { entry, fork, clock, configure, packetIo = 'auto' } = options
    const { portMin, portMax } = seat
    seat.restart = undefined
    const pairs = (portMax - portMin + 1) / 2
    const recording = () => this.#recording
    const worker = new Worker(
      {
        ...{ entry, fork, clock, packetIo },
        get lateMs() {
          return options.lateMs
        },
        configure: {
          ...{ do: 'configure', ...configure, portMin, portMax, spares: sparesOf(pairs) },
          // As it is when the process has started.
          get recording() {
            return recording()
          },
        },
        onReady: (ready, io) => this.#onReady(seat, ready, io),
        onLosses: ({ pid }, losses) => this.#options.onEvent({ name: 'media.losses', pid, losses }),
        onLoad: (measured) => this.#onLoad(seat, measured),
        onLost: (lost, cause) => this.#onLost(seat, lost, cause),
      },
      pairs,
    )
    this.#tell('media.started', worker)
    return worker
  }

  #onReady(seat: Seat, worker: Worker, packetIo: PacketIo): void {
    this.#options.onEvent({ name: 'media.ready', pid: worker.pid, packetIo })
    if (seat.coming?.worker === worker) this.#swap(seat, seat.coming)
    if (this.#seats.every(({ current }) => current?.process.ready === true)) this.#starting?.resolve()
  }

  #swap(seat: Seat, { worker, done }: NonNullable<Seat['coming']>): void {
    const old = seat.current
    seat.coming = undefined
    seat.current = worker
    if (old !== undefined) {
      seat.leaving.add(old)
      this.#tell('media.leaving', old)
      old.leave()
    }
    done.resolve({ pid: worker.pid, calls: old?.calls ?? 0 })
  }

  #onLoad(seat: Seat, worker: Worker): void {
    const limit = this.#options.memoryMegabytes
    const heavy = limit !== undefined && (worker.load?.memoryMegabytes ?? 0) > limit
    worker.heavyReports = heavy ? worker.heavyReports + 1 : 0
    if (worker.heavyReports < HEAVY_REPORTS || seat.current !== worker || this.#closing !== undefined) return
    // One at a time, and none that has only just begun: a limit that is too low must not have processes pile up.
    const isSteady = this.#options.clock.now() - worker.startedMs > STEADY_MS
    if (seat.coming !== undefined || seat.leaving.size > 0 || !isSteady) return
    this.#tell('media.too-large', worker)
    // Where none can be started, this one goes on; the log has it.
    this.replace(worker.pid).catch(() => undefined)
  }

  #onLost(seat: Seat, worker: Worker, cause: FaultCode | undefined): void {
    const wasLeaving = seat.leaving.delete(worker)
    const wasCurrent = seat.current === worker
    if (wasCurrent) seat.current = undefined
    const coming = seat.coming
    if (coming?.worker === worker) seat.coming = undefined
    if (this.#closing !== undefined) {
      coming?.done.reject(fault('media.lost'))
      if (this.workers().length === 0) this.#closing.resolve()
      return
    }
    this.#tell(wasLeaving && worker.isDone ? 'media.left' : 'media.lost', worker)
    if (wasLeaving) return
    const why = fault('media.cannot-start', {}, cause === undefined ? undefined : fault(cause))
    if (!wasCurrent) coming?.done.reject(why)
    else if (this.#starting !== undefined) this.#starting.reject(why)
    if (this.#starting === undefined && seat.current === undefined && seat.coming === undefined) {
      this.#startAgain(seat, worker)
    }
  }

  #startAgain(seat: Seat, lost: Worker): void {
    const { clock } = this.#options
    seat.failures = clock.now() - lost.startedMs > STEADY_MS ? 0 : seat.failures + 1
    const wait = BACK_OFF_MS[Math.min(seat.failures, BACK_OFF_MS.length - 1)] as Milliseconds
    seat.restart = clock.after(wait, () => {
      seat.current = this.#launch(seat)
    })
  }

  #tell(name: Exclude<MediaPoolEvent['name'], 'media.ready' | 'media.losses'>, { pid }: Worker): void {
    this.#options.onEvent({ name, pid })
  }
}
