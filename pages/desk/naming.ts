/** What things of the server are called in the words of the desk. Pure. */

import type { ProblemBody } from '../shared/api.ts'
import type { DeskWords } from './languages/en.ts'

/** @returns a word of a list that the server may add to; what it is called there when it is new. */
export function wordIn(list: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(list, name) ? (list[name] ?? name) : name
}

/** @returns a refusal in the language of the agent; as the server says it where that has no words for it. */
export function inWords(words: DeskWords, problem: ProblemBody): ProblemBody {
  const known = Object.entries(words.faults).find(([code]) => code === problem.code)?.[1]
  return known === undefined ? problem : { ...problem, title: known.title, detail: known.todo }
}

type NamedField = { readonly name: string; readonly kind: string }

/** @returns what a field of a flow is called: by its kind, where there is one of that kind and we have a word for it; else as the flow calls it. */
export function fieldName(words: DeskWords, name: string, fields: readonly NamedField[]): string {
  const kind = fields.find((field) => field.name === name)?.kind ?? ''
  const isOnly = fields.filter((field) => field.kind === kind).length === 1
  return isOnly && Object.hasOwn(words.kinds, kind) ? wordIn(words.kinds, kind) : name
}
