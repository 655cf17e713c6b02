/**
 * What a screen reader says of a session that runs. Pure. The question and the stage are said when they change; how many keys there are only once the caller pauses, since a word for each would
 * talk over everything; the time once, when little is left.
 */

import type { Session } from './desk-state.ts'
import type { DeskWords } from './languages/en.ts'
import { fieldName, wordIn } from './naming.ts'

/** After the last key, ms. */
export const PAUSE_MS = 2000
const LITTLE_MS = 30_000

export function stageSpoken(words: DeskWords, session: Session): string {
  const { stage, field, fields, attempt, attempts } = session
  const said = wordIn(words.stages, stage)
  if (stage !== 'asking' || field === undefined) return said
  return `${said} ${fieldName(words, field.name, fields)}. ${words.attempt(attempt, attempts)}.`
}

export function keysSpoken(words: DeskWords, { stage, keys }: Session): string {
  return stage === 'asking' && keys > 0 ? words.keyed(keys) : ''
}

export function timeSpoken(words: DeskWords, leftMs: number): string {
  return leftMs <= LITTLE_MS ? words.lastHalfMinute : ''
}
