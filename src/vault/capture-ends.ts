/**
 * The ways out of a session. Whatever ends it, `wipe` comes before the outcome is told to anybody; from then on there is nothing to
 * lose, and the machine only sees the caller off.
 *
 * A request that has left cannot be called back, and somebody may have been charged. So time that is over waits for the answer, which has
 * a limit of its own; and who cannot wait ends the session as one whose answer never came, never as one that was cancelled.
 */

import { IllegalStep } from '../base/step.ts'
import {
  CAPTURE_TIMERS,
  type CaptureEffect,
  type CaptureEvent,
  type CaptureState,
  type CaptureStep,
  type Told,
} from './capture-terms.ts'
import type { Failure, Outcome } from './contract.ts'

type Event<T extends CaptureEvent['type']> = Extract<CaptureEvent, { type: T }>

/** Of a request that has left, and whose answer nobody waited for. */
const UNANSWERED: Failure = 'validation-timed-out'

/** The one way out by which the caller hears how it ended. */
export function end(outcome: Outcome): CaptureStep {
  return [{ at: 'telling' }, ...wiped(outcome), { do: 'play-outcome', outcome }]
}

/** It cannot begin: the line goes back at once. */
export function bar(reason: Failure): CaptureStep {
  return [{ at: 'returning' }, ...wiped(failed(reason)), { do: 'settle' }]
}

export function stop(state: CaptureState, { reason, giveBack, sent }: Event<'stopped'>): CaptureStep {
  const why = sent ? UNANSWERED : reason
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
      if (!giveBack) return [{ at: 'ended' }, ...wiped(failed(why)), { do: 'close' }]
      return reason === 'cancelled' ? end(failed(why)) : bar(why)
  }
}

/** The line is no good any more, or a step went wrong. */
export function breakOff(state: CaptureState, { sent }: Event<'broken'>): CaptureStep {
  switch (state.at) {
    case 'ended':
      return [state]
    case 'telling':
    case 'returning':
      return [{ at: 'ended' }, { do: 'hush' }, { do: 'close' }]
    default:
      return [{ at: 'ended' }, ...wiped(failed(sent ? UNANSWERED : 'internal-error')), { do: 'close' }]
  }
}

/** The time for the whole session is over. */
export function outOfTime(state: CaptureState): CaptureStep {
  if (state.at === 'submitting') return [{ at: 'overdue' }]
  const over =
    state.at === 'starting' ||
    state.at === 'overdue' ||
    state.at === 'telling' ||
    state.at === 'returning' ||
    state.at === 'ended'
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
