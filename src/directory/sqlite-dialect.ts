/**
 * SQLite for Kysely, over the thread that has the file. There is one connection, so whoever wants it waits for his turn: a transaction has it
 * to its end.
 */

import type { SQLInputValue } from 'node:sqlite'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { type SqliteThread, startSqliteThread } from './sqlite-thread.ts'

/** @returns the dialect for a file; nothing is opened before the first query. */
export function sqliteDialect(file: string, startThread: typeof startSqliteThread = startSqliteThread): Dialect {
  return {
    createDriver: () => new ThreadDriver(() => startThread({ file })),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  }
}

class ThreadDriver implements Driver {
  readonly #start: () => SqliteThread
  #connection: ThreadConnection | undefined
  /** Ends when whoever has the connection lets go of it. */
  #turn: Promise<void> = Promise.resolve()
  #letGo: () => void = () => undefined

  constructor(start: () => SqliteThread) {
    this.#start = start
  }

  async init(): Promise<void> {
    this.#connection = new ThreadConnection(this.#start())
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#turn
    let letGo: () => void = () => undefined
    this.#turn = new Promise((resolve) => {
      letGo = resolve
    })
    await before
    this.#letGo = letGo
    if (this.#connection === undefined) throw new Error('the driver was not initialised')
    return this.#connection
  }

  async releaseConnection(): Promise<void> {
    this.#letGo()
  }

  /** Immediate: whoever reads first and writes then must not find that somebody else has written meanwhile. */
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'))
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('COMMIT'))
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk ends a transaction by itself, and then there is none to roll back.
    await connection.executeQuery(CompiledQuery.raw('ROLLBACK')).catch(() => undefined)
  }

  async destroy(): Promise<void> {
    await this.#connection?.end()
    this.#connection = undefined
  }
}

class ThreadConnection implements DatabaseConnection {
  readonly #thread: SqliteThread

  constructor(thread: SqliteThread) {
    this.#thread = thread
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changes } = await this.#thread.ask({ sql, values: parameters as readonly SQLInputValue[] })
    return { rows: [...rows] as R[], numAffectedRows: BigInt(changes) }
  }

  // biome-ignore lint/correctness/useYield: the directory reads nothing piece by piece
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('not supported')
  }

  end(): Promise<void> {
    return this.#thread.end()
  }
}
