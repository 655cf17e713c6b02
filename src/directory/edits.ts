/** What people do to entries, decided on the picture of the moment: create, replace, patch, remove. Pure. */

import type { Change } from './change.ts'
import { bodyProblems, completed } from './check-body.ts'
import { type Outside, pictureProblems } from './checks.ts'
import { dialPlanOf, isInFile } from './dial-plan.ts'
import type { Decision } from './directory.ts'
import { flowChangeProblems } from './flow-versions.ts'
import { type Entry, type Picture, withEntry } from './picture.ts'
import { isPlanKind } from './plan-bodies.ts'
import { sealSecrets, secretsTakenAway, withoutSecrets, withoutThese } from './secrets.ts'
import type { Kind } from './tables.ts'

/** Which revision is meant: none must be there, any may, or that of this tag must. */
export type Expected = 'none' | 'any' | { readonly tag: string }

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
  // An entry that the file has come to have too can still be taken away here.
  if (isInFile(kind, name, outside.plan.file()) && (before === undefined || how.do !== 'remove'))
    return { refused: 'directory.in-file' }
  if (expected === 'none' && before !== undefined) return { refused: 'directory.name-taken' }
  if (before === undefined && (how.do !== 'put' || typeof expected === 'object'))
    return { refused: 'directory.not-found' }
  if (typeof expected === 'object' && before !== undefined && tagOf(before) !== expected.tag)
    return { refused: 'directory.changed-meanwhile' }
  if (how.do === 'remove') return decideChanges(picture, [{ kind, name, body: undefined } as Change], outside)
  const taken = secretsTakenAway(kind, how.do === 'put' ? how.body : how.patch)
  const raw =
    how.do === 'put'
      ? withoutThese(kind, how.body, taken)
      : mergePatch(before && withoutSecrets(kind, before.body), how.patch)
  const given = completed(kind, raw)
  const problems = bodyProblems(kind, name, given)
  if (problems.length > 0) return { refused: 'directory.not-valid', problems }
  const body = sealSecrets(kind, name, given, withoutThese(kind, before?.body, taken), outside.plan.seal)
  return decideChanges(picture, [{ kind, name, body } as Change], outside)
}

/** @returns changes whose bodies are right by themselves, when the directory hangs together with them. */
export function decideChanges(picture: Picture, changes: readonly Change[], outside: Outside): Decision {
  const after = changes.reduce<Picture>(
    (at, { kind, name, body }) =>
      withEntry(at, kind, name, body === undefined ? undefined : ({ ...NOBODY, name, body } as Entry<Kind>)),
    picture,
  )
  const isOfPlan = changes.some(({ kind }) => isPlanKind(kind))
  const problemsOf = (each: Picture) => [
    ...pictureProblems(each, outside),
    ...(isOfPlan ? dialPlanOf(each, outside.plan).problems : []),
  ]
  // What was wrong before, such as a flow that was retired since, is nobody's business here.
  const known = new Set(problemsOf(picture).map(({ key }) => key))
  const problems = [
    ...flowChangeProblems(picture, changes, outside),
    ...problemsOf(after).filter(({ key }) => !known.has(key) || isTouched(key, changes)),
  ]
  if (problems.length === 0) return { changes }
  const isRemoval = changes.every(({ body }) => body === undefined)
  return { refused: isRemoval ? 'directory.referred-to' : 'directory.not-valid', problems }
}

/** @returns what names one revision of one entry: an entry made anew under the same name has other ones. */
export function tagOf({ id, revision }: Pick<Entry<Kind>, 'id' | 'revision'>): string {
  return `${id}.${revision}`
}

const NOBODY = { id: '', revision: 0, createdMs: 0, updatedMs: 0 }

function isTouched(key: string, changes: readonly Change[]): boolean {
  return changes.some(({ kind, name, body }) => body !== undefined && `${key}.`.startsWith(`${kind}.${name}.`))
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
