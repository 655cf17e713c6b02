/**
 * One entry of one field, from its question to its being taken:
 *
 *   asking -> listening -> keying -> checking -> (once more) -> reading -> confirming -> taken
 *
 * - The first key may come while the prompt still plays, which stops it; the time to the first key counts from the prompt's end.
 * - An entry ends with the terminator, when the time between two keys lapses (as if the terminator had come), or when it cannot
 *   become longer: its greatest length is reached, or the card's brand has numbers of one length.
 * - Where an entry ended without the terminator, a terminator that comes before any other key belongs to it and is swallowed, so that
 *   it neither ends the next entry unkeyed nor says yes to what has not been read back yet.
 * - The clear key empties the entry and costs no attempt; with nothing keyed it asks the question again.
 * - A refused entry costs an attempt, and so does silence, a second entry that differs, or a no to what was read back.
 * - More time is given before the first key, as often as the field allows; escape ends the session there.
 */

import { end, failed, illegal, tell } from './capture-ends.ts'
import type {
  At,
  CaptureEffect,
  CaptureEvent,
  CapturePlan,
  CaptureStep,
  EntryState,
  Run,
  Said,
  Turn,
} from './capture-terms.ts'
import { type EntryFault, type Field, FLEETING_KINDS } from './contract.ts'

/** The entry is good: where the program goes on from. */
export type Taken = { readonly taken: Run; readonly late: boolean; readonly first: readonly CaptureEffect[] }

export function stepEntry(plan: CapturePlan, state: EntryState, event: CaptureEvent): CaptureStep | Taken {
  const field = plan.fields[state.field]
  if (field === undefined) return illegal(state, event)
  switch (state.at) {
    case 'asking':
    case 'listening':
      return onUnkeyed(field, state, event)
    case 'keying':
      return onKeying(field, state, event)
    case 'checking':
      return onChecking(field, state, event)
    case 'reading':
    case 'confirming':
      return onReadBack(field, state, event)
  }
}

/** Asks for a field, for its first entry. @param first effects that come first. */
export function askFor(
  plan: CapturePlan,
  run: Run,
  index: number,
  late: boolean,
  first: readonly CaptureEffect[],
): CaptureStep {
  const field = plan.fields[index]
  if (field === undefined) return illegal({ at: 'asking', run, field: index, ...FRESH, late }, { type: 'collect' })
  return ask(field, { run, field: index, ...FRESH }, late, [], first)
}

const FRESH = { second: false, extended: 0 } as const

function onUnkeyed(field: Field, state: At<'asking' | 'listening'>, event: CaptureEvent): CaptureStep {
  const { run, field: index, second, extended, late } = state
  const turn = { run, field: index, second, extended }
  switch (event.type) {
    case 'digit':
      return [
        { at: 'keying', ...turn, keys: 1 },
        { do: 'hush' },
        { do: 'disarm', timer: 'first-key' },
        { do: 'arm', timer: 'inter-key', ms: field.interDigitMs },
        { do: 'keep', field: index },
        ...progress(field, index, 1),
      ]
    case 'terminator':
      if (late) return [{ ...state, late: false }]
      return [
        { at: 'checking', ...turn, late: false },
        { do: 'hush' },
        { do: 'disarm', timer: 'first-key' },
        { do: 'check', field: index, second },
      ]
    case 'clear':
      return ask(field, turn, false, [], [{ do: 'disarm', timer: 'first-key' }])
    case 'escape':
      return end(failed('escaped'))
    case 'more-time':
      return extended < field.moreTimes ? extend(field, turn, late) : [state]
    case 'played':
      if (state.at !== 'asking') return illegal(state, event)
      return [
        { at: 'listening', ...turn, late },
        { do: 'arm', timer: 'first-key', ms: field.firstDigitMs },
      ]
    case 'lapsed':
      if (state.at !== 'listening' || event.timer !== 'first-key') return illegal(state, event)
      return refuse(field, turn, 'timeout', false)
    default:
      return illegal(state, event)
  }
}

function onKeying(field: Field, state: At<'keying'>, event: CaptureEvent): CaptureStep {
  const { run, field: index, second, extended, keys } = state
  const turn = { run, field: index, second, extended }
  const check = (late: boolean): CaptureStep => [
    { at: 'checking', ...turn, late },
    { do: 'disarm', timer: 'inter-key' },
    { do: 'check', field: index, second },
  ]
  switch (event.type) {
    case 'digit':
      return [
        { ...state, keys: keys + 1 },
        { do: 'arm', timer: 'inter-key', ms: field.interDigitMs },
        { do: 'keep', field: index },
        ...progress(field, index, keys + 1),
      ]
    case 'kept':
      return event.whole ? check(true) : [state]
    case 'terminator':
      return check(false)
    case 'lapsed':
      return event.timer === 'inter-key' ? check(true) : illegal(state, event)
    case 'clear':
      return [
        { at: 'asking', ...turn, late: false },
        { do: 'disarm', timer: 'inter-key' },
        { do: 'open', field: index, second },
        ...progress(field, index, 0),
        { do: 'play', said: [prompt('cleared', turn)] },
      ]
    default:
      return illegal(state, event)
  }
}

function onChecking(field: Field, state: At<'checking'>, event: CaptureEvent): CaptureStep | Taken {
  if (event.type !== 'checked') return illegal(state, event)
  const { run, field: index, second, late } = state
  if (event.fault !== undefined) return refuse(field, state, event.fault, late)
  if (field.enterTwice && !second) return ask(field, { run, field: index, second: true, extended: 0 }, late, [], [])
  if (field.readBack === 'none') return take(run, index, late, [])
  return [
    { at: 'reading', run, field: index, late },
    tell({ type: 'confirming', field: index }),
    { do: 'read-back', field: index, attempt: attemptOf(run, index) },
  ]
}

function onReadBack(field: Field, state: At<'reading' | 'confirming'>, event: CaptureEvent): CaptureStep | Taken {
  const { run, field: index } = state
  const quiet: readonly CaptureEffect[] = [{ do: 'hush' }, { do: 'disarm', timer: 'first-key' }]
  switch (event.type) {
    case 'terminator':
      if (state.at === 'reading' && state.late) return [{ ...state, late: false }]
      return take(run, index, false, quiet)
    case 'clear':
      return refuse(field, { run, field: index, ...FRESH }, 'not-confirmed', false, quiet)
    // Neither yes nor no.
    case 'digit':
    case 'escape':
    case 'more-time':
      return [state]
    case 'played':
      if (state.at !== 'reading') return illegal(state, event)
      return [
        { at: 'confirming', run, field: index },
        { do: 'arm', timer: 'first-key', ms: field.firstDigitMs },
      ]
    case 'lapsed':
      if (state.at !== 'confirming' || event.timer !== 'first-key') return illegal(state, event)
      return refuse(field, { run, field: index, ...FRESH }, 'timeout', false)
    default:
      return illegal(state, event)
  }
}

function take(run: Run, field: number, late: boolean, first: readonly CaptureEffect[]): Taken {
  const taken = { ...run, taken: [...run.taken, field] }
  return { taken, late, first: [...first, tell({ type: 'taken', field })] }
}

function refuse(
  field: Field,
  { run, field: index }: Turn,
  why: EntryFault,
  late: boolean,
  before: readonly CaptureEffect[] = [],
): CaptureStep {
  const attempt = attemptOf(run, index)
  const first = [...before, tell({ type: 'refused', field: index, why })]
  if (attempt >= field.attempts) {
    const [state, ...effects] = end(failed(why === 'timeout' ? 'timeout' : 'too-many-failed-attempts'))
    return [state, ...first, ...effects]
  }
  const tries = run.tries.map((count, at) => (at === index ? count + 1 : count))
  const again: Said = { notice: attempt + 1 === field.attempts ? 'last-attempt' : 'try-again' }
  const said: readonly Said[] = [{ prompt: why, field: index, attempt }, again]
  return ask(field, { run: { ...run, tries }, field: index, ...FRESH }, late, said, first)
}

/** Asks for an entry. @param before what is said before the question. @param first effects that come first. */
function ask(
  { attempts }: Field,
  turn: Turn,
  late: boolean,
  before: readonly Said[],
  first: readonly CaptureEffect[],
): CaptureStep {
  const { run, field, second } = turn
  return [
    { at: 'asking', ...turn, late },
    ...first,
    { do: 'open', field, second },
    tell({ type: 'asking', field, attempt: attemptOf(run, field), attempts }),
    { do: 'play', said: [...before, prompt(second ? 'enter-again' : 'ask', turn)] },
  ]
}

function extend(field: Field, turn: Turn, late: boolean): CaptureStep {
  const extended = turn.extended + 1
  return [
    { at: 'asking', ...turn, extended, late },
    { do: 'disarm', timer: 'first-key' },
    tell({ type: 'more-time', field: turn.field, left: field.moreTimes - extended }),
    { do: 'play', said: [prompt('more-time', turn)] },
  ]
}

function prompt(when: 'ask' | 'enter-again' | 'cleared' | 'more-time', { run, field }: Turn): Said {
  return { prompt: when, field, attempt: attemptOf(run, field) }
}

function attemptOf(run: Run, field: number): number {
  return (run.tries[field] ?? 0) + 1
}

/** Of what is secret even in its length control learns only that something was keyed, and nothing of the keys after the first. */
function progress({ kind }: Field, field: number, keys: number): readonly CaptureEffect[] {
  return keys > 1 && FLEETING_KINDS.includes(kind) ? [] : [tell({ type: 'progress', field, keys })]
}
