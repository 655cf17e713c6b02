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

export type HistoryQuestion = {
  readonly kind: Kind
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
