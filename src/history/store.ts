/**
 * The writing side of the call history: one connection to one file. Rows come in batches, each a transaction of its own: all of them are on
 * the disk when `write` returns, or none. Synchronous, so it runs in a thread of its own (`thread.ts`).
 */

import { statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Milliseconds } from '../base/units.ts'
import type { CallRow } from './row.ts'
import { openToWrite, telling } from './schema.ts'

/** Calls that are forgotten in one transaction: others wait for it. */
const FORGOTTEN_AT_ONCE = 500

const CALL = `INSERT INTO calls (call_id, boot, started_ms, bridged_ms, ended_ms, origin, from_number, to_number, agent, trunk, ending, status)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (call_id) DO UPDATE SET bridged_ms = excluded.bridged_ms, ended_ms = excluded.ended_ms, agent = excluded.agent,
  trunk = excluded.trunk, ending = excluded.ending, status = excluded.status`
/** The Session-ID has an index of its own in no order of time: it is written when it is new, not each time. */
const LEG = `INSERT INTO legs (call_id, side, leg_id, account, trunk, codec, srtp, received, sent, lost, dropped, jitter_ms,
  round_trip_ms, mos_received, mos_sent, session_uuid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (call_id, side) DO UPDATE SET leg_id = excluded.leg_id, account = excluded.account, trunk = excluded.trunk,
  codec = excluded.codec, srtp = excluded.srtp, received = excluded.received, sent = excluded.sent, lost = excluded.lost,
  dropped = excluded.dropped, jitter_ms = excluded.jitter_ms, round_trip_ms = excluded.round_trip_ms,
  mos_received = excluded.mos_received, mos_sent = excluded.mos_sent`
const LEG_UUID = 'UPDATE legs SET session_uuid = ?1 WHERE call_id = ?2 AND side = ?3 AND session_uuid IS NOT ?1'
const SESSION = `INSERT OR REPLACE INTO secure_sessions (call_id, session_id, flow, version, started_by, started_ms, ended_ms, outcome,
  reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
const TRANSFER = `INSERT OR REPLACE INTO transfers (call_id, place, kind, by_account, to_account, started_ms, ended_ms, outcome, status)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
/** What a kill left open. When it ended nobody knows. */
const INTERRUPTED = [
  `UPDATE transfers SET outcome = 'failed' WHERE outcome = 'pending' AND call_id IN
   (SELECT call_id FROM calls WHERE ending IS NULL AND boot <> ?)`,
  `UPDATE secure_sessions SET outcome = 'failed', reason = 'interrupted' WHERE outcome IS NULL AND call_id IN
   (SELECT call_id FROM calls WHERE ending IS NULL AND boot <> ?)`,
  `UPDATE calls SET ending = 'interrupted' WHERE ending IS NULL AND boot <> ?`,
]
const FORGET = `DELETE FROM calls WHERE number IN
  (SELECT number FROM calls WHERE started_ms < ? AND ending IS NOT NULL ORDER BY started_ms LIMIT ${FORGOTTEN_AT_ONCE})`

type Open = {
  readonly database: DatabaseSync
  readonly inode: number
  readonly call: StatementSync
  readonly leg: StatementSync
  readonly legUuid: StatementSync
  readonly session: StatementSync
  readonly transfer: StatementSync
  readonly forget: StatementSync
}

export class HistoryStore {
  readonly #file: string
  readonly #boot: string
  #open: Open | undefined

  /** @param boot names this run of the server: calls of others that stand are taken for interrupted. */
  constructor(file: string, boot: string) {
    this.#file = file
    this.#boot = boot
  }

  /** @throws Fault `history.*`; then nothing of the batch was written. */
  write(rows: readonly CallRow[]): void {
    telling(() => {
      const open = this.#opened()
      transaction(open.database, () => {
        for (const row of rows) this.#put(open, row)
      })
    })
  }

  /**
   * Deletes calls that began before, some at a time. What is deleted is overwritten, in the journal too once all of them are gone.
   * @returns whether there are more. @throws Fault `history.*`
   */
  forget(beforeMs: Milliseconds): boolean {
    return telling(() => {
      const { database, forget } = this.#opened()
      const { changes } = forget.run(beforeMs)
      const isMore = Number(changes) === FORGOTTEN_AT_ONCE
      if (!isMore && changes !== 0) database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      return isMore
    })
  }

  /** May be called twice. */
  close(): void {
    const open = this.#open
    this.#open = undefined
    open?.database.close()
  }

  /** The connection, made anew when the file is not the one that it was opened on: moved away, it would take rows that nobody finds. */
  #opened(): Open {
    if (this.#open !== undefined && this.#open.inode === inodeOf(this.#file)) return this.#open
    this.close()
    const database = openToWrite(this.#file)
    try {
      transaction(database, () => {
        for (const sql of INTERRUPTED) database.prepare(sql).run(this.#boot)
      })
      this.#open = {
        database,
        inode: inodeOf(this.#file),
        call: database.prepare(CALL),
        leg: database.prepare(LEG),
        legUuid: database.prepare(LEG_UUID),
        session: database.prepare(SESSION),
        transfer: database.prepare(TRANSFER),
        forget: database.prepare(FORGET),
      }
    } catch (thrown) {
      database.close()
      throw thrown
    }
    return this.#open
  }

  #put({ call, leg, legUuid, session, transfer }: Open, row: CallRow): void {
    const { callId, startedMs, bridgedMs, endedMs, origin, from, to, agent, trunk, ending, status } = row
    call.run(callId, this.#boot, startedMs, bridgedMs, endedMs, origin, from, to, agent, trunk, ending, status)
    for (const each of row.legs) {
      const { received, sent, lost, dropped, jitterMs, roundTripMs, mosReceived, mosSent } = each
      leg.run(
        ...[callId, each.side, each.legId, each.account, each.trunk, each.codec, each.srtp],
        ...[received, sent, lost, dropped, jitterMs, roundTripMs, mosReceived, mosSent, each.sessionUuid],
      )
      legUuid.run(each.sessionUuid, callId, each.side)
    }
    for (const each of row.secureSessions) {
      const { sessionId, flow, version, startedBy, outcome, reason } = each
      session.run(callId, sessionId, flow, version, startedBy, each.startedMs, each.endedMs, outcome, reason)
    }
    for (const [place, each] of row.transfers.entries()) {
      const { kind, by, to: taker, outcome } = each
      transfer.run(callId, place, kind, by, taker, each.startedMs, each.endedMs, outcome, each.status)
    }
  }
}

function transaction(database: DatabaseSync, run: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    run()
    database.exec('COMMIT')
  } catch (thrown) {
    // A full disk ends a transaction by itself.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw thrown
  }
}

/** 0 when there is no such file. */
function inodeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.ino ?? 0
}
