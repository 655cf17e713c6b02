/** What is said between the thread of signalling and the one that has the SQLite file. Types only. */

import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'

/** What the thread is made with. */
export type SqliteTerms = { readonly file: string }

export type SqliteOrder = { readonly sql: string; readonly values: readonly SQLInputValue[] }

export type SqliteRows = {
  readonly rows: readonly Readonly<Record<string, SQLOutputValue>>[]
  /** Rows that were written, for what gives none. */
  readonly changes: number
}

/** What SQLite or the file system threw, without its text, which may repeat a value. */
export type SqliteFailure = { readonly errcode?: number; readonly errno?: number; readonly defect?: string }

export type SqliteAnswer = { readonly gave: SqliteRows } | { readonly failed: SqliteFailure }
