/** What a key means: to the field that is asked for, or to what is being said. */

import type { CapturePlan, CaptureState, KeyKind } from './capture-terms.ts'
import type { Field } from './contract.ts'

const DIGIT_0 = 0x30

/** @param code RFC 4733 event code, 0 to 15. @returns what the capture machine is told of it. */
export function keyMeaning(plan: Pick<CapturePlan, 'fields'>, state: CaptureState, code: number): KeyKind | 'pressed' {
  if (state.at === 'saying') return plan.fields.some(({ keys }) => code === keys.terminator) ? 'terminator' : 'pressed'
  const field = 'field' in state ? plan.fields[state.field] : undefined
  if (field === undefined) return 'other'
  return fieldMeaning(field, code, state.at !== 'asking' && state.at !== 'listening')
}

/** Escape and more time count while nothing is keyed; so one key may be clear while something is, and one of them before. */
function fieldMeaning({ keys, validKeys }: Field, code: number, keyed: boolean): KeyKind {
  if (!keyed && code === keys.escape) return 'escape'
  if (!keyed && code === keys.moreTime) return 'more-time'
  if (code === keys.terminator) return 'terminator'
  if (code === keys.clear) return 'clear'
  for (let i = 0; i < validKeys.length; i++) if (validKeys.charCodeAt(i) - DIGIT_0 === code) return 'digit'
  return 'other'
}
