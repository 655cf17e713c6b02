/**
 * One media process as control sees it: started, configured, asked for signs of life, ended when it gives none. Commands are
 * answered or fail; whoever had something in it is told once when it is lost. Does not restart it: the pool does.
 */

import type { ChildProcess, ForkOptions } from 'node:child_process'
import { type Channel, openChannel } from '../base/channel.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { type Fault, fault } from '../base/fault.ts'
import { type FaultCode, faults } from '../base/faults.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { Milliseconds } from '../base/units.ts'
import { aMediaCommand, aMediaEvent, DGRAM_WORD, type MediaCommand, type MediaEvent } from './contract.ts'
import type { MediaLoad, PacketIo, UdpLosses } from './contract-process.ts'
import type { RecordingEvent } from './contract-recording.ts'
import type { SparePair } from './spares.ts'

/** How often a process is asked whether it lives, and how long it may be silent before it is ended. */
export const PING_MS: Milliseconds = 200
export const SILENT_MS: Milliseconds = 780
/** A look of ours that is this late says that we were held up, not the process. */
const OWN_STALL_MS: Milliseconds = 500
/** A process has this long to start and code the music. */
const START_MS: Milliseconds = 15_000
/** An end without a line to control is an end of recordings, too, which are written until then. */
const END_MS: Milliseconds = 1500
/** Longest wait for the answer to a command. */
const ANSWER_MS: Milliseconds = 3000

/** A command without its number. */
export type Command = MediaCommand extends infer C ? (C extends MediaCommand ? Omit<C, 'id'> : never) : never
export type Answered = { readonly event: MediaEvent; readonly handle: UdpHandle | undefined }

export type Fork = (modulePath: string, args: readonly string[], options: ForkOptions) => ChildProcess

/**
 * Of Node. Garbage is collected by the thread that has it: helpers are not raised with it (`control/priority.ts`), and on a busy machine its sound waited
 * for theirs by 12 ms.
 */
const MEDIA_FLAGS = [
  '--disable-sigusr1',
  '--max-old-space-size=512',
  '--single-threaded-gc',
  '--v8-pool-size=1',
] as const

export type ProcessOptions = {
  readonly entry: string
  readonly fork: Fork
  readonly clock: Clock
  /** What it is to receive and send packets with; with `addon`, it is lost when it has none. */
  readonly packetIo: 'auto' | 'addon' | 'dgram'
  readonly configure: Command & { readonly do: 'configure' }
  onKey(portId: string, key: number): void
  onQuiet(portId: string, quietMs: Milliseconds): void
  onRecording(event: RecordingEvent): void
  onSpares(pairs: readonly SparePair[]): void
  onStrayed(rtpPorts: readonly number[]): void
  onLosses(losses: UdpLosses): void
  onLoad(load: MediaLoad): void
  /** It runs and is configured. */
  onReady(packetIo: PacketIo): void
  /** It is gone, or never came. Called once; the cause when it said one. */
  onLost(cause: FaultCode | undefined): void
}

export type MediaProcess = {
  readonly pid: number | undefined
  readonly ready: boolean
  /** Known once it is ready. */
  readonly packetIo: PacketIo | undefined
  /** @throws Fault of the answer, or `media.lost`. A handle is closed here once it was sent, or when it cannot be. */
  ask(command: Command, handle?: UdpHandle): Promise<Answered>
  /** Ends it; `onLost` follows. May be called twice. */
  end(): void
}

type Waiting = { settle(answer: Answered | Fault): void }

/** Starts a media process. */
export function startMediaProcess(options: ProcessOptions): MediaProcess {
  const { clock } = options
  const child = options.fork(options.entry, options.packetIo === 'dgram' ? [DGRAM_WORD] : [], {
    // Nothing of control's environment; no inspector on a signal; a small heap, for no state worth a name is kept on it.
    env: {},
    execArgv: [...MEDIA_FLAGS],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Keys of SRTP are octets.
    serialization: 'advanced',
  })
  const waiting = new Map<number, Waiting>()
  let nextId = 1
  let ready = false
  let packetIo: PacketIo | undefined
  let lost = false
  let ending = false
  let cause: FaultCode | undefined
  let heardMs = clock.now()
  let watchedMs = heardMs
  let timer: Timer = clock.after(START_MS, () => kill())

  const kill = () => child.kill('SIGKILL')

  const onLost = () => {
    if (lost) return
    lost = true
    ready = false
    timer.cancel()
    channel.close()
    for (const { settle } of [...waiting.values()]) settle(fault('media.lost'))
    options.onLost(cause)
  }

  const channel: Channel<MediaCommand> = openChannel({
    endpoint: child,
    incoming: aMediaEvent,
    outgoing: aMediaCommand,
    gathers: true,
    onMessage: (event, handle) => {
      heardMs = clock.now()
      onEvent(event, handle)
    },
    onBad: () => kill(),
    onClosed: () => {
      if (!ending) kill()
    },
  })

  const onEvent = (event: MediaEvent, handle: UdpHandle | undefined) => {
    switch (event.type) {
      case 'ready':
        packetIo = event.packetIo
        if (options.packetIo === 'addon' && event.packetIo.udp !== 'addon') {
          cause = 'media.no-addon'
          kill()
          return
        }
        void ask(options.configure, undefined, START_MS).then(
          () => onConfigured(event.packetIo),
          (thrown: Fault) => {
            cause = thrown.code
            kill()
          },
        )
        return
      case 'losses':
        options.onLosses(event.losses)
        return
      case 'spares':
        options.onSpares(event.pairs)
        return
      case 'strayed':
        options.onStrayed(event.rtpPorts)
        return
      case 'keyed':
        options.onKey(event.portId, event.key)
        return
      case 'quiet':
        options.onQuiet(event.portId, event.quietMs)
        return
      case 'recording':
        options.onRecording(event)
        return
      case 'load':
        options.onLoad(event.load)
        return
      default: {
        const waiter = waiting.get(event.id)
        // Nobody waits any more: a socket that comes with it must not stay open here.
        if (waiter === undefined) handle?.close()
        else waiter.settle(event.type === 'failed' ? fault(codeOf(event.fault)) : { event, handle })
      }
    }
  }

  const onConfigured = (used: PacketIo) => {
    ready = true
    watchedMs = clock.now()
    watch()
    options.onReady(used)
  }

  const watch = () => {
    if (ending) return
    timer.cancel()
    const nowMs = clock.now()
    // What was said meanwhile is still unread: a timer that comes late is served before the channel is.
    if (nowMs - watchedMs > PING_MS + OWN_STALL_MS) heardMs = nowMs
    watchedMs = nowMs
    if (nowMs - heardMs > SILENT_MS) {
      kill()
      return
    }
    void ask({ do: 'ping' }).catch(() => undefined)
    timer = clock.after(PING_MS, watch)
  }

  const ask = (command: Command, handle?: UdpHandle, patienceMs: Milliseconds = ANSWER_MS): Promise<Answered> =>
    new Promise((resolve, reject) => {
      if (lost) {
        handle?.close()
        reject(fault('media.lost'))
        return
      }
      const id = nextId++
      const limit = clock.after(patienceMs, () => settle(fault('media.lost')))
      const settle = (answer: Answered | Fault) => {
        limit.cancel()
        waiting.delete(id)
        if (answer instanceof Error) reject(answer)
        else resolve(answer)
      }
      waiting.set(id, { settle })
      const sent = (arrived: boolean) => {
        handle?.close()
        if (!arrived) settle(fault('media.lost'))
      }
      const numbered = { ...command, id } as MediaCommand
      // A port that was taken is silent: its terms follow, or a ping.
      if (command.do === 'take') channel.sendWithNext(numbered, sent)
      else channel.send(numbered, handle, sent)
    })

  child.once('exit', onLost)
  child.once('error', onLost)

  return {
    get pid() {
      return child.pid
    },
    get ready() {
      return ready
    },
    get packetIo() {
      return packetIo
    },
    ask,
    end: () => {
      if (lost || ending) return
      ending = true
      timer.cancel()
      timer = clock.after(END_MS, kill)
      if (child.connected) child.disconnect()
      else kill()
    },
  }
}

/** @returns the row that the process named; a name of another version is an internal fault. */
function codeOf(name: string): FaultCode {
  return name in faults ? (name as FaultCode) : 'base.internal'
}
