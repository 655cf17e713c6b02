/**
 * Who is logged in: each log-in is known by 256 random bits that the browser's cookie holds and of which only the hash is kept. It ends by itself when it was
 * not used for a while, and for good after a longer one.
 */

import { digestOf } from '../base/digest.ts'
import { makeId, makeToken, type RandomBytes } from '../base/ids.ts'
import type { Milliseconds } from '../base/units.ts'
import type { ProvenBy } from './principal.ts'
import type { LoginRow, PeopleRows } from './rows.ts'

/** That a log-in is used is written down this often. */
const SEEN_MS: Milliseconds = 60_000
/** The most log-ins of one user at once; the one unused for longest ends. */
const MOST_OF_ONE = 20

export type LogInsOptions = {
  readonly rows: PeopleRows
  readonly wallMs: () => Milliseconds
  readonly random: RandomBytes
  readonly idleMs: Milliseconds
  readonly longestMs: Milliseconds
  /** Whoever was told by a stream has to be cut off. */
  readonly onEnded: (loginIds: readonly string[]) => void
}

export type LogIns = {
  /** @returns what the cookie holds: it is told once. */
  begin(
    userId: string,
    address: string,
    provenBy: ProvenBy,
    /** What the identity provider calls its own log-in. */
    providerSession?: string,
  ): Promise<{ readonly cookie: string; readonly loginId: string }>
  /** @param isUse whether it is in use by that: a page that is open is not. Asked only when it would be written down. */
  find(cookie: string, isUse: (userId: string) => boolean): Promise<LoginRow | undefined>
  of(userId: string): Promise<readonly LoginRow[]>
  /** @param fits which of the user's; all when absent. @returns how many. */
  end(userId: string, fits?: (login: LoginRow) => boolean): Promise<number>
  /** Ends those that came of a log-in at the identity provider which has ended: of a user, of a session there, or of both. @returns how many. */
  endThere(of: { readonly userId: string | undefined; readonly session: string | undefined }): Promise<number>
  /** Deletes what has expired. */
  forget(): Promise<void>
}

export function createLogIns({ rows, wallMs, random, idleMs, longestMs, onEnded }: LogInsOptions): LogIns {
  const isOver = ({ startedMs, seenMs }: LoginRow) => wallMs() - startedMs >= longestMs || wallMs() - seenMs >= idleMs
  const end = async (logins: readonly LoginRow[]) => {
    if (logins.length === 0) return 0
    await rows.endLogins(logins.map(({ digest }) => digest))
    onEnded(logins.map(({ loginId }) => loginId))
    return logins.length
  }
  const standing = async (userId: string) => (await rows.loginsOf(userId)).filter((login) => !isOver(login))
  return {
    async begin(userId, address, provenBy, session) {
      const before = (await standing(userId)).toSorted((a, b) => b.seenMs - a.seenMs)
      await end(before.slice(MOST_OF_ONE - 1))
      const cookie = makeToken(random)
      const loginId = makeId(random, 'login-')
      const nowMs = wallMs()
      const providerSession = session === undefined ? undefined : digestOf(session)
      const times = { startedMs: nowMs, seenMs: nowMs }
      const row = { digest: digestOf(cookie), loginId, userId, address, provenBy, providerSession, ...times }
      await rows.addLogin(row)
      return { cookie, loginId }
    },
    async find(cookie, isUse) {
      const login = await rows.login(digestOf(cookie))
      if (login === undefined) return undefined
      if (isOver(login)) {
        await end([login])
        return undefined
      }
      if (wallMs() - login.seenMs >= SEEN_MS && isUse(login.userId)) await rows.seenLogin(login.digest, wallMs())
      return login
    },
    of: standing,
    end: async (userId, fits = () => true) => end((await rows.loginsOf(userId)).filter(fits)),
    async endThere({ userId, session }) {
      const digest = session === undefined ? undefined : digestOf(session)
      const logins =
        userId !== undefined
          ? await rows.loginsOf(userId)
          : digest === undefined
            ? []
            : await rows.loginsOfSession(digest)
      // Of which session one came may be unknown: where in doubt, it ends.
      const isMeant = ({ provenBy, providerSession }: LoginRow) =>
        provenBy !== 'password' && (digest === undefined || providerSession === undefined || providerSession === digest)
      return end(logins.filter(isMeant))
    },
    forget: () => rows.forgetLogins(wallMs() - longestMs, wallMs() - idleMs),
  }
}
