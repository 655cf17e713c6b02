/**
 * A registration of ours at somebody else's registrar (RFC 3261 section 10.2) as a pure machine: when to ask, for how long, and what to make of
 * the answers.
 *
 * | After                         | The next REGISTER comes                                                              |
 * |-------------------------------|--------------------------------------------------------------------------------------|
 * | 2xx                           | when 65 to 85 % of what was granted has gone by, so that a failed one can be repeated |
 * | 423                           | at once, for Min-Expires; once                                                       |
 * | nobody answers, 5xx, 408, 480 | after `retryMs`, twice that, four times ... up to half an hour; 50 to 100 % of it     |
 * | any other refusal             | likewise from ten times `retryMs`: a wrong password must not look like a guesser's    |
 * | its connection has ended      | after 50 to 100 % of `retryMs`: who reaches us by it does so no more (RFC 5626 section 4.4) |
 *
 * Retry-After goes before a shorter wait. The draw spreads what a restart of the registrar would bring back together (RFC 5626 section 4.5).
 * A refresh that failed leaves the registration standing until it expires.
 */

import type { Step } from '../base/step.ts'

type Facts = {
  /** In a row. */
  readonly failures: number
  /** Until when the registrar keeps our contact; undefined when it has none. */
  readonly untilMs: number | undefined
  /** What is asked for: the configuration's, or what a 423 raised it to. */
  readonly seconds: number
}

export type RegistrationState =
  | ({ readonly at: 'off' } & Facts)
  | ({ readonly at: 'asking'; readonly wasRaised: boolean } & Facts)
  | ({ readonly at: 'resting' } & Facts)
  | ({ readonly at: 'leaving' } & Facts)

export type RegistrationTimer = 'again' | 'expiry'

/** `chance` is drawn anew for each event, from 0 up to 1. */
type Draw = { readonly nowMs: number; readonly chance: number }

export type RegistrationEvent =
  | { readonly type: 'started' }
  | ({ readonly type: 'granted'; readonly seconds: number } & Draw)
  | ({
      readonly type: 'refused'
      readonly status: number
      readonly minSeconds: number | undefined
      readonly retryAfterSeconds: number | undefined
    } & Draw)
  | ({ readonly type: 'unreachable' } & Draw)
  | ({ readonly type: 'cut' } & Draw)
  | { readonly type: 'lapsed'; readonly timer: RegistrationTimer }
  | { readonly type: 'stopped' }

export type RegistrationEffect =
  /** 0 takes our contact away. */
  | { readonly do: 'ask'; readonly seconds: number }
  | { readonly do: 'arm'; readonly timer: RegistrationTimer; readonly ms: number }
  | { readonly do: 'disarm'; readonly timer: RegistrationTimer }
  | { readonly do: 'tell'; readonly what: 'registered'; readonly seconds: number }
  /** `isStanding`: the one before has not expired yet. */
  | { readonly do: 'tell'; readonly what: 'failed'; readonly waitMs: number; readonly isStanding: boolean }
  | { readonly do: 'tell'; readonly what: 'lost' | 'unregistered' }
  /** Nothing is under way any more. */
  | { readonly do: 'rest' }

type RegistrationStep = Step<RegistrationState, RegistrationEffect>

const MOST_WAIT_MS = 1_800_000
/** A registrar that names more is not waited for so long. */
const MOST_RETRY_AFTER_MS = 3_600_000
/** For longer nothing is asked for, nor believed to be kept: some registrars say "for ever", as 2^32 - 1. */
const MOST_SECONDS = 7 * 86_400
/** However short a time was granted. */
const LEAST_REFRESH_MS = 1000
const REJECTED_FACTOR = 10
/** Refusals that time may heal. */
const PASSING: readonly number[] = [408, 480, 486, 491]

/** @param seconds that are asked for. */
export function registrationStart(seconds: number): RegistrationState {
  return { at: 'off', failures: 0, untilMs: undefined, seconds }
}

/** One step. @param retryMs the first wait after a failure. */
export function stepRegistration(
  retryMs: number,
  state: RegistrationState,
  event: RegistrationEvent,
): RegistrationStep {
  switch (state.at) {
    case 'off':
      return event.type === 'started' ? ask(state) : [state]
    case 'asking':
      return stepAsking(retryMs, state, event)
    case 'resting':
      if (event.type === 'stopped') return leave(state)
      if (event.type === 'cut') return cut(retryMs, state, event)
      if (event.type === 'lapsed') return event.timer === 'again' ? ask(state) : expire(state)
      return [state]
    case 'leaving':
      // Whatever was said to it: it is asked once, and time does the rest.
      return event.type === 'granted' || event.type === 'refused' || event.type === 'unreachable'
        ? [{ ...facts(state), untilMs: undefined, at: 'off' }, { do: 'tell', what: 'unregistered' }, { do: 'rest' }]
        : [state]
  }
}

type Asking = Extract<RegistrationState, { readonly at: 'asking' }>

function stepAsking(retryMs: number, state: Asking, event: RegistrationEvent): RegistrationStep {
  switch (event.type) {
    case 'granted':
      return granted(state, event)
    case 'refused': {
      const { status, minSeconds, retryAfterSeconds } = event
      if (status === 423 && !state.wasRaised && minSeconds !== undefined && minSeconds <= MOST_SECONDS)
        return [
          { ...state, wasRaised: true, seconds: minSeconds },
          { do: 'ask', seconds: minSeconds },
        ]
      const isPassing = status >= 500 || PASSING.includes(status)
      return failed(state, isPassing ? retryMs : retryMs * REJECTED_FACTOR, event.chance, retryAfterSeconds)
    }
    case 'unreachable':
      return failed(state, retryMs, event.chance, undefined)
    case 'lapsed':
      return event.timer === 'expiry' ? expire(state) : [state]
    case 'stopped':
      return leave(state)
    case 'started':
    case 'cut':
      return [state]
  }
}

function ask(state: RegistrationState): RegistrationStep {
  const { seconds } = state
  return [
    { ...facts(state), at: 'asking', wasRaised: false },
    { do: 'ask', seconds },
  ]
}

function granted(state: Asking, event: Draw & { readonly seconds: number }): RegistrationStep {
  const { nowMs, chance } = event
  const seconds = Math.min(event.seconds, MOST_SECONDS)
  const ms = seconds * 1000
  const again = Math.max(LEAST_REFRESH_MS, ms * (0.65 + 0.2 * chance))
  const news: RegistrationEffect[] =
    state.untilMs === undefined || state.failures > 0 ? [{ do: 'tell', what: 'registered', seconds }] : []
  return [
    { at: 'resting', failures: 0, untilMs: nowMs + ms, seconds: state.seconds },
    { do: 'arm', timer: 'expiry', ms },
    { do: 'arm', timer: 'again', ms: again },
    ...news,
    { do: 'rest' },
  ]
}

function failed(state: Asking, firstMs: number, chance: number, retryAfter: number | undefined): RegistrationStep {
  const usual = Math.min(firstMs * 2 ** Math.min(state.failures, 20), MOST_WAIT_MS)
  const drawn = usual * (0.5 + chance / 2)
  const asked = Math.min((retryAfter ?? 0) * 1000, MOST_RETRY_AFTER_MS)
  const waitMs = Math.round(Math.max(drawn, asked))
  return [
    { ...facts(state), at: 'resting', failures: state.failures + 1 },
    { do: 'arm', timer: 'again', ms: waitMs },
    { do: 'tell', what: 'failed', waitMs, isStanding: state.untilMs !== undefined },
    { do: 'rest' },
  ]
}

/** Not before what is coming anyway: the next try after a failure, or the last moment for a refresh. */
function cut(retryMs: number, state: RegistrationState, { nowMs, chance }: Draw): RegistrationStep {
  if (state.untilMs === undefined || state.failures > 0) return [state]
  const ms = Math.min(retryMs * (0.5 + chance / 2), (state.untilMs - nowMs) / 2)
  return [state, { do: 'arm', timer: 'again', ms: Math.max(0, ms) }]
}

/** The registrar has forgotten us: nobody reaches us by it until the next one succeeds. */
function expire(state: RegistrationState): RegistrationStep {
  return [
    { ...state, untilMs: undefined },
    { do: 'tell', what: 'lost' },
  ]
}

function leave(state: RegistrationState): RegistrationStep {
  const quiet: RegistrationEffect[] = [
    { do: 'disarm', timer: 'again' },
    { do: 'disarm', timer: 'expiry' },
  ]
  // One that is under way may have been taken already.
  if (state.untilMs !== undefined || state.at === 'asking')
    return [{ ...facts(state), at: 'leaving' }, ...quiet, { do: 'ask', seconds: 0 }]
  return [{ ...facts(state), at: 'off' }, ...quiet, { do: 'rest' }]
}

function facts({ failures, untilMs, seconds }: RegistrationState): Facts {
  return { failures, untilMs, seconds }
}
