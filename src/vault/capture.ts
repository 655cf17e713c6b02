/**
 * How a secure session goes, as a machine that decides and does nothing: which prompt, which timer, when to check, submit, wipe and
 * return. It never sees a key's value, only its kind.
 *
 *   starting -> asking -> listening -> keying -> checking -> (next field, or again) -> submitting -> telling -> returning -> ended
 *
 * Rules of one entry:
 * - The first key may come while the prompt still plays, which stops it; the time to the first key counts from the prompt's end.
 * - An entry ends with the terminator, when the time between two keys lapses (as if the terminator had come), or when it cannot
 *   become longer: its greatest length is reached, or the card's brand has numbers of one length.
 * - Where an entry ended without the terminator, a terminator that comes before any other key belongs to it and is swallowed, so that
 *   it does not end the next entry unkeyed.
 * - The clear key empties the entry and costs no attempt; with nothing keyed it asks the question again.
 * - A refused entry costs an attempt, and so does silence.
 * - Whatever ends the session, `wipe` comes before the outcome is told.
 */

import { IllegalStep } from '../base/step.ts'
import type { CaptureEffect, CaptureEvent, CapturePlan, CaptureState, CaptureStep, Told } from './capture-terms.ts'
import { ASK_CLIPS, FAULT_CLIPS } from './clips.ts'
import type { EntryFault, Failure, Outcome, StopReason } from './contract.ts'

export const INITIAL_CAPTURE: CaptureState = { at: 'starting' }

/** @throws IllegalStep for an event that cannot happen in the state: a defect. */
export function stepCapture(plan: CapturePlan, state: CaptureState, event: CaptureEvent): CaptureStep {
  if (event.type === 'stopped') return onStopped(state, event.reason, event.giveBack)
  if (event.type === 'broken') return onBroken(state)
  if (event.type === 'other' || (isKey(event) && isPastKeying(state))) return [state]
  if (event.type === 'lapsed' && event.timer === 'session') return onSessionLapsed(state)
  switch (state.at) {
    case 'starting':
      return onStarting(plan, state, event)
    case 'asking':
    case 'listening':
      return onWaiting(plan, state, event)
    case 'keying':
      return onKeying(plan, state, event)
    case 'checking':
      return onChecking(plan, state, event)
    case 'submitting':
      return onSubmitting(state, event)
    case 'telling':
      return event.type === 'played' ? [{ at: 'returning' }, { do: 'settle' }] : illegal(state, event)
    case 'returning':
      return event.type === 'settled' ? [{ at: 'ended' }, { do: 'give-back' }] : illegal(state, event)
    case 'ended':
      return illegal(state, event)
  }
}

type Turn = { readonly field: number; readonly attempt: number }
type At<A extends CaptureState['at']> = Extract<CaptureState, { at: A }>

function onStarting(plan: CapturePlan, state: At<'starting'>, event: CaptureEvent): CaptureStep {
  switch (event.type) {
    case 'began':
      return ask(
        plan,
        { field: 0, attempt: 1 },
        false,
        ['welcome'],
        [{ do: 'arm', timer: 'session', ms: plan.sessionMs }, tell({ type: 'began' })],
      )
    case 'barred':
      return [{ at: 'returning' }, ...wiped(failed(event.reason)), { do: 'settle' }]
    default:
      return illegal(state, event)
  }
}

function onWaiting(plan: CapturePlan, state: At<'asking' | 'listening'>, event: CaptureEvent): CaptureStep {
  const { field, attempt } = state
  switch (event.type) {
    case 'digit':
      return [
        { at: 'keying', field, attempt, keys: 1 },
        { do: 'hush' },
        { do: 'disarm', timer: 'first-key' },
        { do: 'arm', timer: 'inter-key', ms: plan.fields[field]?.interDigitMs ?? 0 },
        { do: 'keep' },
        progress(plan, field, 1),
      ]
    case 'terminator':
      if (state.late) return [{ ...state, late: false }]
      return [
        { at: 'checking', field, attempt, late: false },
        { do: 'hush' },
        { do: 'disarm', timer: 'first-key' },
        { do: 'check', field },
      ]
    case 'clear':
      return ask(plan, state, false, [], [{ do: 'disarm', timer: 'first-key' }])
    case 'played':
      if (state.at !== 'asking') return illegal(state, event)
      return [
        { ...state, at: 'listening' },
        { do: 'arm', timer: 'first-key', ms: plan.fields[field]?.firstDigitMs ?? 0 },
      ]
    case 'lapsed':
      if (state.at !== 'listening' || event.timer !== 'first-key') return illegal(state, event)
      return refuse(plan, state, 'timeout', false)
    default:
      return illegal(state, event)
  }
}

function onKeying(plan: CapturePlan, state: At<'keying'>, event: CaptureEvent): CaptureStep {
  const { field, attempt, keys } = state
  const check = (late: boolean): CaptureStep => [
    { at: 'checking', field, attempt, late },
    { do: 'disarm', timer: 'inter-key' },
    { do: 'check', field },
  ]
  switch (event.type) {
    case 'digit':
      return [
        { ...state, keys: keys + 1 },
        { do: 'arm', timer: 'inter-key', ms: plan.fields[field]?.interDigitMs ?? 0 },
        { do: 'keep' },
        progress(plan, field, keys + 1),
      ]
    case 'kept':
      return event.whole ? check(true) : [state]
    case 'terminator':
      return check(false)
    case 'lapsed':
      return event.timer === 'inter-key' ? check(true) : illegal(state, event)
    case 'clear':
      return [
        { at: 'asking', field, attempt, late: false },
        { do: 'disarm', timer: 'inter-key' },
        { do: 'open', field },
        progress(plan, field, 0),
        { do: 'play', clips: ['cleared'] },
      ]
    default:
      return illegal(state, event)
  }
}

function onChecking(plan: CapturePlan, state: At<'checking'>, event: CaptureEvent): CaptureStep {
  if (event.type !== 'checked') return illegal(state, event)
  if (event.fault !== undefined) return refuse(plan, state, event.fault, state.late)
  const taken = tell({ type: 'taken', field: state.field })
  if (state.field + 1 < plan.fields.length) {
    return ask(plan, { field: state.field + 1, attempt: 1 }, state.late, [], [taken])
  }
  return [
    { at: 'submitting' },
    taken,
    tell({ type: 'submitting', submission: 1 }),
    { do: 'play', clips: ['please-wait'] },
    { do: 'submit' },
  ]
}

function onSubmitting(state: At<'submitting'>, event: CaptureEvent): CaptureStep {
  if (event.type === 'answered') return end(event.outcome)
  // The sentence that asks to wait is over; the service is not.
  return event.type === 'played' ? [state] : illegal(state, event)
}

function isKey({ type }: CaptureEvent): boolean {
  return type === 'digit' || type === 'terminator' || type === 'clear'
}

/** From here on keys are swallowed: they belong to nothing. */
function isPastKeying({ at }: CaptureState): boolean {
  return at === 'submitting' || at === 'telling' || at === 'returning' || at === 'ended'
}

function onStopped(state: CaptureState, reason: StopReason, giveBack: boolean): CaptureStep {
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
      return [{ at: 'returning' }, ...wiped(failed(reason)), { do: 'settle' }]
  }
}

function onBroken(state: CaptureState): CaptureStep {
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

function onSessionLapsed(state: CaptureState): CaptureStep {
  const over = state.at === 'starting' || state.at === 'telling' || state.at === 'returning' || state.at === 'ended'
  return over ? illegal(state, { type: 'lapsed', timer: 'session' }) : end(failed('session-timeout'))
}

function refuse(plan: CapturePlan, { field, attempt }: Turn, why: EntryFault, late: boolean): CaptureStep {
  const attempts = plan.fields[field]?.attempts ?? 1
  const told = tell({ type: 'refused', field, why })
  if (attempt >= attempts) {
    const [state, ...effects] = end(failed(why === 'timeout' ? 'timeout' : 'too-many-failed-attempts'))
    return [state, told, ...effects]
  }
  const again = attempt + 1 === attempts ? 'last-attempt' : 'try-again'
  return ask(plan, { field, attempt: attempt + 1 }, late, [FAULT_CLIPS[why], again], [told])
}

/** Asks for a field. @param before clips that go before the question. @param first effects that come first. */
function ask(
  plan: CapturePlan,
  { field, attempt }: Turn,
  late: boolean,
  before: readonly string[],
  first: readonly CaptureEffect[],
): CaptureStep {
  const { attempts = 1, kind = 'digits' } = plan.fields[field] ?? {}
  return [
    { at: 'asking', field, attempt, late },
    ...first,
    { do: 'open', field },
    tell({ type: 'asking', field, attempt, attempts }),
    { do: 'play', clips: [...before, ASK_CLIPS[kind]] },
  ]
}

/** The one way out by which the caller hears how it ended. */
function end(outcome: Outcome): CaptureStep {
  return [{ at: 'telling' }, ...wiped(outcome), { do: 'play-outcome', outcome }]
}

function wiped(outcome: Outcome): CaptureEffect[] {
  return [
    { do: 'wipe' },
    { do: 'hush' },
    { do: 'disarm', timer: 'first-key' },
    { do: 'disarm', timer: 'inter-key' },
    { do: 'disarm', timer: 'session' },
    tell({ type: 'wiped', outcome }),
  ]
}

function failed(reason: Failure): Outcome {
  return { result: 'failed', reason }
}

/** Of a security code control learns only that something was keyed. */
function progress(plan: CapturePlan, field: number, keys: number): CaptureEffect {
  const veiled = plan.fields[field]?.kind === 'security-code'
  return tell({ type: 'progress', field, keys: veiled ? Math.min(1, keys) : keys })
}

function tell(what: Told): CaptureEffect {
  return { do: 'tell', what }
}

function illegal(state: CaptureState, event: CaptureEvent): never {
  throw new IllegalStep('capture', state.at, event.type)
}
