/** Tables of entries, and the step that makes those of the dial plan. */

import type { Database, Kind } from './tables.ts'

/** Makes the table of a kind; all have the same columns. */
export async function createEntryTable(db: Database, kind: Kind): Promise<void> {
  await db.schema
    .createTable(kind)
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('created_ms', 'bigint', (column) => column.notNull())
    .addColumn('updated_ms', 'bigint', (column) => column.notNull())
    .execute()
}

/** The step that makes those of trunks, phones and routes. */
export async function createPlanTables(db: Database): Promise<void> {
  const kinds: readonly Kind[] = ['phones', 'trunks', 'routes']
  for (const kind of kinds) await createEntryTable(db, kind)
}
