/**
 * Against guessing of passwords and codes: who fails too often is not listened to for a while, whatever he says next, known user or not.
 *
 *     failures in a row                      next try
 *     of a user: 1 to 4                      at once
 *     of a user: 5 to 9                      after 2, 4, 8, 16, 32 s
 *     of a user: 10 and more                 after 30 minutes (PCI DSS 8.3.4)
 *     of a source: 40                        at once
 *     of a source: 41 and more               after 2, 4, 8 ... s, and at most 30 minutes
 *
 * A source where a user has proved himself counts his failures by itself, so that who guesses elsewhere does not lock him out. Failures are forgotten after
 * a day. A try counts as failed until it is known to be none: many at once are no way around. Bounded: the oldest is forgotten first.
 */

import { sourceOf } from '../base/source-address.ts'
import type { Milliseconds } from '../base/units.ts'

const FREE = { user: 4, source: 40 } as const
const LOCKED_AT = { user: 10, source: 60 } as const
const FIRST_WAIT_MS: Milliseconds = 2000
const LOCK_MS: Milliseconds = 1_800_000
const FORGET_MS: Milliseconds = 86_400_000
const MAX_ROWS = 10_000

type Row = { failures: number; lastMs: number; untilMs: number }

export type Attempt = {
  /** He proved himself. */
  proved(): void
  /** Nothing was guessed: the password was right and a code is still to come. */
  undecided(): void
}

export type Guard = {
  /** @returns the try, counted as failed until it says otherwise; or how long nobody is listened to. */
  attempt(address: string, user: string): Attempt | { readonly waitMs: Milliseconds }
}

/** @param now ms of a clock that never runs backwards. */
export function createGuard(now: () => Milliseconds): Guard {
  const rows = new Map<string, Row>()
  /** Where users proved themselves. */
  const homes = new Map<string, true>()

  const rowOf = (key: string): Row => {
    const known = rows.get(key)
    const isFresh = known !== undefined && now() - known.lastMs < FORGET_MS
    const row = isFresh ? known : { failures: 0, lastMs: now(), untilMs: Number.NEGATIVE_INFINITY }
    rows.delete(key)
    put(rows, key, row)
    return row
  }
  const count = (row: Row, kind: keyof typeof FREE) => {
    row.failures += 1
    row.lastMs = now()
    row.untilMs = now() + waitAfter(row.failures, kind)
  }
  const takeBack = (row: Row, kind: keyof typeof FREE) => {
    row.failures = Math.max(0, row.failures - 1)
    row.untilMs = row.lastMs + waitAfter(row.failures, kind)
  }

  return {
    attempt(address, user) {
      const source = sourceOf(address)
      const home = `${source} ${user}`
      const ofSource = rowOf(`source ${source}`)
      const ofUser = rowOf(homes.has(home) ? `home ${home}` : `user ${user}`)
      const waitMs = Math.max(ofSource.untilMs, ofUser.untilMs) - now()
      if (waitMs > 0) return { waitMs }
      count(ofSource, 'source')
      count(ofUser, 'user')
      return {
        proved() {
          takeBack(ofSource, 'source')
          ofUser.failures = 0
          ofUser.untilMs = Number.NEGATIVE_INFINITY
          homes.delete(home)
          put(homes, home, true)
        },
        undecided() {
          takeBack(ofSource, 'source')
          takeBack(ofUser, 'user')
        },
      }
    },
  }
}

/** @returns ms to wait after so many failures in a row. */
function waitAfter(failures: number, kind: keyof typeof FREE): Milliseconds {
  if (failures <= FREE[kind]) return 0
  if (failures >= LOCKED_AT[kind]) return LOCK_MS
  return Math.min(LOCK_MS, FIRST_WAIT_MS * 2 ** (failures - FREE[kind] - 1))
}

function put<T>(into: Map<string, T>, key: string, value: T): void {
  into.set(key, value)
  if (into.size > MAX_ROWS) into.delete(into.keys().next().value as string)
}
