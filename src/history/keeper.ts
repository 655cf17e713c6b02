/**
 * Keeps the call history up to date from what the call room tells, and off the path of signalling: what is to be written waits in memory,
 * one row a call, and goes to the disk in a batch every quarter of a second, in a thread of its own.
 *
 *   call arrives, is bridged, ends, was measured; a secure session ends -> the call's row waits
 *   every 250 ms  -> all that wait, in one transaction
 *   failure       -> an alarm; another try every 2 s, up to 20,000 rows wait, the oldest go first; written again -> the alarm is over
 *   hourly        -> what is older than keepDays is forgotten
 */

import { claimFile } from '../base/claim.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import { makeId, type RandomBytes } from '../base/ids.ts'
import type { Milliseconds } from '../base/units.ts'
import type { CallEvent, CallView } from '../call/index.ts'
import { type DiskThread, startDiskThread } from './disk-thread.ts'
import { type CallRow, rowOf } from './row.ts'

/** How much is kept, and for how long. */
export type Keeping = {
  readonly keepDays: number
  /** Last digits of numbers that are hidden. */
  readonly hiddenDigits: number
}

export type KeeperOptions = Keeping & {
  readonly file: string
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly wallMs: () => Milliseconds
  readonly random: RandomBytes
  /** A call that stands or has just ended. */
  readonly viewOf: (callId: string) => CallView | undefined
  /** Default 20,000. */
  readonly mostWaiting?: number
  /** For tests; a thread of its own when absent. */
  readonly startThread?: typeof startDiskThread
}

/** For logs and whoever listens to the API; `atMs` is a time of the clock. */
export type HistoryEvent =
  /** The alarm: told once, until it resumed. */
  | { readonly type: 'history.failed'; readonly atMs: Milliseconds; readonly fault: FaultCode }
  | {
      readonly type: 'history.resumed'
      readonly atMs: Milliseconds
      readonly missedMs: Milliseconds
      readonly dropped: number
    }

export type HistoryStats = {
  /** The last batch was written, and in time. */
  readonly available: boolean
  readonly waiting: number
  readonly written: number
  /** Rows that were lost because too many waited. */
  readonly dropped: number
}

export type Keeper = {
  /** Opens the file. When it cannot, it goes on trying; never throws. */
  start(): Promise<void>
  take(event: CallEvent): void
  stats(): HistoryStats
  /** From now on so much is kept; what was written is as it was, until it is too old by the new measure. */
  reconfigure(keeping: Keeping): void
  /** @returns the function that ends the subscription. */
  subscribe(listener: (event: HistoryEvent) => void): () => void
  /** Writes what waits, if the disk takes it in time. */
  stop(): Promise<void>
}

const BATCH_MS: Milliseconds = 250
const RETRY_MS: Milliseconds = 2000
/** A batch that takes this long is worth an alarm. */
const SLOW_MS: Milliseconds = 10_000
const FORGET_MS: Milliseconds = 3_600_000
/** Between two portions of what is forgotten: batches go first. */
const FORGET_ON_MS: Milliseconds = 100
const DAY_MS: Milliseconds = 86_400_000
const STOP_MS: Milliseconds = 3000
const MOST_WAITING = 20_000
/** Rows of one transaction. */
const MOST_AT_ONCE = 500
const NOTED: ReadonlySet<CallEvent['type']> = new Set([
  'call.arrived',
  'call.bridged',
  'secure.ended',
  'call.ended',
  'call.measured',
  'call.transferred',
  'call.transfer-failed',
  'call.transfer-refused',
])

/** @returns a keeper; nothing is opened before `start`. */
export function createKeeper(options: KeeperOptions): Keeper {
  const { file, clock, wallMs } = options
  const boot = makeId(options.random, 'boot-')
  const mostWaiting = options.mostWaiting ?? MOST_WAITING
  const startThread = options.startThread ?? startDiskThread
  /** By the call's id, oldest first. */
  const waiting = new Map<string, CallRow>()
  const listeners = new Set<(event: HistoryEvent) => void>()
  let keeping: Keeping = options
  let thread: DiskThread | undefined
  let letGo: (() => void) | undefined
  let writing: Promise<void> | undefined
  let timer: Timer | undefined
  let forgetTimer: Timer | undefined
  let failedAtMs: Milliseconds | undefined
  let written = 0
  let dropped = 0
  let droppedBefore = 0
  let stopped = false
  let ended = false

  const wallMsOf = (clockMs: Milliseconds) => wallMs() - (clock.now() - clockMs)
  const put = (row: CallRow) => {
    waiting.set(row.callId, row)
    const [oldest] = waiting.keys()
    if (waiting.size <= mostWaiting || oldest === undefined) return
    waiting.delete(oldest)
    dropped += 1
  }
  const tell = (event: HistoryEvent) => {
    for (const listener of [...listeners]) listener(event)
  }
  const alarm = (code: FaultCode) => {
    if (failedAtMs !== undefined) return
    failedAtMs = clock.now()
    droppedBefore = dropped
    tell({ type: 'history.failed', atMs: failedAtMs, fault: code })
  }
  const allClear = () => {
    if (failedAtMs === undefined) return
    const atMs = clock.now()
    const missedMs = atMs - failedAtMs
    failedAtMs = undefined
    tell({ type: 'history.resumed', atMs, missedMs, dropped: dropped - droppedBefore })
  }

  const write = async (rows: readonly CallRow[]) => {
    const slow = clock.after(SLOW_MS, () => alarm('history.slow'))
    try {
      letGo ??= await claimFile('history', file)
      thread ??= startThread({ file, boot })
      await thread.ask({ do: 'write', rows })
      written += rows.length
      allClear()
    } catch (thrown) {
      const cause = asFault(thrown)
      if (cause.code === 'base.internal') {
        thread?.end()
        thread = undefined
      }
      // What has come of a call since is newer.
      const later = [...waiting.values()]
      waiting.clear()
      for (const row of [...rows, ...later]) put(row)
      // Ended by us, it is no failure.
      if (!ended) alarm(cause.code)
    } finally {
      slow.cancel()
    }
  }

  const turn = (): Promise<void> => {
    if (writing !== undefined) return writing
    timer?.cancel()
    timer = undefined
    const rows = [...waiting.values()].slice(0, MOST_AT_ONCE)
    for (const { callId } of rows) waiting.delete(callId)
    writing = write(rows).finally(() => {
      writing = undefined
      if (waiting.size > 0 || failedAtMs !== undefined) wake()
    })
    return writing
  }
  const wake = () => {
    if (stopped || writing !== undefined) return
    const isMany = waiting.size >= MOST_AT_ONCE
    timer ??= clock.after(failedAtMs !== undefined ? RETRY_MS : isMany ? 0 : BATCH_MS, () => void turn())
  }

  const forget = async () => {
    const beforeMs = wallMs() - keeping.keepDays * DAY_MS
    const isMore = failedAtMs === undefined && (await thread?.ask({ do: 'forget', beforeMs }).catch(() => false))
    forgetTimer?.cancel()
    if (!stopped) forgetTimer = clock.after(isMore === true ? FORGET_ON_MS : FORGET_MS, () => void forget())
  }

  return {
    async start() {
      await turn()
      await forget()
    },
    take(event) {
      if (!NOTED.has(event.type)) return
      const view = options.viewOf(event.callId)
      if (view === undefined) return
      put(rowOf(view, { wallMsOf, hiddenDigits: keeping.hiddenDigits }))
      wake()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    reconfigure(next) {
      const isOther = next.keepDays !== keeping.keepDays
      keeping = next
      if (isOther && !stopped) void forget()
    },
    stats: () => ({ available: failedAtMs === undefined, waiting: waiting.size, written, dropped }),
    async stop() {
      if (stopped) return
      stopped = true
      forgetTimer?.cancel()
      timer?.cancel()
      const flushed = async () => {
        await writing
        while (waiting.size > 0 && failedAtMs === undefined) await turn()
        await thread?.ask({ do: 'close' }).catch(() => undefined)
      }
      let limit: Timer | undefined
      const late = new Promise<void>((resolve) => {
        limit = clock.after(STOP_MS, resolve)
      })
      await Promise.race([flushed(), late])
      limit?.cancel()
      ended = true
      thread?.end()
      letGo?.()
    },
  }
}
