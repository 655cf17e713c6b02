/**
 * The people who use Sotto: logging in, who asks, and what they may change about their own way in. Nothing here knows HTTP; nothing here is logged but
 * what became of it (`AccessEvent`), which holds no name that was typed, no password and no code.
 */

import { fault } from '../base/fault.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { Milliseconds } from '../base/units.ts'
import { type ApiTokens, createApiTokens, type TokenHolder } from './api-tokens.ts'
import { createGuard, lookingFor } from './guard.ts'
import { createLogIns, type LogIns } from './log-ins.ts'
import type { Passwords } from './password.ts'
import { passwordFlaw } from './password-rules.ts'
import type { Principal, ProvenBy } from './principal.ts'
import type { Credentials, PeopleRows } from './rows.ts'
import type { Role } from './scopes.ts'
import type { Sealing } from './sealing.ts'
import { createSecondFactor, type GivenCode, type SecondFactor } from './second-factor.ts'
import { principalOf, type User, type Users } from './user.ts'

export type PeopleOptions = {
  readonly users: Users
  readonly rows: PeopleRows
  readonly passwords: Passwords
  readonly sealing: Sealing
  /** A clock that never runs backwards, for waits. */
  readonly now: () => Milliseconds
  /** Milliseconds since 1970. */
  readonly wallMs: () => Milliseconds
  readonly random: RandomBytes
  readonly idleMs: Milliseconds
  readonly longestMs: Milliseconds
  /** Roles that may do nothing without a second factor. */
  readonly secondFactorFor: readonly Role[]
  readonly issuer: string
}

/** What somebody proves himself with. */
export type Proof = GivenCode & { readonly name: string; readonly password: string; readonly address: string }

/** Whom the identity provider knows; with a code where that is needed besides. */
export type Known = GivenCode & {
  readonly userId: string
  readonly provenBy: Exclude<ProvenBy, 'password'>
  /** What the provider calls its own log-in. */
  readonly session: string | undefined
  readonly address: string
}

export type LoggedIn = { readonly cookie: string; readonly principal: Principal }
/** How a try ended: logged in, or a fault with who it was about, as far as that is known. */
export type LogInOutcome =
  | { readonly ok: true; readonly loggedIn: LoggedIn }
  | {
      readonly ok: false
      readonly code: 'people.wrong-credentials' | 'people.code-needed' | 'people.locked-out' | 'people.not-admitted'
      readonly userId: string | undefined
      readonly waitMs: Milliseconds
    }

export type People = {
  readonly logIns: LogIns
  readonly tokens: ApiTokens
  logIn(proof: Proof): Promise<LogInOutcome>
  /** Logs in whom the identity provider knows; a code is asked for where he has a second factor here, and the provider has asked for none. */
  logInKnown(known: Known): Promise<LogInOutcome>
  /** @param isUse whether it is in use by that; default always. Where it is not the time without use runs on. @returns who holds a cookie; undefined when nobody is logged in by it. */
  byCookie(cookie: string, isUse?: (user: User | undefined) => boolean): Promise<Principal | undefined>
  /** @returns who holds an API token. */
  byToken(token: string): Promise<Principal | undefined>
  /** Changes one's own password; every other log-in of the user ends. @throws Fault `people.wrong-credentials`, `people.locked-out`, `people.password-*` */
  changePassword(
    by: Principal,
    given: { readonly old: string; readonly new: string; readonly address: string },
  ): Promise<void>
  /** Sets somebody's password, which he has to change; all his log-ins end. @throws Fault `people.unknown-user`, `people.password-*` */
  setPassword(userId: string, password: string): Promise<void>
  /**
   * Checks and hashes a password for a user of these names who is still to be made. @returns sets it, as one that he chose, which nothing but the store can
   * refuse. @throws Fault `people.password-*`, `people.busy`
   */
  preparePassword(password: string, names: readonly string[]): Promise<(userId: string) => Promise<void>>
  beginSecondFactor(by: Principal): ReturnType<SecondFactor['begin']>
  confirmSecondFactor(by: Principal, code: string): Promise<readonly string[]>
  /** Takes one's own away. @throws Fault `people.wrong-credentials`, `people.locked-out` */
  dropSecondFactor(by: Principal, proof: Omit<Proof, 'name'>): Promise<void>
  /** Takes somebody's away, who has lost it; all his log-ins end. */
  resetSecondFactor(userId: string): Promise<void>
  /** @returns the id of a user. */
  idOf(name: string): string | undefined
  /** Somebody for whom whoever administers users makes a token. @throws Fault `people.unknown-user` */
  holderOf(name: string, by: Pick<Principal, 'provenBy'>): TokenHolder
  /** How somebody's way in stands. */
  wayIn(userId: string): Promise<{
    readonly password: boolean
    readonly secondFactor: boolean
    readonly recoveryCodes: number
    /** Whether he is tied to an account at the identity provider. */
    readonly provider: boolean
  }>
  /** Unties somebody from his account at the identity provider; all his log-ins end. */
  untie(userId: string): Promise<void>
  /** Something about a user changed: whoever may no more is cut off. */
  userChanged(userId: string): Promise<void>
  /** Calls when keys have ended, for those who are being told by a stream. @returns ends it. */
  onEnded(listener: (keyIds: readonly string[]) => void): () => void
}

export function createPeople(options: PeopleOptions): People {
  const { users, rows, passwords, wallMs, random, secondFactorFor } = options
  const listeners = new Set<(keyIds: readonly string[]) => void>()
  const ended = (keyIds: readonly string[]) => {
    for (const listener of listeners) listener(keyIds)
  }
  const logIns = createLogIns({ ...options, onEnded: ended })
  const tokens = createApiTokens({ rows, wallMs, random, onRevoked: (tokenId) => ended([tokenId]) })
  const secondFactor = createSecondFactor(options)
  const guard = createGuard(options.now)

  const credentialsOf = async (userId: string): Promise<Credentials> =>
    (await rows.credentials(userId)) ?? {
      userId,
      passwordHash: undefined,
      mustChange: false,
      totpSealed: undefined,
      totpConfirmed: false,
    }
  const userOf = (userId: string | undefined): User => {
    if (userId === undefined) throw fault('people.no-user')
    const user = users.byId(userId)
    if (user === undefined) throw fault('people.unknown-user')
    return user
  }

  /** Hashes a password anew. @returns with the hash that stands: another log-in of his may have been faster. As they were where it is his password no more. */
  const renewed = async (of: Credentials, old: string, password: string): Promise<Credentials> => {
    const passwordHash = await passwords.hash(password)
    if (await rows.putPassword(of.userId, passwordHash, of.mustChange, old)) return { ...of, passwordHash }
    const now = await credentialsOf(of.userId)
    return (await passwords.fits(password, now.passwordHash)) ? { ...of, passwordHash: now.passwordHash } : of
  }

  /** Whether it is he, with everything that he has to prove himself with. */
  const prove = async ({ name, password, address, ...given }: Proof) => {
    const attempt = guard.attempt(address, name)
    if ('waitMs' in attempt) return { code: 'people.locked-out', user: undefined, waitMs: attempt.waitMs } as const
    const user = users.byName(name)
    const { credentials, hash, isRight } = await lookingFor(attempt, async () => {
      const credentials = user === undefined ? undefined : await credentialsOf(user.userId)
      const hash = user?.enabled === true ? credentials?.passwordHash : undefined
      return { credentials, hash, isRight: await passwords.fits(password, hash) }
    })
    if (!isRight || user === undefined || credentials === undefined || hash === undefined)
      return { code: 'people.wrong-credentials', user, waitMs: 0 } as const
    if (credentials.totpConfirmed) {
      if (given.code === undefined && given.recoveryCode === undefined) {
        attempt.undecided()
        return { code: 'people.code-needed', user, waitMs: 0 } as const
      }
      if (!(await lookingFor(attempt, () => secondFactor.take(credentials, given))))
        return { code: 'people.wrong-credentials', user, waitMs: 0 } as const
    }
    attempt.proved()
    const isDated = passwords.isDated(hash)
    return {
      code: undefined,
      user,
      credentials: isDated ? await renewed(credentials, hash, password) : credentials,
    } as const
  }

  const begin = async (
    { userId }: User,
    of: Credentials,
    address: string,
    provenBy: ProvenBy,
    session?: string,
  ): Promise<LogInOutcome> => {
    const { cookie, loginId } = await logIns.begin(userId, address, provenBy, session)
    // What was reset while he proved himself ended the log-ins that stood then; this one ends here.
    const user = users.byId(userId)
    if (user?.enabled === true && stillStands(of, await credentialsOf(userId))) {
      const principal = principalOf({ by: 'login', keyId: loginId, provenBy }, user, of, secondFactorFor)
      return { ok: true, loggedIn: { cookie, principal } }
    }
    await logIns.end(userId, (login) => login.loginId === loginId)
    return { ok: false, code: 'people.wrong-credentials', userId, waitMs: 0 }
  }

  /** @throws Fault `people.password-*`, `people.busy` */
  const hashOf = async (password: string, names: readonly string[]): Promise<string> => {
    const flaw = passwordFlaw(password, names)
    if (flaw !== undefined) throw fault(flaw)
    return passwords.hash(password)
  }

  return {
    logIns,
    tokens,
    async logIn(proof) {
      const proved = await prove(proof)
      if (proved.code !== undefined)
        return { ok: false, code: proved.code, userId: proved.user?.userId, waitMs: proved.waitMs }
      const { user, credentials } = proved
      return begin(user, credentials, proof.address, 'password')
    },
    async logInKnown({ userId, provenBy, session, address, ...given }) {
      const user = users.byId(userId)
      if (user?.enabled !== true) return { ok: false, code: 'people.not-admitted', userId: user?.userId, waitMs: 0 }
      const credentials = await credentialsOf(userId)
      if (provenBy === 'provider' && credentials.totpConfirmed) {
        if (given.code === undefined && given.recoveryCode === undefined)
          return { ok: false, code: 'people.code-needed', userId, waitMs: 0 }
        const attempt = guard.attempt(address, user.name)
        if ('waitMs' in attempt) return { ok: false, code: 'people.locked-out', userId, waitMs: attempt.waitMs }
        if (!(await lookingFor(attempt, () => secondFactor.take(credentials, given))))
          return { ok: false, code: 'people.wrong-credentials', userId, waitMs: 0 }
        attempt.proved()
      }
      return begin(user, credentials, address, provenBy, session)
    },
    async byCookie(cookie, isUse = () => true) {
      const login = await logIns.find(cookie, (userId) => isUse(users.byId(userId)))
      const user = login === undefined ? undefined : users.byId(login.userId)
      if (login === undefined || user?.enabled !== true) return undefined
      const key = { by: 'login', keyId: login.loginId, provenBy: login.provenBy } as const
      return principalOf(key, user, await credentialsOf(user.userId), secondFactorFor)
    },
    async byToken(token) {
      const row = await tokens.find(token)
      const user = row === undefined ? undefined : users.byId(row.userId)
      if (row === undefined || user?.enabled !== true) return undefined
      const key = { by: 'token', keyId: row.tokenId, provenBy: row.provenBy } as const
      return {
        ...principalOf(key, user, await credentialsOf(user.userId), secondFactorFor),
        scopes: new Set(row.scopes.filter((scope) => user.scopes.has(scope))),
      }
    },
    async changePassword(by, given) {
      const user = userOf(by.userId)
      const of = await credentialsOf(user.userId)
      const attempt = guard.attempt(given.address, user.name)
      if ('waitMs' in attempt) throw fault('people.locked-out', { retryAfterSeconds: Math.ceil(attempt.waitMs / 1000) })
      const isRight = await lookingFor(attempt, () => passwords.fits(given.old, of.passwordHash))
      if (!isRight) throw fault('people.wrong-credentials')
      attempt.proved()
      if (given.old.normalize('NFC') === given.new.normalize('NFC')) throw fault('people.password-same')
      const hash = await hashOf(given.new, [user.name, user.displayName])
      // What an administrator has set meanwhile is his password now, and the old one is wrong.
      if (!(await rows.putPassword(user.userId, hash, false, of.passwordHash))) throw fault('people.wrong-credentials')
      await logIns.end(user.userId, ({ loginId }) => loginId !== by.keyId)
    },
    async setPassword(userId, password) {
      const { name, displayName } = userOf(userId)
      await rows.putPassword(userId, await hashOf(password, [name, displayName]), true)
      await logIns.end(userId)
    },
    async preparePassword(password, names) {
      const hash = await hashOf(password, names)
      return async (userId) => void (await rows.putPassword(userId, hash, false))
    },
    async beginSecondFactor(by) {
      return secondFactor.begin(userOf(by.userId))
    },
    async confirmSecondFactor(by, code) {
      const user = userOf(by.userId)
      return secondFactor.confirm(await credentialsOf(user.userId), code)
    },
    async dropSecondFactor(by, proof) {
      const user = userOf(by.userId)
      const { code, waitMs } = await prove({ ...proof, name: user.name })
      if (code !== undefined) throw fault(code, { retryAfterSeconds: Math.ceil(waitMs / 1000) })
      await secondFactor.remove(user.userId)
      await logIns.end(user.userId, ({ loginId }) => loginId !== by.keyId)
    },
    async resetSecondFactor(userId) {
      await secondFactor.remove(userOf(userId).userId)
      await logIns.end(userId)
    },
    idOf: (name) => users.byName(name)?.userId,
    holderOf(name, { provenBy }) {
      const user = users.byName(name)
      if (user === undefined) throw fault('people.unknown-user')
      return { userId: user.userId, scopes: user.scopes, provenBy }
    },
    async wayIn(userId) {
      const { passwordHash, totpConfirmed } = await credentialsOf(userId)
      const recoveryCodes = totpConfirmed ? await rows.recoveryCodesLeft(userId) : 0
      const provider = await rows.isTied(userId)
      return { password: passwordHash !== undefined, secondFactor: totpConfirmed, recoveryCodes, provider }
    },
    async untie(userId) {
      await rows.untie(userOf(userId).userId)
      await logIns.end(userId)
    },
    async userChanged(userId) {
      const user = users.byId(userId)
      const keys = (await tokens.list(userId)).map(({ tokenId }) => tokenId)
      // What a stream may tell was decided when it began: it has to begin anew.
      ended([...(await logIns.of(userId)).map(({ loginId }) => loginId), ...keys])
      if (user?.enabled !== true) await logIns.end(userId)
    },
    onEnded(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** @returns whether what somebody has proved himself with is his still: no other password was set, and his second factor was not taken away. */
function stillStands(before: Credentials, now: Credentials): boolean {
  return now.passwordHash === before.passwordHash && (!before.totpConfirmed || now.totpSealed === before.totpSealed)
}
