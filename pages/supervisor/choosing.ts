/** Which of many calls are shown: those that fit what is looked for, a page at a time. Pure. */

import { type Call, runningIn } from './live-calls.ts'

export type Wish = {
  /** Part of a number or of an agent's name. */
  readonly text: string
  readonly secureOnly: boolean
}

export type Page<T> = {
  readonly rows: readonly T[]
  /** From 0; the last one when there are fewer than asked for. */
  readonly at: number
  readonly pages: number
  /** Place of the first row, from 1; 0 when there is none. */
  readonly first: number
  readonly all: number
}

/** @param agentOf what people call whoever works at a phone. */
export function fitting(
  calls: Iterable<Call>,
  { text, secureOnly }: Wish,
  agentOf: (account: string | undefined) => string | undefined,
): readonly Call[] {
  const wanted = text.trim().toLocaleLowerCase()
  return [...calls].filter((call) => {
    if (secureOnly && runningIn(call) === undefined) return false
    if (wanted === '') return true
    const account = call.agentLeg?.account
    return [call.from, call.to, account, agentOf(account)].some((each) => each?.toLocaleLowerCase().includes(wanted))
  })
}

export function pageOf<T>(rows: readonly T[], at: number, size: number): Page<T> {
  const pages = Math.max(1, Math.ceil(rows.length / size))
  const here = Math.min(Math.max(0, at), pages - 1)
  const shown = rows.slice(here * size, (here + 1) * size)
  return { rows: shown, at: here, pages, first: shown.length === 0 ? 0 : here * size + 1, all: rows.length }
}
