/**
 * The ways out of a session. Whatever ends it, `wipe` comes before the outcome is told to anybody; from then on there is nothing to
 * lose, and the machine only sees the caller off.
 */

import { IllegalStep } from '../base/step.ts'
import { CAPTURE_TIMERS, type CaptureEffect, type CaptureState, type CaptureStep, type Told } from './capture-terms.ts'
import type { Failure, Outcome, StopReason } from './contract.ts'

/** The one way out by which the caller hears how it ended. */
export function end(outcome: Outcome): CaptureStep {
  return [{ at: 'telling' }, ...wiped(outcome), { do: 'play-outcome', outcome }]
}

/** It cannot begin: the line goes back at once. */
export function bar(reason: Failure): CaptureStep {
  return [{ at: 'returning' }, ...wiped(failed(reason)), { do: 'settle' }]
}

export function stop(state: CaptureState, reason: StopReason, giveBack: boolean): CaptureStep {
  switch (state.at) {
    case 'ended':
      return [state]
    case 'telling':
      return giveBack
        ? [{ at: 'returning' }, { do: 'hush' }, { do: 'settle' }]
        : [{ at: 'ended' }, { do: 'hush' }, { do: 'close' }]
    case 'returning':
      return giveBack ? [state] : [{ at: 'ended' }, { do: 'close' }]
    default:
      if (!giveBack) return [{ at: 'ended' }, ...wiped(failed(reason)), { do: 'close' }]
      if (reason === 'cancelled') return end(failed(reason))
      return bar(reason)
  }
}

/** The line is no good any more, or a step went wrong. */
export function breakOff(state: CaptureState): CaptureStep {
  switch (state.at) {
    case 'ended':
      return [state]
    case 'telling':
    case 'returning':
      return [{ at: 'ended' }, { do: 'hush' }, { do: 'close' }]
    default:
      return [{ at: 'ended' }, ...wiped(failed('internal-error')), { do: 'close' }]
  }
}

/** The time for the whole session is over. */
export function outOfTime(state: CaptureState): CaptureStep {
  const over = state.at === 'starting' || state.at === 'telling' || state.at === 'returning' || state.at === 'ended'
  return over ? illegal(state, { type: 'lapsed' }) : end(failed('session-timeout'))
}

export function failed(reason: Failure): Outcome {
  return { result: 'failed', reason }
}

export function tell(what: Told): CaptureEffect {
  return { do: 'tell', what }
}

/** @throws IllegalStep always: the event cannot happen in the state. */
export function illegal(state: CaptureState, event: { readonly type: string }): never {
  throw new IllegalStep('capture', state.at, event.type)
}

function wiped(outcome: Outcome): CaptureEffect[] {
  return [
    { do: 'wipe' },
    { do: 'hush' },
    ...CAPTURE_TIMERS.map((timer) => ({ do: 'disarm', timer }) as const),
    tell({ type: 'wiped', outcome }),
  ]
}
