/**
 * Control's door to the media processes: starts as many as asked, shares the port range out between them, gives each call a
 * place in the least loaded, and starts a new process when one is lost, a little later each time. The places of a lost process
 * are lost with it.
 */

import type { Clock, Timer } from '../base/clock.ts'
import { asFault, fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import type { Milliseconds } from '../base/units.ts'
import type { PacketIo, UdpLosses } from './contract.ts'
import { openPlace, type Place } from './place.ts'
import type { MediaPlace, MediaPool } from './pool.ts'
import { type Fork, type MediaProcess, startMediaProcess } from './supervised.ts'

export type MediaPoolOptions = {
  /** One per core is right. */
  readonly processes: number
  readonly configure: {
    /** Address that ports are bound to. */
    readonly address: string
    readonly portMin: number
    readonly portMax: number
    /** 16-bit mono WAV, 8 or 16 kHz. */
    readonly holdMusicFile: string
  }
  /** Path of the entry file `media.ts`, or of what it was compiled to. */
  readonly entry: string
  /** `fork` of node:child_process. */
  readonly fork: Fork
  readonly clock: Clock
  /** What they receive and send packets with; `auto`, the default, is the addon where there is one. */
  readonly packetIo?: 'auto' | 'addon' | 'dgram'
  /** For the log: a process was started, is ready, or was lost; packets were. */
  onEvent(event: MediaPoolEvent): void
}

export type MediaPoolEvent = { readonly pid: number } & (
  | { readonly name: 'media.started' | 'media.lost' }
  | { readonly name: 'media.ready'; readonly packetIo: PacketIo }
  /** Packets lost since the process started. */
  | { readonly name: 'media.losses'; readonly losses: UdpLosses }
)

/** Waits before a lost process is started again; the last one is repeated. */
const BACK_OFF_MS: readonly Milliseconds[] = [100, 250, 500, 1000, 2000, 5000]
/** A process that lived this long begins the row of waits anew. */
const STEADY_MS: Milliseconds = 30_000

type Seat = {
  readonly portMin: number
  readonly portMax: number
  process: MediaProcess | undefined
  startedMs: Milliseconds
  failures: number
  restart: Timer | undefined
  readonly places: Set<Place>
}

type Starting = { resolve(): void; reject(cause: unknown): void }

/** @returns the pool; nothing runs before `start`. */
export function createMediaPool(options: MediaPoolOptions): MediaPool {
  const { clock } = options
  const seats = shareRange(options.processes, options.configure.portMin, options.configure.portMax)
  let closed = false
  let waiting: Starting | undefined
  let emptied: (() => void) | undefined

  const launch = (seat: Seat) => {
    seat.restart = undefined
    seat.startedMs = clock.now()
    const { address, holdMusicFile } = options.configure
    seat.process = startMediaProcess({
      entry: options.entry,
      fork: options.fork,
      clock,
      packetIo: options.packetIo ?? 'auto',
      configure: { do: 'configure', address, portMin: seat.portMin, portMax: seat.portMax, holdMusicFile },
      onKey: (portId, key) => placeOf(seat, portId)?.onKey(portId, key),
      onQuiet: (portId, quietMs) => placeOf(seat, portId)?.onQuiet(portId, quietMs),
      onLosses: (losses) => options.onEvent({ name: 'media.losses', pid: seat.process?.pid ?? 0, losses }),
      onReady: (packetIo) => onReady(seat, packetIo),
      onLost: (cause) => onLost(seat, cause),
    })
    options.onEvent({ name: 'media.started', pid: seat.process.pid ?? 0 })
  }

  const onReady = (seat: Seat, packetIo: PacketIo) => {
    options.onEvent({ name: 'media.ready', pid: seat.process?.pid ?? 0, packetIo })
    if (seats.every(({ process }) => process?.ready === true)) {
      waiting?.resolve()
      waiting = undefined
    }
  }

  const onLost = (seat: Seat, cause: FaultCode | undefined) => {
    const pid = seat.process?.pid ?? 0
    seat.process = undefined
    const places = [...seat.places]
    seat.places.clear()
    for (const place of places) place.lose()
    if (closed) {
      if (seats.every(({ process }) => process === undefined)) emptied?.()
      return
    }
    options.onEvent({ name: 'media.lost', pid })
    if (waiting !== undefined) {
      waiting.reject(fault('media.cannot-start', {}, cause === undefined ? undefined : fault(cause)))
      waiting = undefined
      return
    }
    seat.failures = clock.now() - seat.startedMs > STEADY_MS ? 0 : seat.failures + 1
    const wait = BACK_OFF_MS[Math.min(seat.failures, BACK_OFF_MS.length - 1)] as Milliseconds
    seat.restart = clock.after(wait, () => launch(seat))
  }

  const close = async () => {
    closed = true
    for (const seat of seats) seat.restart?.cancel()
    const ended = new Promise<void>((resolve) => {
      emptied = resolve
    })
    const running = seats.flatMap(({ process }) => (process === undefined ? [] : [process]))
    if (running.length === 0) return
    for (const process of running) process.end()
    await ended
  }

  return {
    async start() {
      const started = new Promise<void>((resolve, reject) => {
        waiting = { resolve, reject }
      })
      for (const seat of seats) launch(seat)
      try {
        await started
      } catch (thrown) {
        await close()
        throw asFault(thrown)
      }
    },
    place(): MediaPlace {
      const seat = leastLoaded(seats)
      if (seat?.process === undefined) throw fault('media.lost')
      const place = openPlace(seat.process, () => seat.places.delete(place))
      seat.places.add(place)
      return place.door
    },
    describe: () =>
      seats.map(({ process, places, portMin, portMax }) => {
        const state = process === undefined ? 'waits to be restarted' : process.ready ? 'runs' : 'starts'
        return `media ${process?.pid ?? '-'} ${state}${said(process?.packetIo)}, ports ${portMin} to ${portMax}, ${places.size} calls`
      }),
    get processIds() {
      return seats.flatMap(({ process }) => (process?.pid === undefined ? [] : [process.pid]))
    },
    close,
  }
}

type NoAddon = Extract<PacketIo, { readonly udp: 'dgram' }>['because']

const NO_ADDON: Readonly<Record<NoAddon, string>> = {
  asked: 'asked not to be used',
  'not-linux': 'for Linux only',
  'not-built': 'not built: no C++ compiler was there at installation',
  'not-usable': 'not usable with this Node or this system',
}

/** How packets go, for the line that a person reads. */
function said(packetIo: PacketIo | undefined): string {
  if (packetIo === undefined) return ''
  return packetIo.udp === 'addon' ? ' with the UDP addon' : ` over node:dgram (addon ${NO_ADDON[packetIo.because]})`
}

/** Splits the range into as many stretches as there are processes, each beginning at an even port. */
function shareRange(processes: number, portMin: number, portMax: number): Seat[] {
  const first = portMin + (portMin & 1)
  const pairs = Math.floor((portMax - first + 1) / 2 / processes)
  return Array.from({ length: processes }, (_, i) => ({
    portMin: first + i * pairs * 2,
    portMax: first + (i + 1) * pairs * 2 - 1,
    process: undefined,
    startedMs: 0,
    failures: 0,
    restart: undefined,
    places: new Set<Place>(),
  }))
}

function leastLoaded(seats: readonly Seat[]): Seat | undefined {
  return seats
    .filter(({ process }) => process?.ready === true)
    .reduce<Seat | undefined>(
      (best, seat) => (best === undefined || seat.places.size < best.places.size ? seat : best),
      undefined,
    )
}

function placeOf(seat: Seat, portId: string): Place | undefined {
  for (const place of seat.places) if (place.has(portId)) return place
  return undefined
}
