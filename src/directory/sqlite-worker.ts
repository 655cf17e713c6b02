/**
 * Entry of the thread that has the directory's SQLite file. SQLite waits for the disk, and signalling must not. Orders are carried out one
 * after the other; each is answered with its rows, or with what failed.
 */

import type { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { openSqliteFile } from '../base/sqlite-file.ts'
import type { SqliteAnswer, SqliteFailure, SqliteOrder, SqliteRows, SqliteTerms } from './sqlite-orders.ts'

/** Another program, such as a backup or `sotto config import`, may hold the file for a moment. */
const BUSY_MS = 5000

const { file } = workerData as SqliteTerms
let opened: DatabaseSync | undefined

function carryOut({ sql, values }: SqliteOrder): SqliteRows {
  opened ??= openSqliteFile(file, BUSY_MS)
  const statement = opened.prepare(sql)
  if (statement.columns().length > 0) return { rows: statement.all(...values), changes: 0 }
  return { rows: [], changes: Number(statement.run(...values).changes) }
}

function answerTo(order: SqliteOrder): SqliteAnswer {
  try {
    return { gave: carryOut(order) }
  } catch (thrown) {
    return { failed: failureOf(thrown) }
  }
}

function failureOf(thrown: unknown): SqliteFailure {
  if (typeof thrown !== 'object' || thrown === null) return { defect: 'unknown' }
  if ('errcode' in thrown && typeof thrown.errcode === 'number') return { errcode: thrown.errcode }
  if ('errno' in thrown && typeof thrown.errno === 'number') return { errno: thrown.errno }
  return { defect: thrown instanceof Error ? thrown.name : 'unknown' }
}

parentPort?.on('message', (order: SqliteOrder) => parentPort?.postMessage(answerTo(order)))
