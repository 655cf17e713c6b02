/**
 * Where the steps of a flow lead: every path from the first step, with what the last verdict was and which fields are taken on the way.
 * Finds what only a caller would: a step that nothing leads to, an end without a verdict, a loop that never ends, and a payment that would be
 * sent twice.
 *
 * The agent's orders are no paths of the flow: what he has done again after a verdict is his to decide.
 */

import type { FlowField, FlowStep } from './terms.ts'

export type PathProblem = { readonly step: number; readonly says: string; readonly advice: string }

type Verdict = 'none' | 'accepted' | 'declined' | 'failed'
/** What becomes of one field: never asked for, taken, or forgotten since. */
type Held = 'never' | 'taken' | 'forgotten'
type Standing = { readonly step: number; readonly verdict: Verdict; readonly held: Held }

const VERDICTS: readonly Verdict[] = ['accepted', 'declined', 'failed']
/** Wiped after every verdict, whatever comes next: none of them may be kept (PCI DSS 3.3.1). */
const KEPT_NEVER: readonly string[] = ['security-code', 'pin', 'one-time-code']

/** @returns what is wrong with the paths of a flow, each once. */
export function pathProblems(steps: readonly FlowStep[], fields: readonly FlowField[]): readonly PathProblem[] {
  const problems = new Map<string, PathProblem>()
  const report = (step: number, says: string, advice: string) => {
    const key = `${step} ${says}`
    if (!problems.has(key)) problems.set(key, { step, says, advice })
  }
  const reached = new Set<number>()
  for (const field of fields.keys()) {
    for (const standing of standings(steps, fields, field)) {
      reached.add(standing.step)
      judge(steps, fields[field], standing, report)
    }
  }
  for (const [step, { do: what }] of steps.entries()) {
    if (!reached.has(step) && what !== 'go')
      report(step, 'No path leads to this step.', 'Remove it, or go to it from another step.')
  }
  const unbounded = loopThrough(steps, reached)
  if (unbounded !== undefined) {
    report(
      unbounded,
      'The flow can go round here for ever.',
      'Go back with repeat, which counts, instead of go or branch.',
    )
  }
  return [...problems.values()]
}

function judge(
  steps: readonly FlowStep[],
  field: FlowField | undefined,
  { step, verdict, held }: Standing,
  report: (step: number, says: string, advice: string) => void,
): void {
  const here = steps[step]
  if (here === undefined || here.do === 'end') {
    if (verdict !== 'none') return
    report(Math.min(step, steps.length - 1), 'A path ends here without a verdict.', 'Put validate before it.')
  } else if ((here.do === 'branch' || here.do === 'ask-agent') && verdict === 'none') {
    report(step, 'A path comes here before there is a verdict.', 'Put validate before it.')
  } else if (here.do === 'validate') {
    if (verdict === 'accepted') {
      const says = 'What was accepted would be sent again, and perhaps charged twice.'
      report(step, says, 'Put "branch: { accepted: end }" after the verdict.')
    }
    if (verdict === 'failed') {
      const says = 'What may have been carried out, though no answer came, would be sent again.'
      report(step, says, 'Put "branch: { failed: end }" after the verdict, or let the agent decide with ask-agent.')
    }
    if (held === 'forgotten' && field !== undefined) {
      const says = `"${field.name}" is forgotten by then, and not asked for again.`
      report(step, says, 'Go back to a step before the one that collects it.')
    }
  }
}

/** Every place a session can be in, as far as the verdict and one field go. */
function standings(steps: readonly FlowStep[], fields: readonly FlowField[], field: number): readonly Standing[] {
  const found = new Map<string, Standing>()
  const open: Standing[] = [{ step: 0, verdict: 'none', held: 'never' }]
  const keptNever = KEPT_NEVER.includes(fields[field]?.kind ?? '')
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const key = `${at.step} ${at.verdict} ${at.held}`
    if (found.has(key)) continue
    found.set(key, at)
    open.push(...nextOf(steps, at, field, keptNever))
  }
  return [...found.values()]
}

function nextOf(steps: readonly FlowStep[], at: Standing, field: number, keptNever: boolean): readonly Standing[] {
  const here = steps[at.step]
  const on = { ...at, step: at.step + 1 }
  switch (here?.do) {
    case undefined:
    case 'end':
      return []
    case 'collect':
      return [here.field === field ? { ...on, held: 'taken' } : on]
    case 'validate': {
      const held = keptNever && at.held === 'taken' ? 'forgotten' : at.held
      return VERDICTS.map((verdict) => ({ ...on, verdict, held }))
    }
    case 'branch':
      return [at.verdict === 'none' ? on : { ...at, step: here[at.verdict] }]
    case 'repeat': {
      const held = here.fields.includes(field) && at.held === 'taken' ? 'forgotten' : at.held
      return [
        { ...at, step: here.from, held },
        { ...at, step: here.otherwise },
      ]
    }
    case 'go':
      return [{ ...at, step: here.to }]
    default:
      return [on]
  }
}

/** @returns a step of a cycle that no repeat bounds. */
function loopThrough(steps: readonly FlowStep[], reached: ReadonlySet<number>): number | undefined {
  const done = new Set<number>()
  const under = new Set<number>()
  const visit = (step: number): number | undefined => {
    if (under.has(step)) return step
    if (done.has(step) || !reached.has(step)) return undefined
    under.add(step)
    for (const next of plainNext(steps, step)) {
      const found = visit(next)
      if (found !== undefined) return found
    }
    under.delete(step)
    done.add(step)
    return undefined
  }
  return visit(0)
}

/** Where a step leads without being counted. */
function plainNext(steps: readonly FlowStep[], step: number): readonly number[] {
  const here = steps[step]
  switch (here?.do) {
    case undefined:
    case 'end':
      return []
    case 'branch':
      return [here.accepted, here.declined, here.failed]
    case 'repeat':
      return [here.otherwise]
    case 'go':
      return [here.to]
    default:
      return [step + 1]
  }
}
