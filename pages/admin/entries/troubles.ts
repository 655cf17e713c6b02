/** What the server found not right, by the field that it is about. Pure. */

import type { Trouble } from '../../shared/api.ts'

export type Troubles = {
  /** What is wrong at a place such as `fields[0].id`. */
  at(place: string): string | undefined
  /** What is wrong at any place that begins so, such as `fields[0]`. */
  within(place: string): boolean
}

/** @param kind of the entry. @param name of the entry: the server looks at the whole directory, where places begin with both. */
export function troublesOf(problems: readonly Trouble[], kind: string, name: string): Troubles {
  const rows = problems.map((trouble) => rowOf(trouble, kind, name))
  return {
    at: (place) => {
      const texts = rows.filter(({ key }) => key === place).map(({ text }) => text)
      return texts.length === 0 ? undefined : [...new Set(texts)].join(' ')
    },
    within: (place) =>
      rows.some(({ key }) => key === place || (key.startsWith(place) && /^[.[]/.test(key.slice(place.length)))),
  }
}

export const NO_TROUBLES: Troubles = troublesOf([], '', '')

function rowOf({ key = '', says = '', advice = '' }: Trouble, kind: string, name: string) {
  const around = `${kind}.${name}.`
  if (key.startsWith(around)) return { key: key.slice(around.length), text: `${says} ${advice}` }
  // What two of a kind may not have in common may be found at the other one.
  const other = key.startsWith(`${kind}.`) ? /^(.+)\.(\w+)$/.exec(key.slice(kind.length + 1)) : null
  if (other?.[1] !== undefined && other[2] !== undefined) return { key: other[2], text: `${says} It is ${other[1]}.` }
  return { key, text: `${says} ${advice}`.trim() }
}
