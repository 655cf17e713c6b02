/** What people do to entries, decided on the picture of the moment: create, replace, patch, remove. Pure. */

import type { Change } from './change.ts'
import { bodyProblems, completed, type DirectoryProblem } from './check-body.ts'
import { type Outside, pictureProblems } from './checks.ts'
import type { Decision, Refusal } from './directory.ts'
import { type Entry, type Picture, withEntry } from './picture.ts'
import type { Kind } from './tables.ts'

/** Which revision is meant: none must be there, any may, or this one must. */
export type Expected = 'none' | 'any' | number

export type Edit = {
  readonly kind: Kind
  readonly name: string
  readonly expected: Expected
  readonly how:
    | { readonly do: 'put'; readonly body: unknown }
    /** JSON merge patch (RFC 7396). */
    | { readonly do: 'patch'; readonly patch: unknown }
    | { readonly do: 'remove' }
}

/** @returns the changes of one edit, or why it is refused. */
export function decideEdit(picture: Picture, edit: Edit, outside: Outside): Decision {
  const { kind, name, expected, how } = edit
  const before = picture.entries[kind].get(name) as Entry<Kind> | undefined
  if (expected === 'none' && before !== undefined) return { refused: 'directory.name-taken' }
  if (before === undefined && (how.do !== 'put' || typeof expected === 'number'))
    return { refused: 'directory.not-found' }
  if (typeof expected === 'number' && before?.revision !== expected) return { refused: 'directory.changed-meanwhile' }
  if (how.do === 'remove') return decideChanges(picture, [{ kind, name, body: undefined } as Change], outside)
  const raw = how.do === 'put' ? how.body : mergePatch(before?.body, how.patch)
  const body = completed(kind, raw)
  const problems = bodyProblems(kind, name, body)
  if (problems.length > 0) return { refused: 'directory.not-valid', problems }
  return decideChanges(picture, [{ kind, name, body } as Change], outside)
}

/** @returns changes whose bodies are right by themselves, when the directory hangs together with them. */
export function decideChanges(picture: Picture, changes: readonly Change[], outside: Outside): Decision {
  const after = changes.reduce<Picture>(
    (at, { kind, name, body }) =>
      withEntry(at, kind, name, body === undefined ? undefined : ({ ...NOBODY, name, body } as Entry<Kind>)),
    picture,
  )
  // What was wrong before, such as a flow that was retired since, is nobody's business here.
  const known = new Set(pictureProblems(picture, outside).map(({ key }) => key))
  const problems = pictureProblems(after, outside).filter(({ key }) => !known.has(key) || isTouched(key, changes))
  if (problems.length === 0) return { changes }
  return refusalOf(problems, changes)
}

const NOBODY = { id: '', revision: 0, createdMs: 0, updatedMs: 0 }

function isTouched(key: string, changes: readonly Change[]): boolean {
  return changes.some(({ kind, name, body }) => body !== undefined && key.startsWith(`${kind}.${name}.`))
}

/** A problem elsewhere comes from something that went. */
function refusalOf(problems: readonly DirectoryProblem[], changes: readonly Change[]): Refusal {
  const refused = problems.some(({ key }) => isTouched(key, changes)) ? 'directory.not-valid' : 'directory.referred-to'
  return { refused, problems }
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const merged = new Map(typeof target === 'object' && target !== null ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}
