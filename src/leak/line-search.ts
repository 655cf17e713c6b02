/**
 * Searches lines of JSON, such as a log or the events of the API, for a number that is spread out: over the fields of one line, or over one field
 * of many lines, a digit at a time. Also plain text, for the forms of the number. Pure.
 */

import type { Find } from './memory-search.ts'
import { searchFor } from './needle-search.ts'
import type { Needle } from './needles.ts'

type Scalar = string | number

/** @returns each form found. @param where what the text is called in a find. */
export function searchLines(text: string, needles: readonly Needle[], where: string): readonly Find[] {
  const forms = new Map<string, string>()
  const search = searchFor(needles)
  const look = (octets: Uint8Array, place: string): void => {
    const found = new Set<string>()
    search.run(octets, octets.length, found)
    for (const form of found) if (!forms.has(form)) forms.set(form, place)
  }
  look(Buffer.from(text), where)
  const columns = new Map<string, Scalar[]>()
  for (const value of jsonIn(text)) {
    const fields = scalarsOf(value, '')
    look(Buffer.from(fields.map(([, scalar]) => digitsIn(scalar)).join('')), `${where}, over the fields of a line`)
    const kind = fields.find(([path]) => path === '.type' || path === '.event')?.[1] ?? ''
    for (const [path, scalar] of fields) {
      const name = `${kind}${path}`
      const column = columns.get(name)
      if (column === undefined) columns.set(name, [scalar])
      else column.push(scalar)
    }
  }
  for (const [name, column] of columns) {
    for (const octets of dressesOf(column)) look(octets, `${where}, over the lines, field ${name}`)
  }
  return Array.from(forms, ([form, place]) => ({ form, where: place }))
}

/** The values of a field one after the other: as they are, without what is said twice, and as numbers from the least on. */
function dressesOf(column: readonly Scalar[]): Uint8Array[] {
  const numbers = column.filter((scalar) => typeof scalar === 'number' && Number.isInteger(scalar)) as number[]
  const least = numbers.reduce((low, number) => Math.min(low, number), Number.POSITIVE_INFINITY)
  const shifted = numbers.map((number) => number - least)
  return [
    Buffer.from(column.map(String).join('')),
    Buffer.from(column.map((scalar) => digitsIn(scalar)).join('')),
    ...(shifted.every((number) => number < 16) ? [Uint8Array.from(shifted)] : []),
  ]
}

function digitsIn(scalar: Scalar): string {
  return typeof scalar === 'number' ? String(scalar) : scalar.replaceAll(/\D/g, '')
}

/** Every JSON value of a text of lines, behind `data: ` too. */
function* jsonIn(text: string): Generator<unknown> {
  for (const line of text.split('\n')) {
    const start = line.indexOf('{')
    if (start < 0) continue
    try {
      yield JSON.parse(line.slice(start))
    } catch {
      // Not JSON: it was searched as text.
    }
  }
}

function scalarsOf(value: unknown, path: string): [path: string, value: Scalar][] {
  if (typeof value === 'string' || typeof value === 'number') return [[path, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => scalarsOf(member, `${path}.${name}`))
}
