/** How an SQLite file of ours is opened to write: durable through a kill and a power cut, readable for its owner alone, and what is deleted is overwritten. */

import { closeSync, constants, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Milliseconds } from './units.ts'

/** The journal is cut to this after it was longer. */
const JOURNAL_OCTETS = 4_194_304
const OWNER_FILE = 0o600
const OWNER_FOLDER = 0o700

/**
 * Opens a file, and makes it when there is none.
 * @param busyMs how long another program, such as a backup, may hold it. @param prepare makes its tables; what it throws closes the file.
 * @throws what SQLite and the file system throw
 */
export function openSqliteFile(
  file: string,
  busyMs: Milliseconds,
  prepare: (database: DatabaseSync) => void = () => undefined,
): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: OWNER_FOLDER })
  // SQLite would make it readable for everybody; what it puts beside it has the same rights.
  closeSync(openSync(file, constants.O_CREAT | constants.O_RDWR, OWNER_FILE))
  const database = new DatabaseSync(file, { timeout: busyMs, enableForeignKeyConstraints: true })
  try {
    // What was committed is on the disk: WAL with synchronous=FULL flushes at each commit (sqlite.org/pragma.html#pragma_synchronous).
    database.exec(`PRAGMA secure_delete = ON; PRAGMA journal_size_limit = ${JOURNAL_OCTETS};
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`)
    prepare(database)
  } catch (thrown) {
    database.close()
    throw thrown
  }
  return database
}
