/**
 * Versions of flows that are kept in the store rather than in files: sessions take both alike, numbered in one series. A version that was published
 * never changes and never goes; it can be retired. Pure.
 */

import type { Change } from './change.ts'
import { bodyProblems, type DirectoryProblem } from './check-body.ts'
import type { Outside } from './checks.ts'
import type { Decision } from './directory.ts'
import type { Picture } from './picture.ts'

/** A version as whoever reads flows wants it. */
export type StoredVersion = {
  readonly id: string
  readonly version: number
  readonly text: string
  readonly retired: boolean
}

const stored = new WeakMap<Picture, readonly StoredVersion[]>()

/** @returns every version in the store; made once for each picture. */
export function versionsIn(picture: Picture): readonly StoredVersion[] {
  const known = stored.get(picture)
  if (known !== undefined) return known
  const versions = [...picture.entries.flows.values()].map(({ name, body }) => ({ ...refOf(name), ...body }))
  stored.set(picture, versions)
  return versions
}

/** @returns whether the store has a flow, or one version of it, for sessions to take. */
export function holdsFlow(picture: Picture, ref: string): boolean {
  return versionsIn(picture).some(({ id, version, retired }) => !retired && (ref === id || ref === `${id}@${version}`))
}

/**
 * Publishes a text as the next version.
 * @param newestFile number of the newest version in files; 0 when there is none.
 * @param basedOn number of the newest version that its writer has seen, 0 for none; undefined where he does not say.
 */
export function decidePublish(
  picture: Picture,
  asked: { readonly id: string; readonly text: string; readonly newestFile: number; readonly basedOn?: number },
  outside: Pick<Outside, 'flowProblems'>,
): Decision {
  const { id, text, newestFile, basedOn } = asked
  const versions = versionsIn(picture).filter((each) => each.id === id)
  const newest = versions.toSorted((one, other) => other.version - one.version)[0]
  if (newest !== undefined && newest.version > newestFile && !newest.retired && newest.text === text)
    return { changes: [] }
  const last = Math.max(newest?.version ?? 0, newestFile)
  if (basedOn !== undefined && basedOn !== last) return { refused: 'flow.changed-meanwhile' }
  const version = last + 1
  const name = `${id}@${version}`
  const body = { text, retired: false }
  const changes: readonly Change[] = [{ kind: 'flows', name, body }]
  const problems = [...bodyProblems('flows', name, body), ...flowChangeProblems(picture, changes, outside)]
  return problems.length > 0 ? { refused: 'flow.not-valid', problems } : { changes }
}

/** @returns what is wrong with changes of flows. */
export function flowChangeProblems(
  picture: Picture,
  changes: readonly Change[],
  outside: Pick<Outside, 'flowProblems'>,
): readonly DirectoryProblem[] {
  return changes.flatMap((change): readonly DirectoryProblem[] => {
    if (change.kind !== 'flows') return []
    const { name, body } = change
    const before = picture.entries.flows.get(name)
    const key = `flows.${name}`
    const advice = 'Publish another one, and retire this one.'
    if (body === undefined) return [{ key, says: 'A version that was published cannot be removed.', advice }]
    if (before === undefined) {
      const { id, version } = refOf(name)
      return outside
        .flowProblems(id, version, body.text)
        .map((problem) => ({ ...problem, key: `${key}.${problem.key}` }))
    }
    return before.body.text === body.text
      ? []
      : [{ key: `${key}.text`, says: 'A version that was published cannot be changed.', advice }]
  })
}

function refOf(name: string): { readonly id: string; readonly version: number } {
  const at = name.indexOf('@')
  return { id: name.slice(0, at), version: Number(name.slice(at + 1)) }
}
