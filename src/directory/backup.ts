/**
 * Backup and restore. A backup is one SQLite file, whatever engine the directory is on; it is written beside its place, checked, and only then put
 * there. Restoring checks and brings up to date a copy first, keeps what was there aside, and replaces it at once.
 */

import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { Kysely, sql } from 'kysely'
import { fault } from '../base/fault.ts'
import { connect, type StoreTerms } from './directory.ts'
import { migrate, SCHEMA_NUMBER, schemaOf } from './migrations.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import type { Database, Tables } from './tables.ts'

const OWNER_FILE = 0o600
/** What SQLite puts beside a file. */
const BESIDE = ['-wal', '-shm']
/** Rows that are written at once; each value is a parameter, and SQLite takes 32,766. */
const ROWS_AT_ONCE = 500

/** What is in a store, for whoever looks at a backup. */
export type Contents = Readonly<Record<string, number>>

/** Writes a backup; a server may go on using the store. @returns rows by table. @throws Fault `directory.*` */
export async function backUp(store: StoreTerms, file: string): Promise<Contents> {
  const beside = `${file}.${process.pid}.new`
  if (!existsSync(dirname(file))) throw fault('directory.backup-not-written')
  try {
    if ('file' in store) await copySqlite(store.file, beside)
    else await copyPostgres(store, beside)
    chmodSync(beside, OWNER_FILE)
    const contents = await checked(beside)
    putInPlace(beside, file)
    return contents
  } catch (thrown) {
    throw fileTrouble(thrown)
  } finally {
    removeAll(beside)
  }
}

/**
 * Puts a backup in the place of a directory that no server uses.
 * @param aside where what is there is kept.
 * @returns rows by table. @throws Fault `directory.newer`, `directory.damaged`, `directory.*`; then nothing was changed
 */
export async function restore(store: StoreTerms, file: string, aside: string): Promise<Contents> {
  const beside = `${'file' in store ? store.file : file}.${process.pid}.restoring`
  try {
    if (!existsSync(file)) throw fault('directory.not-readable')
    await checked(file)
    copyFileSync(file, beside)
    chmodSync(beside, OWNER_FILE)
    await withSqlite(beside, (db) => migrate(db, 'sqlite'))
    const contents = await checked(beside)
    if ('file' in store) {
      await keepAside(store.file, aside)
      putInPlace(beside, store.file)
    } else {
      await backUp(store, aside)
      await withSqlite(beside, (from) => withStore(store, (to) => refill(from, to)))
    }
    return contents
  } catch (thrown) {
    throw fileTrouble(thrown)
  } finally {
    removeAll(beside)
  }
}

/** `VACUUM INTO` writes what is committed at one moment, while others write (sqlite.org/lang_vacuum.html). */
async function copySqlite(from: string, to: string): Promise<void> {
  if (!existsSync(from)) throw fault('directory.not-readable')
  await withSqlite(from, async (db) => void (await sql`VACUUM INTO ${to}`.execute(db)))
}

async function copyPostgres(store: StoreTerms, file: string): Promise<void> {
  await withSqlite(file, async (to) => {
    await migrate(to, 'sqlite')
    await withStore(store, async (from) => {
      const at = await schemaOf(from)
      if (at !== SCHEMA_NUMBER) throw fault(at > SCHEMA_NUMBER ? 'directory.newer' : 'directory.older', { schema: at })
      await from
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute((within) => to.transaction().execute((target) => copyRows(within, target)))
    })
  })
}

/** Servers that run on it find that it has changed, whatever the backup's own count says. */
async function refill(from: Database, to: Database): Promise<void> {
  await migrate(to, 'postgres')
  await to.transaction().execute(async (within) => {
    const held = await within
      .updateTable('meta')
      .set((eb) => ({ value: eb('value', '+', 1) }))
      .where('name', '=', 'generation')
      .returning('value')
      .executeTakeFirstOrThrow()
    await copyRows(from, within)
    await within
      .updateTable('meta')
      .set((eb) => ({ value: eb('value', '+', Number(held.value)) }))
      .where('name', '=', 'generation')
      .execute()
  })
}

/** Empties every table of the target and fills it with the rows of the source; both have the same schema. */
async function copyRows(from: Database, to: Database): Promise<void> {
  for (const table of await tablesOf(from)) {
    const name = table as keyof Tables
    const rows = await from.selectFrom(name).selectAll().execute()
    await to.deleteFrom(name).execute()
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      await to
        .insertInto(name)
        .values(rows.slice(at, at + ROWS_AT_ONCE) as never)
        .execute()
    }
  }
}

/** @returns rows by table. @throws Fault `directory.newer`, `directory.damaged` */
async function checked(file: string): Promise<Contents> {
  return withSqlite(file, async (db) => {
    const { rows } = await sql<{ integrity_check: string }>`PRAGMA integrity_check`.execute(db)
    if (rows[0]?.integrity_check !== 'ok') throw fault('directory.damaged')
    const tables = await tablesOf(db)
    const at = tables.includes('meta') ? await schemaOf(db) : 0
    if (at === 0) throw fault('directory.damaged')
    if (at > SCHEMA_NUMBER) throw fault('directory.newer', { schema: at })
    const counts = tables.map(async (table) => {
      const { count } = await db
        .selectFrom(table as keyof Tables)
        .select((eb) => eb.fn.countAll().as('count'))
        .executeTakeFirstOrThrow()
      return [table, Number(count)] as const
    })
    return Object.fromEntries(await Promise.all(counts))
  })
}

async function tablesOf(db: Database): Promise<readonly string[]> {
  const tables = await db.introspection.getTables()
  return tables.filter(({ isView }) => !isView).map(({ name }) => name)
}

async function withSqlite<T>(file: string, work: (db: Database) => Promise<T>): Promise<T> {
  return using(new Kysely<Tables>({ dialect: sqliteDialect(file) }), work)
}

async function withStore<T>(store: StoreTerms, work: (db: Database) => Promise<T>): Promise<T> {
  return using(connect(store).db, work)
}

async function using<T>(db: Database, work: (db: Database) => Promise<T>): Promise<T> {
  try {
    return await work(db)
  } finally {
    await db.destroy()
  }
}

/**
 * What is there gets a second name, so that there is a directory at every moment: without one, a server would begin an empty one. Its journal is
 * brought into it, or, where it is damaged, goes aside too: the file that comes must not find it.
 */
async function keepAside(file: string, aside: string): Promise<void> {
  if (!existsSync(file)) return
  await withSqlite(file, (db) => sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db)).catch(() => undefined)
  for (const ending of BESIDE) {
    if (existsSync(file + ending)) renameSync(file + ending, aside + ending)
  }
  linkSync(file, aside)
}

/** On the disk whole before it gets its name, and its name on the disk before it counts. */
function putInPlace(from: string, to: string): void {
  for (const path of [from, dirname(to)]) {
    if (path !== from) renameSync(from, to)
    const opened = openSync(path, 'r')
    try {
      fsyncSync(opened)
    } finally {
      closeSync(opened)
    }
  }
}

function removeAll(file: string): void {
  for (const ending of ['', ...BESIDE]) rmSync(file + ending, { force: true })
}

function fileTrouble(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !('errno' in thrown) || !('code' in thrown)) return thrown
  return fault(thrown.code === 'ENOSPC' ? 'directory.disk-full' : 'directory.not-writable', {}, thrown)
}
