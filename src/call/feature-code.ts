/**
 * A feature code such as `*71`, keyed on the agent's phone during a call: a pure matcher over RFC 4733 event codes. The keys come one
 * at a time with their times; a pause longer than the limit starts anew.
 *
 * The tones of a code that may be under way still reach the caller: they start a secure session and are no secret, and holding sound
 * back to find out would delay every word. It listens to the agent's leg only; a caller's keys never come here.
 */

/** How far a code has come. */
export type FeatureCodeState = {
  /** Keys matched so far. */
  readonly matched: number
  /** When the last key came, ms; undefined before the first. */
  readonly lastKeyAtMs: number | undefined
}

export const NO_KEYS: FeatureCodeState = { matched: 0, lastKeyAtMs: undefined }

/** RFC 4733 section 3.2, table 3: the place of a character is its event code. */
const KEYS = '0123456789*#ABCD'
const CODE_SHAPE = /^[0-9*#A-D]{2,8}$/

/** @returns the event codes of a feature code as a person writes it, or `undefined` when it is not two to eight keys. */
export function parseFeatureCode(text: string): readonly number[] | undefined {
  if (!CODE_SHAPE.test(text)) return undefined
  return Array.from(text, (key) => KEYS.indexOf(key))
}

/**
 * Takes one key. @param key RFC 4733 event code, 0 to 15. @param maxGapMs between two keys.
 * @returns the new state, and whether the code is complete with this key.
 */
export function stepFeatureCode(
  code: readonly number[],
  state: FeatureCodeState,
  key: number,
  nowMs: number,
  maxGapMs: number,
): readonly [state: FeatureCodeState, complete: boolean] {
  const late = state.lastKeyAtMs !== undefined && nowMs - state.lastKeyAtMs > maxGapMs
  const matched = longestMatch(code, late ? 0 : state.matched, key)
  if (matched === code.length) return [NO_KEYS, true]
  return [{ matched, lastKeyAtMs: nowMs }, false]
}

/** The longest beginning of the code that the keys so far end with: `**71` still is `*71`. */
function longestMatch(code: readonly number[], matched: number, key: number): number {
  const keys = [...code.slice(0, matched), key]
  for (let length = Math.min(keys.length, code.length); length > 0; length--) {
    const tail = keys.slice(keys.length - length)
    if (tail.every((each, at) => each === code[at])) return length
  }
  return 0
}
