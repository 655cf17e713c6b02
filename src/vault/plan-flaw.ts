/**
 * What is wrong with a plan beyond what its shape says. Asked in control before a session begins, and once more in the vault, which
 * trusts nobody.
 */

import type { Item } from './capture-terms.ts'
import type { Plan } from './contract.ts'
import { BODY_MAX, clearBody, SEALED_MAX } from './request-document.ts'
import { requestParts } from './request-parts.ts'

const HOST_SHAPE = /^[A-Za-z0-9.:_-]+$/
// What XML 1.0 section 2.2 lets no document hold, and tab, LF and CR, which attributes do not keep.
const UNWRITABLE = /[\p{Cc}\uFFFE\uFFFF]/u

export type PlanFlaw = 'no-fields' | 'lengths' | 'host' | 'text' | 'sealing-key' | 'too-large'

/** @returns why a plan cannot be carried out; `undefined` when it can. */
export function planFlaw(plan: Plan): PlanFlaw | undefined {
  const { fields, inserts, validation } = plan
  if (fields.length === 0) return 'no-fields'
  if (fields.some((field) => field.minKeys > field.maxKeys)) return 'lengths'
  if (!HOST_SHAPE.test(validation.host)) return 'host'
  const texts = [...fields.map(({ name }) => name), ...inserts.flatMap(({ name, value }) => [name, value])]
  if (texts.some((text) => UNWRITABLE.test(text) || !text.isWellFormed())) return 'text'
  if ((validation.format === 'sealed') !== (validation.sealingKey !== undefined)) return 'sealing-key'
  const largest = clearBody(plan, requestParts(plan, everyItem(plan)), 1).largest(
    (field) => fields[field]?.maxKeys ?? 0,
  )
  return largest > (validation.format === 'sealed' ? SEALED_MAX : BODY_MAX) ? 'too-large' : undefined
}

function everyItem({ inserts, fields }: Plan): readonly Item[] {
  return [
    ...inserts.map((_, index) => ({ what: 'insert', index }) as const),
    ...fields.map((_, index) => ({ what: 'field', index }) as const),
  ]
}
