/** The history of entries: who changed what, and when (PC-36, PCI DSS 10.2). */

import type { Milliseconds } from '../base/units.ts'
import type { ChangeAction, Difference } from './change.ts'
import type { Database, Kind } from './tables.ts'

export type PastChange = {
  readonly name: string
  readonly revision: number
  readonly action: ChangeAction
  readonly atMs: Milliseconds
  readonly by: string
  readonly difference: Difference
}

/** Of what lies elsewhere, the directory keeps the history alone. */
export type NotedKind = 'prompts'

export type HistoryQuestion = {
  readonly kind: Kind | NotedKind
  readonly name: string
  /** How many changes of the newest are passed over. */
  readonly skip: number
  readonly limit: number
}

/** @returns changes of a name, newest first; those of an entry that has gone, too. @throws Fault `directory.*` */
export async function readHistory(
  db: Database,
  { kind, name, skip, limit }: HistoryQuestion,
): Promise<readonly PastChange[]> {
  const rows = await db
    .selectFrom('changes')
    .selectAll()
    .where('kind', '=', kind)
    .where('name', '=', name)
    .orderBy('at_ms', 'desc')
    .orderBy('revision', 'desc')
    .limit(limit)
    .offset(skip)
    .execute()
  return rows.map((row) => ({
    name: row.name,
    revision: Number(row.revision),
    action: row.action as ChangeAction,
    atMs: Number(row.at_ms),
    by: row.by_whom,
    difference: JSON.parse(row.difference),
  }))
}

export type Note = Pick<PastChange, 'name' | 'action' | 'atMs' | 'by' | 'difference'> & { readonly kind: NotedKind }

/** Writes what became of something that lies elsewhere. @throws Fault `directory.*` */
export async function noteChange(db: Database, { kind, name, action, atMs, by, difference }: Note): Promise<void> {
  const entryId = `${kind}/${name}`
  await db.transaction().execute(async (within) => {
    const { last } = await within
      .selectFrom('changes')
      .select((eb) => eb.fn.max('revision').as('last'))
      .where('entry_id', '=', entryId)
      .executeTakeFirstOrThrow()
    const revision = Number(last ?? 0) + 1
    const row = { kind, entry_id: entryId, revision, name, action, at_ms: atMs, by_whom: by }
    await within
      .insertInto('changes')
      .values({ ...row, difference: JSON.stringify(difference) })
      .execute()
  })
}
