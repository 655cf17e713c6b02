/**
 * Turns a flow into the plan that a vault carries out: the defaults of the configuration filled in, the agent's form put in its place, steps
 * numbered anew. Pure.
 */

import type { Brand, Field, Plan, PlanStep, PromptRule, Validation } from '../vault/contract.ts'
import type { Flow, FlowField, FlowInsert, FlowStep } from './terms.ts'

/** What a flow may leave to the configuration. */
export type FlowDefaults = {
  readonly language: string
  /** In place of it, best first; absent where nobody knows better. */
  readonly languages?: readonly string[]
  readonly sessionSeconds: number
  readonly attempts: number
  readonly firstDigitSeconds: number
  readonly interDigitSeconds: number
  readonly allowedBrands: readonly Brand[]
}

export type PlanOrder = {
  readonly flow: Flow
  readonly defaults: FlowDefaults
  readonly transactionId: string
  /** The agent's form, already past its guard. */
  readonly form: readonly FlowInsert[]
  /** The agent has a desk to give orders from; without one nobody is asked. */
  readonly withDesk: boolean
  readonly validation: Validation
}

const SECOND_MS = 1000

/** @returns the languages of a flow's prompts, best first. */
export function languagesOf(flow: Flow, defaults: Pick<FlowDefaults, 'language' | 'languages'>): readonly string[] {
  return flow.languages ?? defaults.languages ?? [defaults.language]
}

/** @returns the plan of one session. */
export function planOf(order: PlanOrder): Plan {
  const { flow, defaults, transactionId, validation } = order
  return {
    transactionId,
    locales: languagesOf(flow, defaults),
    ...programOf(order),
    sessionMs: (flow.sessionSeconds ?? defaults.sessionSeconds) * SECOND_MS,
    validation,
  }
}

/** @returns what is asked and done, whoever asks and wherever it is sent. */
export function programOf({
  flow,
  defaults,
  form,
  withDesk,
}: Omit<PlanOrder, 'transactionId' | 'validation'>): Pick<Plan, 'fields' | 'steps' | 'inserts'> {
  const inserts: FlowInsert[] = []
  const insertSteps = (items: readonly FlowInsert[]): PlanStep[] =>
    items.map(({ name, value }) => ({ do: 'insert', insert: inserts.push({ name, value }) - 1 }))
  const first = flow.steps.some((step) => step.do === 'insert-form') ? [] : insertSteps(form)
  const starts: number[] = []
  let at = first.length
  for (const step of flow.steps) {
    starts.push(at)
    at += sizeOf(step, form)
  }
  // Where the flow ends: one more step behind the last.
  starts.push(at)
  const goal = (step: number) => starts[step] ?? at
  const steps = flow.steps.flatMap((step, place): PlanStep[] => {
    switch (step.do) {
      case 'insert':
        return insertSteps(step.inserts)
      case 'insert-form':
        return insertSteps(form)
      case 'branch':
        return [{ ...step, accepted: goal(step.accepted), declined: goal(step.declined), failed: goal(step.failed) }]
      case 'repeat':
        return [{ ...step, from: goal(step.from), otherwise: goal(step.otherwise) }]
      case 'ask-agent':
        return [withDesk ? { do: 'ask-agent', ms: step.seconds * SECOND_MS } : { do: 'go', to: goal(place + 1) }]
      case 'go':
        return [{ do: 'go', to: goal(step.to) }]
      default:
        return [step]
    }
  })
  return {
    fields: flow.fields.map((field) => planField(field, defaults)),
    steps: [...first, ...steps, { do: 'end' }],
    inserts,
  }
}

/** Steps of the plan that a step of the flow becomes. */
export function sizeOf(step: FlowStep, form: readonly FlowInsert[]): number {
  if (step.do === 'insert') return step.inserts.length
  return step.do === 'insert-form' ? form.length : 1
}

function planField(field: FlowField, defaults: FlowDefaults): Field {
  const { keys } = field
  return {
    name: field.name,
    kind: field.kind,
    minKeys: field.minKeys,
    maxKeys: field.maxKeys,
    attempts: field.attempts ?? defaults.attempts,
    validKeys: field.validKeys,
    keys: defined({ terminator: keys.end, clear: keys.clear, escape: keys.escape, moreTime: keys.moreTime }),
    firstDigitMs: (field.firstDigitSeconds ?? defaults.firstDigitSeconds) * SECOND_MS,
    interDigitMs: (field.interDigitSeconds ?? defaults.interDigitSeconds) * SECOND_MS,
    moreTimes: field.moreTimes,
    luhn: field.luhn,
    allowedBrands: field.kind === 'card-number' ? (field.brands ?? defaults.allowedBrands) : [],
    enterTwice: field.enterTwice,
    readBack: field.readBack,
    tell: field.tell,
    prompts: field.prompts.map(({ when, clip, attempt, brand }): PromptRule => defined({ when, clip, attempt, brand })),
    ...defined({
      pattern: field.pattern,
      country: field.country,
      scheme: field.scheme,
      dateOrder: field.dateOrder,
      decimals: field.decimals,
      largest: field.largest,
    }),
  }
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The members that have a value: a plan has no room for others. */
function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>
}
