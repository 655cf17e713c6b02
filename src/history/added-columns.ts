/**
 * Columns that came to the tables after their first version. A file gets those that it lacks when it is opened to write; who does not know them,
 * an older Sotto for one, reads and writes it all the same.
 */

import type { DatabaseSync } from 'node:sqlite'

type Added = {
  readonly table: 'calls' | 'legs'
  readonly column: string
  readonly type: 'TEXT'
  readonly index: string
}

const ADDED: readonly Added[] = [
  { table: 'legs', column: 'session_uuid', type: 'TEXT', index: 'CREATE INDEX legs_session ON legs (session_uuid)' },
]

/** Adds what is missing, all of it or nothing. */
export function addColumns(database: DatabaseSync): void {
  const missing = ADDED.filter(({ table, column }) => !hasColumn(database, table, column))
  if (missing.length === 0) return
  const added = missing.map(
    ({ table, column, type, index }) => `ALTER TABLE ${table} ADD COLUMN ${column} ${type}; ${index};`,
  )
  database.exec(`BEGIN IMMEDIATE; ${added.join(' ')} COMMIT;`)
}

/** @returns whether a table has a column: a file that is only read may lack one. */
export function hasColumn(database: DatabaseSync, table: Added['table'], column: string): boolean {
  return database.prepare(`SELECT 1 FROM pragma_table_info('${table}') WHERE name = ?`).get(column) !== undefined
}
