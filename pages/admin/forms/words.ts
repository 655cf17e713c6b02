/** Words of forms. */

import type { Bodies } from '../../../src/directory/bodies.ts'

export type Form = Bodies['forms']
export type FormField = Form['fields'][number]
export type FormSecret = Form['secrets'][number]
export type Attribute = Form['attributes'][number]

export const TYPES: readonly { readonly value: FormField['type']; readonly text: string }[] = [
  { value: 'text', text: 'Text' },
  { value: 'amount', text: 'Amount, such as 12.50' },
  { value: 'date', text: 'Date' },
  { value: 'choice', text: 'One of several' },
]

export const LABELS = {
  name: 'Name',
  type: 'Type',
  component: 'Component',
  displayName: 'Display name',
  title: 'Title of the dialog',
  description: 'Description',
  flow: 'Flow',
  fields: 'Fields',
  attributes: 'Custom attributes',
  secrets: 'Secrets',
  notes: 'Notes',
}

/** @returns what stands for a type where another is chosen: choices go with a choice alone. */
export function withType(field: FormField, type: FormField['type']): FormField {
  const { choices = [], ...others } = field
  return type === 'choice' ? { ...others, type, choices } : { ...others, type }
}
