/**
 * Whether what an agent filled in can be taken: the rules of the server (`src/directory/form-fill.ts`), said beside the field before anything is sent. The server looks again. The guard against
 * card numbers is the server's own.
 */

import { holdsCardNumber } from '../../src/base/card-text.ts'
import type { Texts } from '../shared/add-in-messages.ts'

export type FormField = {
  readonly id: string
  readonly displayName?: string
  readonly type: 'text' | 'amount' | 'date' | 'choice'
  readonly required: boolean
  readonly choices?: readonly string[]
}

/** What draws a custom form, with what it is given; or why there is nothing that does. */
export type LoadedAddIn = { readonly name: string; readonly version: string; readonly parameters: Texts }
export type AddIn = LoadedAddIn | { readonly missing: string }

/** What an agent may choose; a custom one is drawn by its component. */
export type Form = {
  readonly name: string
  readonly type: 'simple' | 'custom'
  readonly component?: string
  readonly addIn?: AddIn
  readonly displayName: string
  readonly title: string
  readonly description: string
  readonly fields: readonly FormField[]
}

export type Filled = Readonly<Record<string, string>>
export type FieldFault = 'missing' | 'no-amount' | 'no-date' | 'no-choice' | 'too-long' | 'card-number'

const MOST_CHARS = 1024
const AMOUNT = /^\d{1,12}(?:[.,]\d{1,3})?$/

/** @returns why a field cannot be taken as it is; undefined when it can. */
export function faultIn({ type, required, choices = [] }: FormField, given: string): FieldFault | undefined {
  const value = given.trim()
  if (holdsCardNumber(value)) return 'card-number'
  if (value === '') return required ? 'missing' : undefined
  if (value.length > MOST_CHARS) return 'too-long'
  if (type === 'amount' && !AMOUNT.test(value)) return 'no-amount'
  if (type === 'date' && !isDate(value)) return 'no-date'
  if (type === 'choice' && !choices.includes(value)) return 'no-choice'
  return undefined
}

/** @returns the faults of a form by the ids of their fields, in its order. */
export function faultsIn(fields: readonly FormField[], filled: Filled): ReadonlyMap<string, FieldFault> {
  return new Map(
    fields.flatMap((field) => {
      const fault = faultIn(field, filled[field.id] ?? '')
      return fault === undefined ? [] : [[field.id, fault] as const]
    }),
  )
}

/** @returns what goes to the server: fields that have something in them, in the form's order. */
export function sentFields(fields: readonly FormField[], filled: Filled): readonly { name: string; value: string }[] {
  return fields.flatMap(({ id }) => {
    const value = (filled[id] ?? '').trim()
    return value === '' ? [] : [{ name: id, value }]
  })
}

/** @returns what is called of a form where one is chosen. */
export function nameOf({ name, displayName, title }: Form): string {
  return displayName || title || name
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

export { holdsCardNumber }
