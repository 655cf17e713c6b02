/** How the directory's SQLite file is opened: durable through a kill and a power cut, and readable for its owner alone. */

import { closeSync, constants, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Another program, such as a backup or `sotto config import`, may hold the file for a moment. */
const BUSY_MS = 5000
/** The journal is cut to this after it was longer. */
const JOURNAL_OCTETS = 4_194_304
const OWNER_FILE = 0o600
const OWNER_FOLDER = 0o700

/** Opens a file to write, and makes it when there is none. @throws what SQLite and the file system throw */
export function openSqliteFile(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: OWNER_FOLDER })
  // SQLite would make it readable for everybody; what it puts beside it has the same rights.
  closeSync(openSync(file, constants.O_CREAT | constants.O_RDWR, OWNER_FILE))
  const database = new DatabaseSync(file, { timeout: BUSY_MS, enableForeignKeyConstraints: true })
  try {
    // What was committed is on the disk: WAL with synchronous=FULL flushes at each commit (sqlite.org/pragma.html#pragma_synchronous).
    database.exec(`PRAGMA secure_delete = ON; PRAGMA journal_size_limit = ${JOURNAL_OCTETS};
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`)
  } catch (thrown) {
    database.close()
    throw thrown
  }
  return database
}
