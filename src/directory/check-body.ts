/** Whether what somebody wrote fits the schema of its kind, with defaults filled in; and that no card number stands in it (PC-37, N-19). */

import type { TSchema } from 'typebox'
import { Default } from 'typebox/value'
import { holdsCardNumber } from '../base/card-text.ts'
import { keyOf, type SchemaNode } from '../base/config-sources.ts'
import { misfitsOf } from '../base/misfits.ts'
import { aFlowVersion, aName, type Bodies, bodySchemas } from './bodies.ts'
import { ordered } from './member-order.ts'
import { isPlanKind } from './plan-bodies.ts'
import type { Kind } from './tables.ts'

/** Something wrong, and where. */
export type DirectoryProblem = { readonly key: string; readonly says: string; readonly advice: string }

/** @returns a body with every default in its place, and its members in one order. @param body anything; not changed. */
export function completed<K extends Kind>(kind: K, body: unknown): Bodies[K] {
  const schema: TSchema = bodySchemas[kind]
  return ordered(schema as SchemaNode, Default(schema, structuredClone(body))) as Bodies[K]
}

/** @returns what is wrong with a name and a completed body by themselves. */
export function bodyProblems(kind: Kind, name: string, body: unknown): readonly DirectoryProblem[] {
  const misfits = misfitsOf(bodySchemas[kind] as TSchema, body)
  const misnamed = misfitsOf(kind === 'flows' ? aFlowVersion : aName, name)
  const cards = cardPlaces(isPlanKind(kind) ? textOf(body) : body, '').map((key) => ({
    key,
    says: 'There is a card number here.',
    advice: 'Remove it: only callers key card numbers, and nothing of this was kept.',
  }))
  return [
    ...misnamed.map(({ says, advice }) => ({ key: 'name', says, advice })),
    ...(!isPlanKind(kind) && holdsCardNumber(name)
      ? [{ key: 'name', says: 'This may be a card number.', advice: 'Choose another name.' }]
      : []),
    ...misfits.map(({ path, says, advice }) => ({ key: keyOf(path), says, advice })),
    ...cards,
  ]
}

/** A dial plan is full of numbers that are dialled, and some of them look like a card's; its text has no business with one. */
function textOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'displayName' in body ? { displayName: body.displayName } : {}
}

/** Places whose own name may hold one are named by what is around them. */
function cardPlaces(value: unknown, key: string): readonly string[] {
  if (typeof value === 'string') return holdsCardNumber(value) ? [key] : []
  if (Array.isArray(value)) return value.flatMap((item, at) => cardPlaces(item, `${key}[${at}]`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, child]) =>
    holdsCardNumber(name) ? [key] : cardPlaces(child, key === '' ? name : `${key}.${name}`),
  )
}
