/**
 * One text for one value: JSON in the canonical form of RFC 8785, so that a signature made here can be checked by anybody's program.
 */

import canonicalize from 'canonicalize'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** @returns the canonical text. @throws Error for what I-JSON cannot hold: a number that is not finite, half a character. */
export function canonical(value: Json): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('no JSON value')
  return text
}
