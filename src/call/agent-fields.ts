/**
 * The guard of the agent's form (PC-37): its values are sent along with the caller's entry as plain data, so none may hold a card
 * number. It stores nothing, and its answer never repeats what it found.
 */

import { holdsCardNumber } from '../base/card-text.ts'

export type AgentField = { readonly name: string; readonly value: string }

/** Why a form is not taken: a row of the fault table, and which of its fields, counted from 0. */
export type FormRefusal = {
  readonly fault: 'secure.card-number-in-form' | 'secure.bad-form'
  readonly field: number
}

/** As many, and as long, as a plan of the vault takes (PC-66). */
const FIELDS_MAX = 32
const NAME_MAX_CHARS = 64
const VALUE_MAX_CHARS = 1024
/** Characters that XML cannot carry, and halves of characters, are in no form (XML 1.0 section 2.2). */
const NAME_SHAPE = /^[^\p{Cc}\p{Cs}\uFFFE\uFFFF]+$/u
const VALUE_SHAPE = /^[^\p{Cc}\p{Cs}\uFFFE\uFFFF]*$/u

/** @returns why a form is refused, or `undefined` when it may be sent along. */
export function checkAgentFields(fields: readonly AgentField[]): FormRefusal | undefined {
  if (fields.length > FIELDS_MAX) return { fault: 'secure.bad-form', field: FIELDS_MAX }
  for (const [field, { name, value }] of fields.entries()) {
    const misshapen =
      name.length > NAME_MAX_CHARS ||
      value.length > VALUE_MAX_CHARS ||
      !NAME_SHAPE.test(name) ||
      !VALUE_SHAPE.test(value)
    if (misshapen) return { fault: 'secure.bad-form', field }
    if (holdsCardNumber(name) || holdsCardNumber(value)) return { fault: 'secure.card-number-in-form', field }
  }
  return undefined
}
