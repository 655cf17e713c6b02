/** The thread that has the SQLite file, as signalling sees it: orders that are answered in their time. */

import { Worker } from 'node:worker_threads'
import { fault } from '../base/fault.ts'
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

type Waiting = { readonly take: (answer: SqliteAnswer) => void; readonly fail: (thrown: unknown) => void }

/** Starts one. It keeps the process from ending while an order is out, and no longer. */
export function startSqliteThread(terms: SqliteTerms): SqliteThread {
  const worker = new Worker(new URL(`./sqlite-worker${EXTENSION}`, import.meta.url), {
    workerData: terms,
    execArgv: [],
  })
  const waiting: Waiting[] = []
  let died: unknown
  let ending = false
  worker.unref()
  worker.on('message', (answer: SqliteAnswer) => {
    waiting.shift()?.take(answer)
    if (waiting.length === 0 && !ending) worker.unref()
  })
  worker.on('error', (error) => {
    died = error
  })
  worker.on('exit', () => {
    died = fault('base.internal', {}, died)
    for (const { fail } of waiting.splice(0)) fail(died)
  })
  return {
    ask: (order) =>
      new Promise((resolve, reject) => {
        if (died !== undefined) return reject(died)
        const take = (answer: SqliteAnswer) => {
          if ('gave' in answer) resolve(answer.gave)
          else reject(sqliteFault(answer.failed))
        }
        waiting.push({ take, fail: reject })
        worker.ref()
        worker.postMessage(order)
      }),
    async end() {
      // What waits for its end must not find that the process has ended first.
      ending = true
      worker.ref()
      await worker.terminate()
    },
  }
}
