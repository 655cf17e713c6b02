/**
 * What an agent filled in, held against the form (PC-26, PC-31, PC-34): missing and misshapen fields are refused, and unknown ones where the form is drawn from its fields; the rest goes along
 * in the form's order, its custom attributes behind it. The component of a custom form may give more than the form has fields for, by names that are compared without case (PC-84). Whether
 * a value holds a card number is looked at where the session begins.
 */

import { type Bodies, FIELD_ID } from './bodies.ts'

type Form = Bodies['forms']
type Filled = { readonly name: string; readonly value: string }

export type FormFill =
  | { readonly fields: readonly Filled[] }
  /** Place of the field in the form, or in what was filled in when the form has none of that name. */
  | {
      readonly refused:
        | 'secure.form-not-filled'
        | 'secure.unknown-form-field'
        | 'secure.twice-in-form'
        | 'secure.bad-form'
      readonly field: number
    }

/** As many as a session takes along, with some left for its flow. */
export const MOST_ITEMS = 30
const AMOUNT = /^\d{1,12}(?:[.,]\d{1,3})?$/
const NAME = new RegExp(FIELD_ID.pattern, 'u')

/** @returns what goes along with a session of the form, or the first field that is wrong. */
export function fillForm(form: Form, filled: readonly Filled[]): FormFill {
  return form.type === 'custom' ? fillCustom(form, filled) : fillSimple(form, filled)
}

function fillSimple({ fields, attributes }: Form, filled: readonly Filled[]): FormFill {
  const unknown = filled.findIndex(({ name }) => !fields.some(({ id }) => id === name))
  if (unknown >= 0) return { refused: 'secure.unknown-form-field', field: unknown }
  const values = new Map(filled.map(({ name, value }) => [name, value.trim()]))
  const wrong = fields.findIndex((field) => !isRight(field, values.get(field.id) ?? ''))
  if (wrong >= 0) return { refused: 'secure.form-not-filled', field: wrong }
  return { fields: [...declared(fields, (id) => values.get(id)), ...plain(attributes)] }
}

function fillCustom({ fields, attributes }: Form, filled: readonly Filled[]): FormFill {
  const given = filled.map(({ name, value }) => ({ name, key: keyOf(name), value: value.trim() }))
  const misnamed = given.findIndex(({ name }) => !NAME.test(name) || name.length > FIELD_ID.maxLength)
  if (misnamed >= 0) return { refused: 'secure.bad-form', field: misnamed }
  // What an administrator has set is not for a component to say otherwise.
  const taken = new Set(attributes.map(({ name }) => keyOf(name)))
  for (const [place, { key }] of given.entries()) {
    if (taken.has(key)) return { refused: 'secure.twice-in-form', field: place }
    taken.add(key)
  }
  const values = new Map(given.map(({ key, value }) => [key, value]))
  const wrong = fields.findIndex((field) => !isRight(field, values.get(keyOf(field.id)) ?? ''))
  if (wrong >= 0) return { refused: 'secure.form-not-filled', field: wrong }
  const known = new Set(fields.map(({ id }) => keyOf(id)))
  const more = given.filter(({ key }) => !known.has(key))
  const all = [...declared(fields, (id) => values.get(keyOf(id))), ...plain(more), ...plain(attributes)]
  return all.length > MOST_ITEMS ? { refused: 'secure.bad-form', field: MOST_ITEMS } : { fields: all }
}

/** @returns what two names have in common that are the same in whatever case and form they are written (Unicode, annex 15). */
export function keyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

function declared(fields: Form['fields'], valueFor: (id: string) => string | undefined): readonly Filled[] {
  return fields.flatMap(({ id }) => {
    const value = valueFor(id)
    return value === undefined ? [] : [{ name: id, value }]
  })
}

function plain(items: readonly Filled[]): readonly Filled[] {
  return items.map(({ name, value }) => ({ name, value }))
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
