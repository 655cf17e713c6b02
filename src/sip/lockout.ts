/**
 * Against guessing of passwords: who fails too often is not listened to for a while, whatever he says next, right or wrong, known account or not.
 *
 *     failures                                               are locked out for `lockMs`
 *     `failures` of one account from one source              that account from that source
 *     `failures` from a source where nobody was proved       the source
 *     ten times as many from a source where somebody was     the source: an office behind one address with one phone that is set up wrongly
 *
 * A failure counts for `lockMs`. Only guesses with a nonce that was given to the source get here, so that nobody is locked out by who forges
 * his address. Bounded: the oldest is forgotten first.
 */

import { sourceOf } from '../base/source-address.ts'

export type LockoutLimits = { readonly failures: number; readonly lockMs: number }

export type Lockout = {
  isLocked(address: string, user: string, nowMs: number): boolean
  /** Notes a wrong password. @returns true when it was the one too many. */
  failed(address: string, user: string, nowMs: number): boolean
  /** Notes that somebody proved himself. */
  proved(address: string, user: string, nowMs: number): void
  /** @returns whether somebody has, from there and not long ago. */
  isKnown(address: string, nowMs: number): boolean
}

export const DEFAULT_LOCKOUT: LockoutLimits = { failures: 10, lockMs: 300_000 }

/** How often more a source may fail where somebody has proved himself. */
const SHARED_TIMES = 10
/** ms that a proof speaks for its source: longer than phones let pass between two registrations. */
const PROVED_MS = 4_000_000
const MAX_ROWS = 10_000

type Row = { failures: number; readonly sinceMs: number; lockedUntilMs: number }

/** @param limits as they are set just now. */
export function createLockout(limits: () => LockoutLimits): Lockout {
  const rows = new Map<string, Row>()
  const provedAtMs = new Map<string, number>()

  const rowOf = (key: string, nowMs: number): Row => {
    const { lockMs } = limits()
    const known = rows.get(key)
    if (known !== undefined && (nowMs < known.sinceMs + lockMs || nowMs < known.lockedUntilMs)) return known
    const row: Row = { failures: 0, sinceMs: nowMs, lockedUntilMs: 0 }
    rows.delete(key)
    put(rows, key, row)
    return row
  }
  const isKnown = (address: string, nowMs: number) =>
    nowMs - (provedAtMs.get(sourceOf(address)) ?? Number.NEGATIVE_INFINITY) < PROVED_MS
  const isLocked = (key: string, nowMs: number) => (rows.get(key)?.lockedUntilMs ?? 0) > nowMs
  const note = (key: string, most: number, nowMs: number): boolean => {
    const row = rowOf(key, nowMs)
    row.failures += 1
    if (row.failures < most || row.lockedUntilMs > nowMs) return false
    row.lockedUntilMs = nowMs + limits().lockMs
    return true
  }

  return {
    isLocked: (address, user, nowMs) => {
      const source = sourceOf(address)
      return isLocked(source, nowMs) || isLocked(`${source} ${user}`, nowMs)
    },
    failed: (address, user, nowMs) => {
      const source = sourceOf(address)
      const { failures: limit } = limits()
      const account = note(`${source} ${user}`, limit, nowMs)
      return note(source, isKnown(address, nowMs) ? limit * SHARED_TIMES : limit, nowMs) || account
    },
    proved: (address, user, nowMs) => {
      const source = sourceOf(address)
      provedAtMs.delete(source)
      put(provedAtMs, source, nowMs)
      rows.delete(`${source} ${user}`)
    },
    isKnown,
  }
}

function put<T>(into: Map<string, T>, key: string, value: T): void {
  into.set(key, value)
  if (into.size > MAX_ROWS) into.delete(into.keys().next().value as string)
}
