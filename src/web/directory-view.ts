/** Entries of the directory as the API shows them, and what it takes back. */

import { type Entry, isPlanKind, type Kind, type PastChange, tagOf, withoutSecrets } from '../directory/index.ts'
import { etagOf } from './etag.ts'

/** What is shown of an entry beside its body, and passed over when it comes back. */
const ABOUT = ['name', 'id', 'revision', 'createdAt', 'updatedAt']
/** Likewise, of the dial plan. */
const ABOUT_PLAN = ['origin', 'inUse', 'secrets', 'problems']

/** @returns an entry of a kind as JSON, without its secrets. */
export function shownEntry(kind: Kind, { id, name, revision, createdMs, updatedMs, body }: Entry<Kind>): object {
  const about = { name, id, revision, createdAt: timeText(createdMs), updatedAt: timeText(updatedMs) }
  return { ...about, ...withoutSecrets(kind, body) }
}

/** @returns the ETag of an entry. */
export function etagOfEntry(entry: Entry<Kind>): string {
  return etagOf(tagOf(entry))
}

/** @returns what of a request is the entry's body. */
export function bodyOf(kind: Kind, given: unknown): unknown {
  const about = isPlanKind(kind) ? [...ABOUT, ...ABOUT_PLAN] : ABOUT
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given
  return Object.fromEntries(Object.entries(given).filter(([member]) => !about.includes(member)))
}

/** @returns a change as JSON. */
export function shownChange({ atMs, ...change }: PastChange): object {
  return { ...change, at: timeText(atMs) }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
