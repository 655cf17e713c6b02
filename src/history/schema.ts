/** The tables of the call history in SQLite, and how a file of them is opened: for the one writer, or to read beside it. */

import { DatabaseSync } from 'node:sqlite'
import { fault } from '../base/fault.ts'
import { openSqliteFile } from '../base/sqlite-file.ts'

/** Of the tables below; a file of a later one is not touched. */
const SCHEMA_VERSION = 3
/** Another program, such as a backup, may hold the file for a moment. */
const BUSY_MS = 2000

/** Primary result codes of SQLite. */
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/** What is said of a failure that is not known better. */
type Otherwise = 'history.not-writable' | 'history.not-readable'

const TABLES = `
CREATE TABLE calls (
  number INTEGER PRIMARY KEY,
  call_id TEXT NOT NULL UNIQUE,
  boot TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  bridged_ms INTEGER,
  ended_ms INTEGER,
  origin TEXT NOT NULL,
  from_number TEXT NOT NULL,
  to_number TEXT NOT NULL,
  agent TEXT,
  trunk TEXT,
  ending TEXT,
  status INTEGER
) STRICT;
CREATE INDEX calls_started ON calls (started_ms, number);
CREATE INDEX calls_from ON calls (from_number, started_ms);
CREATE INDEX calls_to ON calls (to_number, started_ms);
CREATE INDEX calls_agent ON calls (agent, started_ms);
CREATE INDEX calls_standing ON calls (boot) WHERE ending IS NULL;
CREATE TABLE legs (
  call_id TEXT NOT NULL REFERENCES calls (call_id) ON DELETE CASCADE,
  side TEXT NOT NULL,
  leg_id TEXT NOT NULL,
  account TEXT,
  trunk TEXT,
  codec TEXT,
  srtp TEXT,
  received INTEGER,
  sent INTEGER,
  lost INTEGER,
  dropped INTEGER,
  jitter_ms REAL,
  round_trip_ms REAL,
  mos_received REAL,
  mos_sent REAL,
  PRIMARY KEY (call_id, side)
) STRICT, WITHOUT ROWID;
CREATE TABLE secure_sessions (
  call_id TEXT NOT NULL REFERENCES calls (call_id) ON DELETE CASCADE,
  session_id TEXT NOT NULL,
  flow TEXT NOT NULL,
  version INTEGER NOT NULL,
  started_by TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  ended_ms INTEGER,
  outcome TEXT,
  reason TEXT,
  PRIMARY KEY (call_id, session_id)
) STRICT, WITHOUT ROWID;
`

/** What each version has more than the one before; the first is the tables above. Files are brought up to date when they are opened to write. */
const ADDED: readonly string[] = [
  TABLES,
  `CREATE TABLE transfers (
  call_id TEXT NOT NULL REFERENCES calls (call_id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  kind TEXT NOT NULL,
  by_account TEXT,
  to_account TEXT,
  started_ms INTEGER NOT NULL,
  ended_ms INTEGER,
  outcome TEXT NOT NULL,
  status INTEGER,
  PRIMARY KEY (call_id, place)
) STRICT, WITHOUT ROWID;
`,
  `ALTER TABLE legs ADD COLUMN session_uuid TEXT;
CREATE INDEX legs_session ON legs (session_uuid);
`,
]

/**
 * Opens a file to write, and makes it when there is none. What was committed survives a kill and a power cut (WAL, synchronous=FULL);
 * what is deleted is overwritten.
 * @throws Fault `history.*`
 */
export function openToWrite(file: string): DatabaseSync {
  return telling(() =>
    openSqliteFile(file, BUSY_MS, (database) => {
      const version = versionOf(database)
      if (version > SCHEMA_VERSION) throw fault('history.not-ours')
      if (version === SCHEMA_VERSION) return
      const added = ADDED.slice(version).join('')
      database.exec(`BEGIN IMMEDIATE; ${added} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`)
    }),
  )
}

/** Opens a file to read, whether somebody writes to it or not. @throws Fault `history.*` */
export function openToRead(file: string): DatabaseSync {
  return telling(() => {
    const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS })
    try {
      const version = versionOf(database)
      // One of an earlier version is read as it is: only the writer changes it.
      if (version < 1 || version > SCHEMA_VERSION) throw fault('history.not-ours')
    } catch (thrown) {
      database.close()
      throw thrown
    }
    return database
  }, 'history.not-readable')
}

/** Runs something on a database. @throws Fault `history.*` in the place of what SQLite or the file system threw */
export function telling<T>(run: () => T, otherwise: Otherwise = 'history.not-writable'): T {
  try {
    return run()
  } catch (thrown) {
    throw faultOf(thrown, otherwise)
  }
}

/** What is neither SQLite's nor the file system's is a defect of ours, and stays what it is. */
function faultOf(thrown: unknown, otherwise: Otherwise): unknown {
  if (typeof thrown !== 'object' || thrown === null || !('errcode' in thrown || 'errno' in thrown)) return thrown
  const code = 'errcode' in thrown ? Number(thrown.errcode) & 0xff : 0
  return fault(code === SQLITE_CORRUPT || code === SQLITE_NOTADB ? 'history.damaged' : otherwise, {}, thrown)
}

function versionOf(database: DatabaseSync): number {
  const row = database.prepare('PRAGMA user_version').get()
  return Number(row?.['user_version'] ?? 0)
}

/** @returns whether a file that was opened to read has transfers. */
export function hasTransfers(database: DatabaseSync): boolean {
  return versionOf(database) >= 2
}

/** @returns whether a file that was opened to read has the Session-IDs of legs. */
export function hasSessionUuids(database: DatabaseSync): boolean {
  return versionOf(database) >= 3
}
