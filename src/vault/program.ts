/**
 * The walk through a plan's program: from where it stands to the next thing that takes time. Steps that take none, an insert, a branch, a
 * repeat, a jump, a field that is there already, are carried out on the way.
 */

import type { CapturePlan, Item, Run } from './capture-terms.ts'
import type { PlanStep } from './contract.ts'

/** What the program has come to. */
export type Halt =
  | { readonly at: 'say'; readonly clips: readonly string[]; readonly bargeIn: boolean }
  | { readonly at: 'collect'; readonly field: number }
  | { readonly at: 'validate' }
  | { readonly at: 'ask-agent'; readonly ms: number }
  | { readonly at: 'end' }
  /** It runs in a circle in which nothing happens. */
  | { readonly at: 'astray' }

/** @param forgotten fields whose entries are to be overwritten. */
export type Walked = { readonly run: Run; readonly forgotten: readonly number[]; readonly halt: Halt }

/** More steps than any program takes between two things that take time. */
const STEPS_MAX = 1000

export function firstRun({ fields, steps }: CapturePlan): Run {
  return {
    step: 0,
    items: [],
    asked: [],
    taken: [],
    again: [],
    tries: fields.map(() => 0),
    repeats: steps.map(() => 0),
    submissions: 0,
    verdict: undefined,
  }
}

/** @param ahead a key was pressed: what a key ends is not begun. */
export function walk(plan: CapturePlan, from: Run, ahead: boolean): Walked {
  const forgotten: number[] = []
  let run = from
  for (let count = 0; count < STEPS_MAX; count++) {
    const again = run.again.filter((field) => !run.taken.includes(field))
    run = again.length === run.again.length ? run : { ...run, again }
    const [field] = again
    if (field !== undefined) return { run, forgotten, halt: { at: 'collect', field } }
    const step = plan.steps[run.step]
    const halt = step === undefined ? { at: 'end' as const } : haltAt(step, run, ahead)
    if (halt !== undefined) return { run: passed(run, halt), forgotten, halt }
    if (step?.do === 'repeat' && repeatsAt(step, run)) forgotten.push(...step.fields)
    run = next(step as PlanStep, run)
  }
  return { run, forgotten, halt: { at: 'astray' } }
}

/** A run without the entries of these fields; each is asked for as if for the first time. */
export function without(run: Run, fields: readonly number[]): Run {
  return {
    ...run,
    taken: run.taken.filter((field) => !fields.includes(field)),
    tries: run.tries.map((tries, field) => (fields.includes(field) ? 0 : tries)),
  }
}

/** @returns what takes time in this step, or `undefined` when nothing does. */
function haltAt(step: PlanStep, run: Run, ahead: boolean): Halt | undefined {
  switch (step.do) {
    case 'say':
      return step.clips.length === 0 || (ahead && step.bargeIn)
        ? undefined
        : { at: 'say', clips: step.clips, bargeIn: step.bargeIn }
    case 'collect':
      return run.taken.includes(step.field) ? undefined : { at: 'collect', field: step.field }
    case 'ask-agent':
      return run.verdict === undefined || run.verdict.result === 'accepted'
        ? undefined
        : { at: 'ask-agent', ms: step.ms }
    case 'validate':
    case 'end':
      return { at: step.do }
    default:
      return undefined
  }
}

/** The run as it is while something takes its time: it goes on after it, but a field is looked at again. */
function passed(run: Run, halt: Halt): Run {
  if (halt.at !== 'collect') return { ...run, step: run.step + 1 }
  const { field } = halt
  const asked = run.asked.includes(field) ? run.asked : [...run.asked, field]
  return { ...run, asked, items: withItem(run.items, { what: 'field', index: field }) }
}

function next(step: PlanStep, run: Run): Run {
  switch (step.do) {
    case 'insert':
      return {
        ...run,
        step: run.step + 1,
        items: withItem(run.items, { what: 'insert', index: step.insert }),
      }
    case 'branch':
      return { ...run, step: run.verdict === undefined ? run.step + 1 : step[run.verdict.result] }
    case 'repeat':
      return repeatsAt(step, run) ? repeated(step, run) : { ...run, step: step.otherwise }
    case 'go':
      return { ...run, step: step.to }
    default:
      return { ...run, step: run.step + 1 }
  }
}

type Repeat = Extract<PlanStep, { do: 'repeat' }>

function repeatsAt(step: Repeat, run: Run): boolean {
  return (run.repeats[run.step] ?? 0) < step.times
}

function repeated(step: Repeat, run: Run): Run {
  const repeats = run.repeats.map((times, at) => (at === run.step ? times + 1 : times))
  return { ...without(run, step.fields), repeats, step: step.from }
}

function withItem(items: readonly Item[], item: Item): readonly Item[] {
  return items.some(({ what, index }) => what === item.what && index === item.index) ? items : [...items, item]
}
