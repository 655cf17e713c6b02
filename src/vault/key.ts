/**
 * A key that a caller pressed, as a type that cannot be written anywhere. It has two faces, both a number underneath:
 *
 *   Key       on its way from the transport to the entry: whoever passes it on can compare it with another key and do nothing else
 *   KeyValue  out of the entry, for the few files that check or send it: it can be calculated with, and not be turned into text
 *
 * The compiler refuses much of what should not be done with them, `scripts/check-digits.ts` the rest; it lists the files that may look.
 */

declare const sealed: unique symbol
declare const readable: unique symbol

/** RFC 4733 event code 0 to 15, sealed. */
export type Key = {
  readonly [sealed]: 'key'
  readonly toString: never
  readonly toLocaleString: never
  readonly valueOf: never
  readonly toJSON: never
}

/** The value of a key of an entry, 0 to 9, or -1 for none. */
export type KeyValue = number & {
  readonly [readable]: 'key'
  readonly toString: never
  readonly toFixed: never
  readonly toLocaleString: never
}

/** @param code RFC 4733 event code, as a transport told it. */
export function sealKey(code: number): Key {
  return code as unknown as Key
}

/** The value of a key: only for files that `scripts/check-digits.ts` names. */
export function openKey(key: Key): KeyValue {
  return key as unknown as KeyValue
}

/** In place of a key. */
export const NO_KEY: Key = sealKey(-1)

/** Whether a key is the one of a code that is no secret, such as the terminator; there may be none. */
export function isKey(key: Key, code: number | undefined): boolean {
  return (key as unknown as number) === code
}
