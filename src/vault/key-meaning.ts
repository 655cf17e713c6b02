/** What a key means: to the field that is asked for, or to what is being said. */

import type { CapturePlan, CaptureState, KeyKind } from './capture-terms.ts'
import type { Field } from './contract.ts'
import { isKey, type Key } from './key.ts'

const DIGIT_0 = 0x30

/** @returns what the capture machine is told of it. */
export function keyMeaning(plan: Pick<CapturePlan, 'fields'>, state: CaptureState, key: Key): KeyKind | 'pressed' {
  if (state.at === 'saying')
    return plan.fields.some(({ keys }) => isKey(key, keys.terminator)) ? 'terminator' : 'pressed'
  const field = 'field' in state ? plan.fields[state.field] : undefined
  if (field === undefined) return 'other'
  return fieldMeaning(field, key, state.at !== 'asking' && state.at !== 'listening')
}

/** Escape and more time count while nothing is keyed; so one key may be clear while something is, and one of them before. */
function fieldMeaning({ keys, validKeys }: Field, key: Key, keyed: boolean): KeyKind {
  if (!keyed && isKey(key, keys.escape)) return 'escape'
  if (!keyed && isKey(key, keys.moreTime)) return 'more-time'
  if (isKey(key, keys.terminator)) return 'terminator'
  if (isKey(key, keys.clear)) return 'clear'
  for (let i = 0; i < validKeys.length; i++) if (isKey(key, validKeys.charCodeAt(i) - DIGIT_0)) return 'digit'
  return 'other'
}
