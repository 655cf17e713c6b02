/** What is wrong with a plan's program, beyond what its shape says: the vault carries out none that control should not have made. */

import { parseDigitPattern } from '../base/digit-pattern.ts'
import type { Field, Plan, PlanStep } from './contract.ts'

export type ProgramFlaw =
  | 'no-such-step'
  | 'no-such-field'
  | 'no-such-insert'
  | 'pattern'
  | 'field-terms'
  | 'tells-too-much'

/** @returns why a plan's program cannot be carried out; `undefined` when it can. */
export function programFlaw({ fields, steps, inserts }: Plan): ProgramFlaw | undefined {
  if (steps.some((step) => goalsOf(step).some((goal) => goal >= steps.length))) return 'no-such-step'
  if (steps.some((step) => fieldsOf(step).some((field) => field >= fields.length))) return 'no-such-field'
  if (steps.some((step) => step.do === 'insert' && step.insert >= inserts.length)) return 'no-such-insert'
  if (fields.some(({ pattern }) => pattern !== undefined && 'what' in parseDigitPattern(pattern))) return 'pattern'
  if (fields.some((field) => !hasItsTerms(field))) return 'field-terms'
  return fields.some(tellsTooMuch) ? 'tells-too-much' : undefined
}

function goalsOf(step: PlanStep): readonly number[] {
  switch (step.do) {
    case 'branch':
      return [step.accepted, step.declined, step.failed]
    case 'repeat':
      return [step.from, step.otherwise]
    case 'go':
      return [step.to]
    default:
      return []
  }
}

function fieldsOf(step: PlanStep): readonly number[] {
  if (step.do === 'collect') return [step.field]
  return step.do === 'repeat' ? step.fields : []
}

/** What a kind cannot be checked without. */
function hasItsTerms({ kind, country, scheme }: Field): boolean {
  if (kind === 'iban') return country !== undefined
  return kind !== 'national-id' || scheme !== undefined
}

function tellsTooMuch({ kind, tell }: Field): boolean {
  return tell !== 'nothing' && kind !== 'card-number' && kind !== 'account-number' && kind !== 'iban'
}
