/** Preconditions of a change (RFC 9110 section 13): which revision somebody has read. */

import type { IncomingHttpHeaders } from 'node:http'
import type { Expected } from '../directory/index.ts'

/** @returns the ETag of a revision. */
export function etagOf(tag: string): string {
  return `"${tag}"`
}

/** @returns what a request expects to be there; undefined when it does not say. Weak tags name no revision for a change, and fit none. */
export function expectedBy(headers: IncomingHttpHeaders): Expected | undefined {
  const match = headers['if-match']
  if (match !== undefined) return match.trim() === '*' ? 'any' : { tag: /^"([^"]*)"$/.exec(match.trim())?.[1] ?? '' }
  return headers['if-none-match']?.trim() === '*' ? 'none' : undefined
}
