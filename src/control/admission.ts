/**
 * Whether a new call is taken. None is while every media process is late or without ports, while control is late itself, or while memory is short: one call more would hurt
 * all that run. An episode of refusing is logged when it begins, with its cause, and when it is over, with how many were refused; one that pauses
 * for a moment, because a port became free, is still the same.
 */

import type { Clock } from '../base/clock.ts'
import { fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import { PUNCTUAL, stepLateness, worstLateness } from '../base/lateness.ts'
import type { Log } from '../base/log.ts'
import type { Step } from '../base/step.ts'
import type { Milliseconds } from '../base/units.ts'

/** Refusing, since when, and when last; `refusedBefore` counts what was refused until it began. */
export type Episode =
  | { readonly at: 'open' }
  | {
      readonly at: 'refusing'
      readonly cause: FaultCode
      readonly sinceMs: Milliseconds
      readonly lastMs: Milliseconds
      readonly refusedBefore: number
    }

export type EpisodeEffect =
  | { readonly do: 'tellBegan'; readonly cause: FaultCode }
  | { readonly do: 'tellEnded'; readonly forMs: Milliseconds; readonly refused: number }

/** An episode is over when nothing was refused for so long. */
const OVER_AFTER_MS: Milliseconds = 5000
const LOOK_MS: Milliseconds = 1000

/** @param cause why no call would be taken now. @param refused calls refused since the start. */
export function stepEpisode(
  episode: Episode,
  cause: FaultCode | undefined,
  nowMs: Milliseconds,
  refused: number,
): Step<Episode, EpisodeEffect> {
  if (episode.at === 'open') {
    if (cause === undefined) return [episode]
    const began = { at: 'refusing', cause, sinceMs: nowMs, lastMs: nowMs, refusedBefore: refused } as const
    return [began, { do: 'tellBegan', cause }]
  }
  if (cause !== undefined) return [{ ...episode, lastMs: nowMs }]
  if (nowMs - episode.lastMs < OVER_AFTER_MS) return [episode]
  const forMs = episode.lastMs - episode.sinceMs
  return [{ at: 'open' }, { do: 'tellEnded', forMs, refused: refused - episode.refusedBefore }]
}

export type AdmissionOptions = {
  /** As it is set just now; undefined: control is never too late. */
  readonly lateMs: () => Milliseconds | undefined
  /** How late control was since it was last asked (99th percentile). */
  readonly takeLateness: () => Milliseconds
  /** Megabytes that the server may still take. */
  readonly freeMegabytes: () => number
  /** Below so many no call is taken, as it is set just now. */
  readonly leastFreeMegabytes: () => number
  /** Legs that stand or are set up. */
  readonly sessions: () => number
  /** Why media has no place for a call. */
  readonly mediaRefusal: () => FaultCode | undefined
  /** Calls refused since the start. */
  readonly refused: () => number
  readonly clock: Clock
  readonly log: Pick<Log, 'fault' | 'info'>
}

export type AdmissionView = {
  readonly takesCalls: boolean
  /** Why not. */
  readonly fault: FaultCode | undefined
  readonly refused: number
  /** How late control was in the worst of the last five seconds. */
  readonly controlLateMs: Milliseconds
}

export type Admission = {
  /** No new call is taken now. */
  isBusy(): boolean
  view(): AdmissionView
  close(): void
}

/** Begins to watch. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { clock, log } = options
  let lateness = PUNCTUAL
  let episode: Episode = { at: 'open' }
  let freeMegabytes = Number.POSITIVE_INFINITY

  const cause = (): FaultCode | undefined => {
    // Nobody is hurt where there is no call: the machine is late by itself.
    if (lateness.late && options.sessions() > 0) return 'control.late'
    if (freeMegabytes < options.leastFreeMegabytes()) return 'control.memory-short'
    const refusal = options.mediaRefusal()
    // A process that has died is there again in a moment: the call itself finds out.
    return refusal === 'media.lost' ? undefined : refusal
  }
  const look = (): FaultCode | undefined => {
    const now = cause()
    const [next, ...effects] = stepEpisode(episode, now, clock.now(), options.refused())
    episode = next
    for (const effect of effects) {
      if (effect.do === 'tellBegan') log.fault(fault(effect.cause))
      else log.info('control.refusing-ended', { seconds: effect.forMs / 1000, count: effect.refused })
    }
    return now
  }
  const beat = () => {
    lateness = stepLateness(lateness, options.takeLateness(), options.lateMs())
    freeMegabytes = options.freeMegabytes()
    look()
    timer = clock.after(LOOK_MS, beat)
  }
  let timer = clock.after(LOOK_MS, beat)

  return {
    isBusy: () => look() !== undefined,
    view: () => {
      const why = cause()
      return {
        takesCalls: why === undefined,
        fault: why,
        refused: options.refused(),
        controlLateMs: worstLateness(lateness),
      }
    },
    close: () => timer.cancel(),
  }
}
