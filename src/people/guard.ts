/**
 * Against guessing of passwords and codes: who fails too often is not listened to for a while, whatever he says next, known user or not.
 *
 *     failures                               next try
 *     of a user, in a row: 1 to 4            at once
 *     of a user, in a row: 5 to 9            after 2, 4, 8, 16, 32 s
 *     of a user, in a row: 10 and more       after 30 minutes (PCI DSS 8.3.4)
 *     of a source: up to 40                  at once
 *     of a source: 41 and more               after 2, 4, 8 ... s, and at most 30 minutes
 *
 * A source where a user has proved himself counts his failures by itself, so that who guesses elsewhere does not lock him out. Failures of a user are forgotten when he
 * proves himself, and a day after the last one. Those of a source, behind which a whole office may be, are forgotten one each 30 minutes, as often as a locked source is
 * heard: nobody gets more guesses by good log-ins of his own between them. A try counts as failed until it is known to be none: many at once are no way around. Who is not
 * listened to leaves no trace. Bounded: the oldest is forgotten first, and none that somebody waits for before those that nobody does.
 */

import { sourceOf } from '../base/source-address.ts'
import type { Milliseconds } from '../base/units.ts'

const FREE = { user: 4, source: 40 } as const
const LOCKED_AT = { user: 10, source: 60 } as const
const FIRST_WAIT_MS: Milliseconds = 2000
const LOCK_MS: Milliseconds = 1_800_000
/** All of a user. */
const FORGET_MS: Milliseconds = 86_400_000
/** Each one of a source. */
const FORGET_ONE_MS: Milliseconds = LOCK_MS
const MAX_ROWS = 10_000

type Kind = keyof typeof FREE
/** Failures as many as are left at the last of them; of a source, parts of one too. */
type Row = { readonly kind: Kind; failures: number; last: { readonly ms: Milliseconds } }

export type Attempt = {
  /** He proved himself. */
  proved(): void
  /** Nothing was guessed, such as when the password was right and a code is still to come. */
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
  const homes = new Set<string>()

  const waitOf = (row: Row | undefined): Milliseconds =>
    row === undefined ? 0 : row.last.ms + waitAfter(row.failures, row.kind) - now()
  const makeRoom = () => {
    if (rows.size < MAX_ROWS) return
    for (const [key, row] of rows) if (waitOf(row) <= 0) return void rows.delete(key)
    rows.delete(rows.keys().next().value as string)
  }
  /** Counts a try as failed. @returns takes it back, as if it had not been. */
  const count = (key: string, kind: Kind): (() => void) => {
    const tried = { ms: now() }
    const row = rows.get(key) ?? { kind, failures: 0, last: tried }
    const before = row.last
    const forgotten = Math.min(row.failures, forgottenIn(tried.ms - before.ms, kind))
    row.failures += 1 - forgotten
    row.last = tried
    rows.delete(key)
    makeRoom()
    rows.set(key, row)
    return () => {
      row.failures = Math.max(0, row.failures - 1)
      if (row.last === tried) {
        row.last = before
        row.failures += forgotten
      }
      if (row.failures === 0 && rows.get(key) === row) rows.delete(key)
    }
  }

  return {
    attempt(address, user) {
      const source = sourceOf(address)
      const home = `${source} ${user}`
      const ofSource = `source ${source}`
      const ofUser = homes.has(home) ? `home ${home}` : `user ${user}`
      const waitMs = Math.max(waitOf(rows.get(ofSource)), waitOf(rows.get(ofUser)))
      if (waitMs > 0) return { waitMs }
      const takeBackOfSource = count(ofSource, 'source')
      const takeBackOfUser = count(ofUser, 'user')
      return {
        proved() {
          takeBackOfSource()
          rows.delete(ofUser)
          homes.delete(home)
          homes.add(home)
          if (homes.size > MAX_ROWS) homes.delete(homes.values().next().value as string)
        },
        undecided() {
          takeBackOfSource()
          takeBackOfUser()
        },
      }
    },
  }
}

/** Looks at what was given for a try. Where that fails by itself, such as of the store, nothing was guessed. */
export async function lookingFor<T>(attempt: Attempt, look: () => Promise<T>): Promise<T> {
  try {
    return await look()
  } catch (thrown) {
    attempt.undecided()
    throw thrown
  }
}

/** @returns ms to wait after so many failures. */
function waitAfter(failures: number, kind: Kind): Milliseconds {
  if (failures <= FREE[kind]) return 0
  if (failures >= LOCKED_AT[kind]) return LOCK_MS
  return Math.min(LOCK_MS, FIRST_WAIT_MS * 2 ** (failures - FREE[kind] - 1))
}

/** @returns how many failures are forgotten when there is none for so long. */
function forgottenIn(ms: Milliseconds, kind: Kind): number {
  if (kind === 'source') return ms / FORGET_ONE_MS
  return ms >= FORGET_MS ? Number.POSITIVE_INFINITY : 0
}
