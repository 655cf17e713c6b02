/**
 * What an agent filled in, held against the form (PC-26, PC-31, PC-34): unknown, missing and misshapen fields are refused; the rest goes along
 * in the form's order, its custom attributes behind it. Whether a value holds a card number is looked at where the session begins.
 */

import type { Bodies } from './bodies.ts'

type Form = Bodies['forms']
type Filled = { readonly name: string; readonly value: string }

export type FormFill =
  | { readonly fields: readonly Filled[] }
  /** Place of the field in the form, or in what was filled in when the form has none of that name. */
  | { readonly refused: 'secure.form-not-filled' | 'secure.unknown-form-field'; readonly field: number }

const AMOUNT = /^\d{1,12}(?:[.,]\d{1,3})?$/

/** @returns what goes along with a session of the form, or the first field that is wrong. */
export function fillForm({ fields, attributes }: Form, filled: readonly Filled[]): FormFill {
  const unknown = filled.findIndex(({ name }) => !fields.some(({ id }) => id === name))
  if (unknown >= 0) return { refused: 'secure.unknown-form-field', field: unknown }
  const values = new Map(filled.map(({ name, value }) => [name, value.trim()]))
  const wrong = fields.findIndex((field) => !isRight(field, values.get(field.id) ?? ''))
  if (wrong >= 0) return { refused: 'secure.form-not-filled', field: wrong }
  const given = fields.flatMap(({ id }) => {
    const value = values.get(id)
    return value === undefined ? [] : [{ name: id, value }]
  })
  return { fields: [...given, ...attributes.map(({ name, value }) => ({ name, value }))] }
}

function isRight({ required, type, choices = [] }: Form['fields'][number], value: string): boolean {
  if (value === '') return !required
  if (type === 'amount') return AMOUNT.test(value)
  if (type === 'date') return isDate(value)
  return type !== 'choice' || choices.includes(value)
}

/** A day that there is (ISO 8601-1, calendar date). */
function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
