/**
 * How a secure session goes, as a machine that decides and does nothing: which prompt, which timer, when to check, submit, wipe and
 * return. It never sees a key's value, only its kind.
 *
 * The plan's program is walked (`program.ts`) from one thing that takes time to the next: something is said, a field is collected
 * (`capture-entry.ts`), the entry is submitted, the agent is asked (`capture-orders.ts`). It ends, or is ended, in one of the ways of
 * `capture-ends.ts`.
 *
 * Right after every verdict, whatever comes next, security code, PIN and one-time code are overwritten: nobody may keep them (PC-64).
 */

import { bar, breakOff, end, failed, illegal, outOfTime, stop, tell } from './capture-ends.ts'
import { askFor, stepEntry } from './capture-entry.ts'
import { obey } from './capture-orders.ts'
import type {
  At,
  CaptureEffect,
  CaptureEvent,
  CapturePlan,
  CaptureState,
  CaptureStep,
  EntryState,
  Run,
} from './capture-terms.ts'
import { FLEETING_KINDS, type Order, type Outcome } from './contract.ts'
import { firstRun, walk, without } from './program.ts'

export const INITIAL_CAPTURE: CaptureState = { at: 'starting' }

/** @throws IllegalStep for an event that cannot happen in the state: a defect. */
export function stepCapture(plan: CapturePlan, state: CaptureState, event: CaptureEvent): CaptureStep {
  if (event.type === 'stopped') return stop(state, event)
  if (event.type === 'broken') return breakOff(state, event)
  if (event.type === 'other' || (isKey(event) && isDeafToKeys(state))) return [state]
  if (event.type === 'lapsed' && event.timer === 'session') return outOfTime(state)
  if (event.type === 'ordered') return onOrder(plan, state, event.order)
  switch (state.at) {
    case 'starting':
      if (event.type === 'barred') return bar(event.reason)
      return event.type === 'began' ? begin(plan) : illegal(state, event)
    case 'saying':
      return onSaying(plan, state, event)
    case 'submitting':
      return onSubmitting(plan, state, event)
    case 'overdue':
      if (event.type === 'answered') return end(event.outcome)
      return event.type === 'played' ? [state] : illegal(state, event)
    case 'waiting':
      return onWaiting(plan, state, event)
    case 'telling':
      return event.type === 'played' ? [{ at: 'returning' }, { do: 'settle' }] : illegal(state, event)
    case 'returning':
      return event.type === 'settled' ? [{ at: 'ended' }, { do: 'give-back' }] : illegal(state, event)
    case 'ended':
      return illegal(state, event)
    default:
      return onEntry(plan, state, event)
  }
}

function begin(plan: CapturePlan): CaptureStep {
  const first = [{ do: 'arm', timer: 'session', ms: plan.sessionMs } as const, tell({ type: 'began' })]
  return goOn(plan, firstRun(plan), false, first)
}

/** Goes on with the program. @param late a terminator may still come that belongs to the entry before. @param ahead a key was pressed. */
function goOn(
  plan: CapturePlan,
  from: Run,
  late: boolean,
  first: readonly CaptureEffect[],
  ahead = false,
): CaptureStep {
  const { run, forgotten, halt } = walk(plan, from, ahead)
  const before = [...first, ...forget(forgotten)]
  switch (halt.at) {
    case 'collect': {
      const [state, ...effects] = askFor(plan, run, halt.field, late, before)
      return ahead ? [state, ...effects, { do: 'press' }] : [state, ...effects]
    }
    case 'say':
      return [
        { at: 'saying', run, bargeIn: halt.bargeIn, late },
        ...before,
        { do: 'play', said: halt.clips.map((clip) => ({ clip })) },
      ]
    case 'validate': {
      const submission = run.submissions + 1
      return [
        { at: 'submitting', run: { ...run, submissions: submission } },
        ...before,
        tell({ type: 'submitting', submission }),
        { do: 'play', said: [{ notice: 'please-wait' }] },
        { do: 'submit', items: sent(run), submission },
      ]
    }
    case 'ask-agent':
      return [
        { at: 'waiting', run },
        ...before,
        tell({ type: 'waiting-for-agent', ms: halt.ms }),
        { do: 'arm', timer: 'agent', ms: halt.ms },
        { do: 'play', said: [{ notice: 'waiting-for-agent' }] },
      ]
    case 'end':
      return after(before, end(run.verdict ?? failed('not-validated')))
    case 'astray':
      return after(before, end(failed('internal-error')))
  }
}

/** What goes into a request: every insert so far, and every field that is there. */
function sent({ items, taken }: Run): Run['items'] {
  return items.filter(({ what, index }) => what === 'insert' || taken.includes(index))
}

function onSaying(plan: CapturePlan, state: At<'saying'>, event: CaptureEvent): CaptureStep {
  const { run, bargeIn, late } = state
  switch (event.type) {
    case 'played':
      return goOn(plan, run, late, [])
    // It says that enough was heard; to the next field it would mean that nothing is to come.
    case 'terminator':
      if (late) return [{ ...state, late: false }]
      return bargeIn ? goOn(plan, run, false, [{ do: 'hush' }]) : [state]
    case 'pressed':
      return bargeIn ? goOn(plan, run, false, [{ do: 'hush' }], true) : [state]
    default:
      return illegal(state, event)
  }
}

function onEntry(plan: CapturePlan, state: EntryState, event: CaptureEvent): CaptureStep {
  const result = stepEntry(plan, state, event)
  return 'taken' in result ? goOn(plan, result.taken, result.late, result.first) : result
}

function onSubmitting(plan: CapturePlan, state: At<'submitting'>, event: CaptureEvent): CaptureStep {
  if (event.type === 'answered') return onVerdict(plan, state.run, event.outcome)
  // The sentence that asks to wait is over; the service is not.
  return event.type === 'played' ? [state] : illegal(state, event)
}

function onVerdict(plan: CapturePlan, run: Run, outcome: Outcome): CaptureStep {
  const fleeting = plan.fields.flatMap(({ kind }, field) => (FLEETING_KINDS.includes(kind) ? [field] : []))
  const step = goOn(plan, { ...without(run, fleeting), verdict: outcome }, false, [])
  const ends = step[0].at === 'telling'
  return after([...forget(fleeting), ...(ends ? [] : [tell({ type: 'answered', outcome })])], step)
}

function onWaiting(plan: CapturePlan, state: At<'waiting'>, event: CaptureEvent): CaptureStep {
  if (event.type === 'lapsed' && event.timer === 'agent') return goOn(plan, state.run, false, [])
  return event.type === 'played' ? [state] : illegal(state, event)
}

function onOrder(plan: CapturePlan, state: CaptureState, order: Order): CaptureStep {
  const ordered = obey(plan, state, order)
  if (ordered === undefined) return [state]
  const timers =
    state.at === 'waiting'
      ? [{ do: 'disarm', timer: 'agent' } as const]
      : [{ do: 'disarm', timer: 'first-key' } as const, { do: 'disarm', timer: 'inter-key' } as const]
  return goOn(plan, ordered.run, false, [{ do: 'hush' }, ...timers, ...forget(ordered.forgotten)])
}

function forget(fields: readonly number[]): CaptureEffect[] {
  return [...new Set(fields)].map((field) => ({ do: 'forget', field }))
}

function after(first: readonly CaptureEffect[], [state, ...effects]: CaptureStep): CaptureStep {
  return [state, ...first, ...effects]
}

const KEYS: readonly CaptureEvent['type'][] = ['digit', 'terminator', 'clear', 'escape', 'more-time', 'pressed']

function isKey({ type }: CaptureEvent): boolean {
  return KEYS.includes(type)
}

/** Here keys are swallowed: they belong to nothing. */
const DEAF: readonly CaptureState['at'][] = ['submitting', 'overdue', 'waiting', 'telling', 'returning', 'ended']

function isDeafToKeys({ at }: CaptureState): boolean {
  return DEAF.includes(at)
}
