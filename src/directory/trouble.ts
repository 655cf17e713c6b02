/** What SQLite, PostgreSQL and the file system say when something fails, as rows of the fault table. */

import { type Fault, fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import type { SqliteFailure } from './sqlite-orders.ts'

/** Primary result codes (sqlite.org/rescode.html). */
const SQLITE: Readonly<Record<number, FaultCode>> = {
  3: 'directory.not-writable', // PERM
  5: 'directory.busy', // BUSY
  6: 'directory.busy', // LOCKED
  8: 'directory.not-writable', // READONLY
  10: 'directory.not-writable', // IOERR
  11: 'directory.damaged', // CORRUPT
  13: 'directory.disk-full', // FULL
  14: 'directory.not-writable', // CANTOPEN
  26: 'directory.damaged', // NOTADB
}

/** Classes and codes of SQLSTATE (PostgreSQL documentation, appendix A), the longest first. */
const SQLSTATES: readonly (readonly [start: string, code: FaultCode])[] = [
  ['53100', 'directory.disk-full'],
  ['25006', 'directory.not-writable'], // a standby
  ['40', 'directory.busy'],
  ['55', 'directory.busy'],
  ['08', 'directory.unreachable'],
  ['28', 'directory.unreachable'],
  ['3D', 'directory.unreachable'],
  ['53', 'directory.unreachable'],
  ['57', 'directory.unreachable'],
  ['XX', 'directory.damaged'],
]
/** What the system says when it was not reached, which has no SQLSTATE. EPERM is a firewall's or a sandbox's word. */
const NO_ANSWER = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EPIPE'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ENOENT', 'EACCES', 'EPERM'],
])

/** @returns the fault of a failure that the thread told of. */
export function sqliteFault({ errcode, errno, defect }: SqliteFailure): Fault {
  if (errno !== undefined) return fault('directory.not-writable', { errno })
  if (errcode === undefined) return fault('base.internal', {}, new Error(defect))
  return fault(SQLITE[errcode & 0xff] ?? 'base.internal', { errcode })
}

/** @returns the fault of what `pg` threw; what is not the database's stays what it is. */
export function postgresTrouble(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') {
    // A connection that was ended under a query has no code.
    return thrown instanceof Error && /connection|timeout/i.test(thrown.message)
      ? fault('directory.unreachable', {}, thrown)
      : thrown
  }
  const { code } = thrown
  if (NO_ANSWER.has(code)) return fault('directory.unreachable', {}, thrown)
  const known = SQLSTATES.find(([start]) => code.startsWith(start))
  return known === undefined ? thrown : fault(known[1], {}, thrown)
}
