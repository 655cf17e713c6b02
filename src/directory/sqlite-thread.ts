/** The thread that has the SQLite file, as signalling sees it: orders that are answered in their time. */

import { startThread } from '../base/asked-thread.ts'
import type { SqliteAnswer, SqliteOrder, SqliteRows, SqliteTerms } from './sqlite-orders.ts'
import { sqliteFault } from './trouble.ts'

export type SqliteThread = {
  /** @throws Fault `directory.*`; `base.internal` when the thread has died. */
  ask(order: SqliteOrder): Promise<SqliteRows>
  /** Ends it, whatever it does. */
  end(): Promise<void>
}

/** Node's file name extension of this very run: sources as they are, or compiled. */
const EXTENSION = import.meta.filename.slice(-3)

/** Starts one. */
export function startSqliteThread(terms: SqliteTerms): SqliteThread {
  const thread = startThread<SqliteOrder, SqliteAnswer>(new URL(`./sqlite-worker${EXTENSION}`, import.meta.url), terms)
  return {
    async ask(order) {
      const answer = await thread.ask(order)
      if ('gave' in answer) return answer.gave
      throw sqliteFault(answer.failed)
    },
    end: thread.end,
  }
}
