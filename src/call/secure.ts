/**
 * The secure session as a pure machine: the legs are parted, the caller's socket goes to the vault, comes back, and the legs rejoin.
 * It decides and does nothing; `secure-session.ts` carries its effects out. What the vault asks for and how far the caller has come is no state
 * here: it is told, not decided.
 *
 * Four invariants, held in every row:
 * 1. caller audio reaches the agent only in `open`;
 * 2. the vault holds the caller's socket only from `begin` to `returned`, and nobody else does then;
 * 3. a recording gets caller audio only in `open`;
 * 4. once a vault has been given the socket, nothing joins before the wipe, or the vault's death, has been confirmed.
 *
 * So cutting comes first and joining last, and what cannot be confirmed ends the call: there is no path on which a lost message joins.
 * A state has at most one timer, of its own name; a lapse that names another state is late and ignored.
 */

import { IllegalStep, type Step } from '../base/step.ts'
import type { Outcome, StopReason } from '../vault/contract.ts'
import type { SecureEffect, SecureEnding, SecureEvent, SecureState, SecureTimer } from './secure-states.ts'

type SecureStep = Step<SecureState, SecureEffect>
/** The events that end the whole call from outside. */
type Departure = Extract<SecureEvent, { type: 'callerGone' | 'agentGone' | 'hangUp' | 'mediaLost' }>

/** @returns the next state and what to do. @throws IllegalStep for an event that only a defect of ours can cause. */
export function stepSecure(state: SecureState, event: SecureEvent): SecureStep {
  if (event.type === 'lapsed' && event.timer !== state.at) return [state]
  switch (state.at) {
    case 'open':
      return whenOpen(state, event)
    case 'parting':
      return whenParting(state, event)
    case 'releasing':
      return whenReleasing(state, event)
    case 'handing':
    case 'capturing':
      return whenWithVault(state, event)
    case 'stopping':
      return whenStopping(state, event)
    case 'returning':
      return whenReturning(state, event)
    case 'adopting':
    case 'renewing':
      return whenComingBack(state, event)
    case 'ended':
      return whenEnded(state, event)
  }
}

function whenOpen(state: SecureState, event: SecureEvent): SecureStep {
  if (event.type === 'requested') return [{ at: 'parting' }, { do: 'cut' }, arm('parting')]
  if (event.type === 'returned' && event.socket) return [state, { do: 'dropSocket' }]
  return onlyLate(state, event, ['parted', 'partFailed', 'began', 'wiped', 'returned', 'vaultLost', ...OUTSIDE])
}

function whenParting(state: SecureState, event: SecureEvent): SecureStep {
  switch (event.type) {
    case 'parted':
      return [{ at: 'releasing' }, { do: 'release' }, arm('releasing')]
    case 'cancelled':
      return joined(failed('cancelled'))
    case 'callerGone':
    case 'agentGone':
    case 'hangUp':
    case 'mediaLost':
      return over(failed(reasonOf(event)), endingOf(event))
    // What media would not confirm may or may not be so: silence.
    case 'partFailed':
    case 'lapsed':
      return over(failed('internal-error'), 'media-lost')
    default:
      return onlyLate(state, event, ['vaultLost'])
  }
}

function whenReleasing(state: SecureState & { at: 'releasing' }, event: SecureEvent): SecureStep {
  const outcome = state.outcome ?? failed('internal-error')
  switch (event.type) {
    case 'released':
      if (state.ending !== undefined) return over(outcome, state.ending, { do: 'dropSocket' })
      if (state.outcome !== undefined) return [{ at: 'adopting', outcome }, { do: 'adopt' }, arm('adopting')]
      return [{ at: 'handing' }, { do: 'begin' }, arm('handing')]
    case 'releaseFailed':
      return state.ending === undefined ? joined(outcome) : over(outcome, state.ending)
    case 'cancelled':
      return [state.outcome === undefined ? { at: 'releasing', outcome: failed('cancelled') } : state]
    case 'callerGone':
    case 'agentGone':
    case 'hangUp':
      if (state.ending !== undefined) return [state]
      return [{ at: 'releasing', outcome: failed(reasonOf(event)), ending: endingOf(event) }]
    case 'mediaLost':
    case 'lapsed':
      return over(outcome, 'media-lost')
    default:
      return onlyLate(state, event, ['vaultLost'])
  }
}

function whenWithVault(state: SecureState, event: SecureEvent): SecureStep {
  switch (event.type) {
    case 'began':
      return state.at === 'handing' ? [{ at: 'capturing' }, arm('capturing')] : [state]
    case 'beginFailed':
      if (state.at === 'capturing') return illegal(state, event)
      return [{ at: 'adopting', outcome: failed('vault-lost') }, { do: 'adopt' }, arm('adopting')]
    case 'wiped':
      return [{ at: 'returning', outcome: event.outcome }, arm('returning')]
    case 'returned':
      return unwiped(event)
    case 'vaultLost':
      return renewed(failed('vault-lost'))
    case 'cancelled':
    case 'lapsed':
      return [{ at: 'stopping', giveBack: true }, stop('cancelled', true), arm('stopping')]
    case 'callerGone':
    case 'agentGone':
    case 'hangUp':
    case 'mediaLost':
      return [stopped(event), stopFor(event), arm('stopping')]
    default:
      return illegal(state, event)
  }
}

function whenStopping(state: SecureState & { at: 'stopping' }, event: SecureEvent): SecureStep {
  switch (event.type) {
    case 'wiped':
      if (state.ending !== undefined && !state.giveBack) return over(event.outcome, state.ending)
      return [{ ...onward(state), at: 'returning', outcome: event.outcome }, arm('returning')]
    case 'returned':
      return unwiped(event)
    case 'vaultLost':
      return state.ending === undefined ? renewed(failed('vault-lost')) : over(failed('vault-lost'), state.ending)
    // The timer runs on: a second reason gives the vault no second chance.
    case 'callerGone':
    case 'hangUp':
    case 'mediaLost':
      return state.giveBack ? [stopped(event), stopFor(event)] : [state]
    case 'agentGone':
      return state.ending === undefined ? [stopped(event), stopFor(event)] : [state]
    // No wipe was confirmed, so nobody is joined to anybody.
    case 'lapsed':
      return over(failed('vault-lost'), 'vault-stuck')
    default:
      return onlyLate(state, event, ['began', 'cancelled'])
  }
}

function whenReturning(state: SecureState & { at: 'returning' }, event: SecureEvent): SecureStep {
  const { outcome, ending } = state
  switch (event.type) {
    case 'returned':
      if (ending !== undefined) return over(outcome, ending, ...(event.socket ? [DROP] : []))
      if (!event.socket) return renewed(outcome)
      return [{ at: 'adopting', outcome }, { do: 'adopt' }, arm('adopting')]
    case 'vaultLost':
      return ending === undefined ? renewed(outcome) : over(outcome, ending)
    case 'agentGone':
      return [{ at: 'returning', outcome, ending: ending ?? endingOf(event) }]
    case 'callerGone':
    case 'hangUp':
    case 'mediaLost':
      return over(outcome, ending ?? endingOf(event), stop(stopReasonOf(event), false))
    // Wiped long ago, but the socket does not come back: as good as lost.
    case 'lapsed':
      if (ending !== undefined) return over(outcome, ending, stop('cancelled', false))
      return [{ at: 'renewing', outcome }, stop('cancelled', false), { do: 'renew' }, arm('renewing')]
    default:
      return onlyLate(state, event, ['began', 'wiped', 'cancelled'])
  }
}

function whenComingBack(state: SecureState & { at: 'adopting' | 'renewing' }, event: SecureEvent): SecureStep {
  const { at, outcome } = state
  switch (event.type) {
    case 'adopted':
      return at === 'adopting' ? joined(outcome) : illegal(state, event)
    case 'adoptFailed':
      return at === 'adopting' ? renewed(outcome) : illegal(state, event)
    case 'reached':
      return at === 'renewing' ? joined(outcome) : illegal(state, event)
    case 'unreachable':
      return at === 'renewing' ? over(outcome, 'caller-unreachable') : illegal(state, event)
    case 'callerGone':
    case 'agentGone':
    case 'hangUp':
    case 'mediaLost':
      return over(outcome, endingOf(event))
    case 'lapsed':
      return over(outcome, at === 'adopting' ? 'media-lost' : 'caller-unreachable')
    case 'returned':
      return event.socket ? [state, { do: 'dropSocket' }] : [state]
    default:
      return onlyLate(state, event, ['began', 'wiped', 'vaultLost', 'cancelled'])
  }
}

function whenEnded(state: SecureState, event: SecureEvent): SecureStep {
  if (event.type === 'released' || (event.type === 'returned' && event.socket)) return [state, DROP]
  return event.type === 'requested' ? illegal(state, event) : [state]
}

const DROP: SecureEffect = { do: 'dropSocket' }
/** May come in any state, since the world does not wait for us. */
const OUTSIDE = ['mediaLost', 'callerGone', 'agentGone', 'cancelled', 'hangUp'] as const

function onlyLate(state: SecureState, event: SecureEvent, late: readonly SecureEvent['type'][]): SecureStep {
  return late.includes(event.type) ? [state] : illegal(state, event)
}

function illegal(state: SecureState, event: SecureEvent): never {
  throw new IllegalStep('secure session', state.at, event.type)
}

function arm(timer: SecureTimer): SecureEffect {
  return { do: 'arm', timer }
}

function stop(reason: StopReason, giveBack: boolean): SecureEffect {
  return { do: 'stop', reason, giveBack }
}

/** Only the agent's going leaves somebody who should hear that it is over. */
function stopFor(event: Departure): SecureEffect {
  return stop(stopReasonOf(event), event.type === 'agentGone')
}

function stopped(event: Departure): SecureState {
  return { at: 'stopping', giveBack: event.type === 'agentGone', ending: endingOf(event) }
}

function onward(state: { readonly ending?: SecureEnding }): { readonly ending?: SecureEnding } {
  return state.ending === undefined ? {} : { ending: state.ending }
}

function joined(outcome: Outcome): SecureStep {
  return [{ at: 'open' }, { do: 'join' }, { do: 'finish', outcome }]
}

function renewed(outcome: Outcome): SecureStep {
  return [{ at: 'renewing', outcome }, { do: 'renew' }, arm('renewing')]
}

function over(outcome: Outcome, ending: SecureEnding, ...first: SecureEffect[]): SecureStep {
  return [{ at: 'ended' }, ...first, { do: 'finish', outcome }, { do: 'endCall', ending }]
}

/** A socket without the word that the entry was wiped: not to be trusted. */
function unwiped(event: SecureEvent & { type: 'returned' }): SecureStep {
  return over(failed('internal-error'), 'vault-stuck', ...(event.socket ? [DROP] : []))
}

function failed(reason: Extract<Outcome, { result: 'failed' }>['reason']): Outcome {
  return { result: 'failed', reason }
}

function endingOf(event: Departure): SecureEnding {
  switch (event.type) {
    case 'callerGone':
      return 'caller-hung-up'
    case 'agentGone':
      return 'agent-hung-up'
    case 'hangUp':
      return 'hung-up-by-us'
    case 'mediaLost':
      return 'media-lost'
  }
}

function stopReasonOf(event: Departure): StopReason {
  if (event.type === 'hangUp') return event.reason
  if (event.type === 'agentGone') return 'agent-hung-up'
  return event.type === 'callerGone' ? 'caller-hung-up' : 'cancelled'
}

function reasonOf(event: Departure): Extract<Outcome, { result: 'failed' }>['reason'] {
  return event.type === 'mediaLost' ? 'internal-error' : stopReasonOf(event)
}
