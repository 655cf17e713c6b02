/**
 * The steps from an empty database to what this program works with, each once and in order. A step that was released never changes; what comes
 * later is a step of its own. They are the same for SQLite and PostgreSQL.
 */

import { sql } from 'kysely'
import { fault } from '../base/fault.ts'

import { createPeopleTables, createProviderSessions, createProviderTables } from './people-tables.ts'
import { createEntryTable, createPlanTables } from './plan-tables.ts'
import type { Database, Kind } from './tables.ts'

export type Engine = 'sqlite' | 'postgres'
type Step = (db: Database) => Promise<void>

const STEPS: readonly Step[] = [
  createTables,
  createPeopleTables,
  createProviderTables,
  createPlanTables,
  createProviderSessions,
]

/** What this program works with. */
export const SCHEMA_NUMBER = STEPS.length

/**
 * Takes a database to the schema of this program, in one transaction: it is there whole, or not at all.
 * @throws Fault `directory.newer` when a later program has been at work, `directory.*`
 */
export async function migrate(db: Database, engine: Engine, steps: readonly Step[] = STEPS): Promise<void> {
  await db.transaction().execute(async (within) => {
    // Two servers that start at once on one PostgreSQL: the second finds what the first has made.
    if (engine === 'postgres') await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(within)
    await within.schema
      .createTable('meta')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'bigint', (column) => column.notNull())
      .execute()
    const at = await schemaOf(within)
    if (at > steps.length) throw fault('directory.newer', { schema: at })
    if (at === steps.length) return
    for (const step of steps.slice(at)) await step(within)
    await within
      .insertInto('meta')
      .values({ name: 'schema', value: steps.length })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: steps.length }))
      .execute()
  })
}

/** Any number that nobody else takes. */
const LOCK = 7_686_473

/** @returns the schema of a database that has the table `meta`; 0 when it is empty. */
export async function schemaOf(db: Database): Promise<number> {
  const row = await db.selectFrom('meta').select('value').where('name', '=', 'schema').executeTakeFirst()
  return Number(row?.value ?? 0)
}

const FIRST_KINDS: readonly Kind[] = ['users', 'flows', 'forms', 'workgroups']

async function createTables(db: Database): Promise<void> {
  for (const kind of FIRST_KINDS) await createEntryTable(db, kind)
  await db.schema
    .createTable('changes')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('entry_id', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('by_whom', 'text', (column) => column.notNull())
    .addColumn('difference', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('changes_key', ['entry_id', 'revision'])
    .execute()
  await db.schema.createIndex('changes_at').on('changes').columns(['at_ms', 'entry_id']).execute()
  await db.schema
    .createTable('requests')
    .addColumn('request_key', 'text', (column) => column.notNull())
    .addColumn('by_whom', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('requests_key', ['by_whom', 'request_key'])
    .execute()
  await db
    .insertInto('meta')
    .values([
      { name: 'generation', value: 0 },
      { name: 'in-charge', value: 0 },
    ])
    .execute()
}
