/** PostgreSQL for Kysely, for several servers that share a directory. */

import { type CompiledQuery, type DatabaseConnection, type Dialect, type Driver, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Secret } from '../base/secret.ts'
import { postgresTrouble } from './trouble.ts'

const MOST_CONNECTIONS = 4
const CONNECT_MS = 5000
/** A query that takes longer is given up: the database does not answer. */
const QUERY_MS = 10_000
/** `bigint`: times in milliseconds, which a number holds. */
const INT8 = 20

/** @returns the dialect; connections are made when they are needed. */
export function postgresDialect(url: Secret): Dialect {
  const types = new pg.TypeOverrides()
  types.setTypeParser(INT8, Number)
  const pool = new pg.Pool({
    connectionString: url.reveal(),
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    allowExitOnIdle: true,
    types,
  })
  // A connection that breaks while nobody uses it: the next query makes another one, or says why it cannot.
  pool.on('error', () => undefined)
  // And one that breaks in use: its query is told, and an event that nobody hears would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const dialect = new PostgresDialect({ pool })
  return {
    createDriver: () => telling(dialect.createDriver()),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  }
}

/** The same driver, with faults of the table in the place of what `pg` throws. */
function telling(driver: Driver): Driver {
  const acquire = driver.acquireConnection.bind(driver)
  const connections = new WeakSet<DatabaseConnection>()
  driver.acquireConnection = async () => {
    const connection = await acquire().catch((thrown: unknown) => {
      throw postgresTrouble(thrown)
    })
    if (connections.has(connection)) return connection
    connections.add(connection)
    const execute = connection.executeQuery.bind(connection)
    connection.executeQuery = <R>(query: CompiledQuery) =>
      execute<R>(query).catch((thrown: unknown) => {
        throw postgresTrouble(thrown)
      })
    return connection
  }
  return driver
}
