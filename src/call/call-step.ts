/**
 * A call as a pure machine: whom to ring, what to tell the placing leg meanwhile, who wins, and who is ended when somebody goes. Its words
 * are in `call-states.ts`.
 *
 * Not here: offers and answers (`leg.ts`), sound (`sound.ts`), and what a secure session does (`secure.ts`): while one runs, everything
 * that would end the call is passed to it, and the call ends when it says so, after the wipe.
 */

import { IllegalStep, type Step } from '../base/step.ts'
import type { CallEffect, CallEnding, CallEvent, CallState } from './call-states.ts'
import { bestStatus } from './refusal.ts'

type CallStep = Step<CallState, CallEffect>
type Ringing = CallState & { at: 'ringing' }

/** Nobody answered in time: "temporarily unavailable" (RFC 3261 section 21.4.18). */
const NO_ANSWER = 480

/** @returns the next state and what to do. @throws IllegalStep for an event that only a defect of ours can cause. */
export function stepCall(state: CallState, event: CallEvent): CallStep {
  // What was placed for a leg that does not count any more is not wanted either.
  if (event.type === 'redirected' && state.at !== 'ringing') return [state, ...drop([event.by])]
  // Somebody else was faster.
  if (event.type === 'pickedUp' && state.at !== 'ringing') return [state, ...drop([event.attempt])]
  switch (state.at) {
    case 'arriving':
      return whenArriving(state, event)
    case 'ringing':
      return whenRinging(state, event)
    case 'answering':
      return whenAnswering(state, event)
    case 'bridged':
      return whenBridged(state, event)
    case 'secure':
      return whenSecure(state, event)
    case 'transferring':
      return whenTransferring(state, event)
    case 'ended':
      return whenEnded(state, event)
  }
}

function whenArriving(state: CallState, event: CallEvent): CallStep {
  switch (event.type) {
    case 'routed':
      return placing({ at: 'ringing', stage: 0, stages: event.stages, ...FRESH })
    case 'refusedHere':
      return [ENDED, { do: 'refuse', status: event.status }, { do: 'finish', ending: 'not-routed' }]
    case 'gone':
      return [ENDED, { do: 'finish', ending: 'cancelled' }]
    case 'mediaLost':
      return [ENDED, { do: 'refuse', status: 503 }, { do: 'finish', ending: 'media-lost' }]
    case 'hangUp':
      return [ENDED, { do: 'refuse', status: 503 }, { do: 'finish', ending: 'hung-up-by-us' }]
    default:
      return illegal(state, event)
  }
}

function whenRinging(state: Ringing, event: CallEvent): CallStep {
  switch (event.type) {
    case 'staged':
      if (event.attempts.length === 0) return nextStage({ ...state, statuses: [...state.statuses, NO_ANSWER] })
      return [{ ...state, live: event.attempts }]
    case 'rang':
      if (state.told !== 'nothing' || !state.live.includes(event.attempt)) return [state]
      return [{ ...state, told: 'ringing' }, { do: 'tellRinging' }]
    case 'early':
      if (state.early !== undefined || !state.live.includes(event.attempt)) return [state]
      return [
        { ...state, told: 'early', early: event.attempt },
        { do: 'tellEarly', attempt: event.attempt },
      ]
    case 'answered':
      return won(state, event.attempt)
    case 'pickedUp':
      return won({ ...state, live: [...state.live, event.attempt] }, event.attempt)
    case 'refused':
      return refusedBy(state, event.attempt, event.status)
    case 'redirected':
      return replaced(state, event.attempt, event.by)
    case 'lapsed':
      if (event.stage !== state.stage) return [state]
      return nextStage({ ...state, statuses: [...state.statuses, NO_ANSWER] })
    case 'gone':
      // A placed leg that goes before it answered counts as refused there; only the placing leg's word ends the call.
      if (event.leg === 'placed') return [state]
      return [ENDED, ...drop(state.live), { do: 'finish', ending: 'cancelled' }]
    case 'refusedHere':
      return given(state, event.status, 'refused')
    case 'mediaLost':
      return given(state, 503, 'media-lost')
    case 'hangUp':
      return given(state, event.reason === 'cancelled' ? 480 : 503, 'hung-up-by-us')
    default:
      return illegal(state, event)
  }
}

function whenAnswering(state: CallState & { at: 'answering' }, event: CallEvent): CallStep {
  switch (event.type) {
    case 'settled':
      return [{ at: 'bridged' }, { do: 'bridge' }]
    case 'refusedHere':
      return [ENDED, { do: 'refuse', status: event.status }, { do: 'endPlaced' }, { do: 'finish', ending: 'refused' }]
    case 'answered':
      return [state, ...drop(event.attempt === state.winner ? [] : [event.attempt])]
    default:
      return whenUp(state, event)
  }
}

function whenBridged(state: CallState, event: CallEvent): CallStep {
  if (event.type === 'secureBegan') return [{ at: 'secure' }]
  if (event.type === 'transferBegan') return [{ at: 'transferring', by: event.by, left: false }, { do: 'wait' }]
  if (event.type === 'answered') return [state, ...drop([event.attempt])]
  return whenUp(state, event)
}

/** The far ends have both been answered, or nearly. */
function whenUp(state: CallState, event: CallEvent): CallStep {
  switch (event.type) {
    case 'gone':
      return [ENDED, { do: event.leg === 'placing' ? 'endPlaced' : 'endPlacing' }, ...whoWent(event)]
    case 'mediaLost':
      return [ENDED, ...END_BOTH, { do: 'finish', ending: 'media-lost' }]
    case 'hangUp':
      return [ENDED, ...END_BOTH, { do: 'finish', ending: 'hung-up-by-us' }]
    case 'rang':
    case 'early':
    case 'refused':
    case 'lapsed':
      return [state]
    default:
      return illegal(state, event)
  }
}

function whenSecure(state: CallState, event: CallEvent): CallStep {
  switch (event.type) {
    case 'gone':
    case 'mediaLost':
    case 'hangUp':
      return [state, { do: 'askSecure', about: event }]
    case 'secureRejoined':
      return [{ at: 'bridged' }]
    case 'secureReleased':
      return [ENDED, ...END_BOTH, { do: 'finish', ending: 'secure-failed' }]
    case 'answered':
      return [state, ...drop([event.attempt])]
    case 'rang':
    case 'early':
    case 'refused':
    case 'lapsed':
      return [state]
    default:
      return illegal(state, event)
  }
}

function whenTransferring(state: CallState & { at: 'transferring' }, event: CallEvent): CallStep {
  switch (event.type) {
    case 'transferred':
      return [{ at: 'bridged' }, { do: 'rejoin' }]
    case 'transferFailed':
      if (state.left) return [ENDED, ...END_BOTH, { do: 'finish', ending: 'transfer-failed' }]
      return [{ at: 'bridged' }, { do: 'rejoin' }]
    case 'takenAway':
      return [
        ENDED,
        { do: event.leg === 'placing' ? 'endPlaced' : 'endPlacing' },
        { do: 'finish', ending: 'transferred' },
      ]
    case 'gone':
      // Many phones hang up as soon as they know that the target is called (RFC 5589 section 6.1).
      if (event.leg === state.by) {
        const end: CallEffect = { do: event.leg === 'placing' ? 'endPlacing' : 'endPlaced' }
        return [{ ...state, left: true }, ...(event.why === 'no-audio' ? [end] : [])]
      }
      return whenUp(state, event)
    case 'answered':
      return [state, ...drop([event.attempt])]
    default:
      return whenUp(state, event)
  }
}

function whenEnded(state: CallState, event: CallEvent): CallStep {
  // CANCEL and 200 crossed, or the contacts of a stage were still being placed.
  if (event.type === 'answered') return [state, ...drop([event.attempt])]
  if (event.type === 'staged') return [state, ...drop(event.attempts)]
  return [state]
}

const ENDED: CallState = { at: 'ended' }
const FRESH = { live: [], statuses: [], told: 'nothing', early: undefined } as const
const END_BOTH: readonly CallEffect[] = [{ do: 'endPlacing' }, { do: 'endPlaced' }]

function placing(state: Ringing): CallStep {
  return [state, { do: 'placeStage', stage: state.stage }]
}

function won(state: Ringing, attempt: string): CallStep {
  if (!state.live.includes(attempt)) return [state, ...drop([attempt])]
  const losers = state.live.filter((each) => each !== attempt)
  return [{ at: 'answering', winner: attempt }, ...drop(losers), { do: 'accept', attempt }]
}

function refusedBy(state: Ringing, attempt: string, status: number): CallStep {
  if (!state.live.includes(attempt)) return [state]
  const left: Ringing = {
    ...state,
    live: state.live.filter((each) => each !== attempt),
    statuses: [...state.statuses, status],
    early: state.early === attempt ? undefined : state.early,
  }
  if (left.live.length === 0) return nextStage(left)
  return state.early === attempt ? [left, { do: 'playRingback' }] : [left]
}

function replaced(state: Ringing, attempt: string, by: string): CallStep {
  if (!state.live.includes(attempt)) return [state, ...drop([by])]
  const live = state.live.map((each) => (each === attempt ? by : each))
  if (state.early !== attempt) return [{ ...state, live }]
  return [{ ...state, live, early: undefined }, { do: 'playRingback' }]
}

/** On to the next stage, or the end of them: the best of what the placed legs said. */
function nextStage(state: Ringing): CallStep {
  const stage = state.stage + 1
  if (stage >= state.stages) {
    const status = bestStatus(state.statuses)
    return given(state, status, status === NO_ANSWER ? 'no-answer' : 'refused')
  }
  const next: Ringing = { ...state, stage, live: [], early: undefined }
  const ringback: CallEffect[] = state.early === undefined ? [] : [{ do: 'playRingback' }]
  return [next, ...drop(state.live), ...ringback, { do: 'placeStage', stage }]
}

function given(state: Ringing, status: number, ending: CallEnding): CallStep {
  return [ENDED, ...drop(state.live), { do: 'refuse', status }, { do: 'finish', ending }]
}

function drop(attempts: readonly string[]): CallEffect[] {
  return attempts.length === 0 ? [] : [{ do: 'dropAttempts', attempts }]
}

/** A leg that fell silent still has a dialog to end. */
function whoWent(event: CallEvent & { type: 'gone' }): readonly CallEffect[] {
  if (event.why === 'hung-up') return [{ do: 'finish', ending: `${event.leg}-hung-up` }]
  return [{ do: event.leg === 'placing' ? 'endPlacing' : 'endPlaced' }, { do: 'finish', ending: 'no-audio' }]
}

function illegal(state: CallState, event: CallEvent): never {
  throw new IllegalStep('call', state.at, event.type)
}
