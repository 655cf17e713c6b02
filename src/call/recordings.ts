/**
 * Recordings of calls: begun when both ends hear each other, on the caller's port, and followed to another port when the caller's leg becomes another.
 * The media process takes what is relayed to and from that port, so that a caller who is held, waits or is parted is in none of it. Beside that
 * the recorder is a sink (`sinks.ts`): before a secure session it is told to be off, and is found to be by a counter that stands still.
 *
 * A recording that cannot be made ends no call: it is told (`recording.failed`), and the call goes on.
 */

import type { Clock } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import type { Milliseconds } from '../base/units.ts'
import type { RecordingEvent } from '../media/contract-recording.ts'
import type { MediaPort } from '../media/pool.ts'
import type { CallEvent } from './events.ts'
import type { Pair } from './pair.ts'
import type { Sink } from './sinks.ts'

/** What control says of recordings. */
export type RecordingTerms = {
  /** Whether calls that begin now are recorded. */
  readonly isOn: () => boolean
  /** @returns the file of a call, an absolute path. */
  readonly fileOf: (callId: string) => string
}

export type Recordings = {
  /** The sink that is the recorder, while there is one. */
  readonly sinks: readonly Sink[]
  /** Both ends hear each other: for the first time, or after something became of a leg. */
  joined(callId: string, pair: Pair): void
  /** The call is over. */
  ended(callId: string): void
  /** @returns when the last recording of a call that is over is on the disk. */
  settled(): Promise<void>
}

export type RecordingsOptions = {
  /** Absent where nothing is ever recorded. */
  readonly terms: RecordingTerms | undefined
  readonly clock: Clock
  readonly emit: (event: CallEvent) => void
}

/** Two readings of the counter are so far apart: a packet would have come in between. */
const COUNTED_MS: Milliseconds = 45
/** Longest wait for the last of what is over, longer than a disk is waited for: a media process that is gone says nothing any more. */
const WRITTEN_MS: Milliseconds = 5000

type Recorded = {
  readonly file: string
  port: MediaPort
  withheld: boolean
  /** The port is recorded: not yet while the part before is written, and not where it could not begin. */
  runs: boolean
  /** Ports of which the recording has not ended. */
  parts: number
  /** All that was begun has ended. */
  over: Promise<void>
  /** Of the parts that have ended. */
  readonly sum: { octets: number; segments: number; lostMs: Milliseconds }
  /** The call is over: called when its last part has ended. */
  concluded: (() => void) | undefined
}

export function createRecordings({ terms, clock, emit }: RecordingsOptions): Recordings {
  const byCall = new Map<string, Recorded>()
  /** A leg may go to another call, and its port with it. */
  const byPort = new Map<MediaPort, Recorded>()
  const ending = new Set<Promise<void>>()

  const ids = (callId: string) => ({ atMs: clock.now(), callId })
  const failed = (callId: string, code: FaultCode) => emit({ type: 'recording.failed', ...ids(callId), fault: code })
  const take = (callId: string, { sum }: Recorded, event: RecordingEvent, ended: () => void) => {
    const { state, octets, segments, lostMs = 0 } = event
    if (state === 'failed') return failed(callId, 'recording.interrupted')
    if (state === 'resumed') return emit({ type: 'recording.resumed', ...ids(callId), lostMs })
    sum.octets += octets
    sum.segments += segments
    sum.lostMs += lostMs
    ended()
  }
  const begin = (callId: string, recorded: Recorded) => {
    const { port, file, withheld } = recorded
    const part = Promise.withResolvers<void>()
    recorded.parts += 1
    recorded.runs = true
    recorded.over = Promise.all([recorded.over, part.promise]).then(() => undefined)
    const ended = () => {
      recorded.parts -= 1
      if (recorded.port === port) recorded.runs = false
      part.resolve()
      if (recorded.parts === 0) recorded.concluded?.()
    }
    const begun = port.record({ recording: callId, file }, (event) => take(callId, recorded, event, ended))
    // Commands keep their order: nothing is taken in between.
    if (withheld) port.withhold(true).catch(() => undefined)
    begun.then(
      () => emit({ type: 'recording.began', ...ids(callId) }),
      (thrown: unknown) => {
        failed(callId, asFault(thrown).code)
        ended()
      },
    )
  }
  /**
   * Ends the recording of a port, unless it is another call's by now, or was closed and has ended it. @returns when all of it is written: the answer
   * does not say that of a port that was closed, nor of a disk that takes longer than an answer may.
   */
  const leave = (recorded: Recorded, port: MediaPort): Promise<void> => {
    if (byPort.get(port) === recorded) {
      byPort.delete(port)
      port.unrecord().catch(() => undefined)
    }
    return recorded.over
  }
  /** Begins once that is over which uses the file or the port: a file has one writer, and a port one recording. */
  const beginAfter = async (over: readonly Promise<void>[], callId: string, recorded: Recorded) => {
    const { port } = recorded
    await new Promise<void>((resolve) => {
      const limit = clock.after(WRITTEN_MS, resolve)
      void Promise.all(over).then(() => {
        limit.cancel()
        resolve()
      })
    })
    const isItsStill = byCall.get(callId) === recorded && recorded.port === port
    if (isItsStill) begin(callId, recorded)
  }
  /** @returns when all of a call that is over is written, or was given up. */
  const concluded = (callId: string, recorded: Recorded) =>
    new Promise<void>((resolve) => {
      const limit = clock.after(WRITTEN_MS, () => {
        recorded.concluded = undefined
        failed(callId, 'media.lost')
        resolve()
      })
      recorded.concluded = () => {
        limit.cancel()
        const { octets, segments, lostMs } = recorded.sum
        // Where nothing was recorded, how much that is is told all the same.
        if (octets > 0 || lostMs > 0) emit({ type: 'recording.ended', ...ids(callId), octets, segments, lostMs })
        resolve()
      }
      if (recorded.parts === 0) recorded.concluded()
    })
  const readingOf = async ({ port }: Recorded) => (await port.stats()).recorded
  const sink: Sink = {
    name: 'recorder',
    async turnOff(callId) {
      const recorded = byCall.get(callId)
      if (recorded === undefined) return 'off'
      recorded.withheld = true
      // One that has not begun yet begins so.
      if (recorded.runs) await recorded.port.withhold(true)
      return 'off'
    },
    async readBack(callId) {
      const recorded = byCall.get(callId)
      if (recorded === undefined) return 'off'
      const before = await readingOf(recorded)
      await new Promise<void>((resolve) => void clock.after(COUNTED_MS, resolve))
      const after = await readingOf(recorded)
      return after === undefined || (after.withheld && after.packets === before?.packets) ? 'off' : 'on'
    },
    turnOn(callId) {
      const recorded = byCall.get(callId)
      if (recorded?.withheld !== true) return
      recorded.withheld = false
      // A process that is gone takes the call with it.
      recorded.port.withhold(false).catch(() => undefined)
    },
  }

  return {
    get sinks() {
      return terms !== undefined && (terms.isOn() || byCall.size > 0) ? [sink] : []
    },
    joined(callId, pair) {
      const port = pair.leg('caller')?.port
      const before = byCall.get(callId)
      if (terms === undefined || port === undefined || before?.port === port) return
      if (before === undefined && !terms.isOn()) return
      const other = byPort.get(port)
      const over = [
        ...(before === undefined ? [] : [leave(before, before.port)]),
        ...(other === undefined ? [] : [leave(other, port)]),
      ]
      const sum = { octets: 0, segments: 0, lostMs: 0 }
      const recorded: Recorded = before ?? {
        ...{ file: terms.fileOf(callId), port, withheld: false, runs: false, parts: 0, over: Promise.resolve(), sum },
        concluded: undefined,
      }
      recorded.port = port
      recorded.runs = false
      byCall.set(callId, recorded)
      byPort.set(port, recorded)
      if (over.length === 0) begin(callId, recorded)
      else void beginAfter(over, callId, recorded)
    },
    ended(callId) {
      const recorded = byCall.get(callId)
      if (recorded === undefined) return
      byCall.delete(callId)
      void leave(recorded, recorded.port)
      const done = concluded(callId, recorded).finally(() => ending.delete(done))
      ending.add(done)
    },
    async settled() {
      await Promise.all(ending)
    },
  }
}
