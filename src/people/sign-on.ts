/**
 * Logging in with the company's account, at the identity provider of the configuration.
 *
 *   begin    what has to be known again goes sealed into a cookie of the browser, which is sent to the provider
 *   back     the browser comes back with a code, which is redeemed -> claims -> a user of the directory -> logged in, or a code is needed first
 *   finish   the code of the second factor
 *
 * Which user somebody is, is said by the claim that names him when he comes first, and by his subject at the provider from then on: names are given to others, subjects
 * are not (OpenID Connect Core 1.0 section 5.7). Nothing is kept here between the steps, so that servers that share a directory and the key share log-ins that have begun.
 */

import { holdsCardNumber } from '../base/card-text.ts'
import { asFault, Fault, fault } from '../base/fault.ts'
import type { Milliseconds } from '../base/units.ts'
import { type Attempt, createGuard } from './guard.ts'
import type { Known, LoggedIn, People } from './people.ts'
import { type Claims, type ClaimTerms, type Identity, identityOf } from './provider-claims.ts'
import type { Begun, ProviderClient } from './provider-client.ts'
import type { PeopleRows } from './rows.ts'
import type { Sealing } from './sealing.ts'
import type { GivenCode } from './second-factor.ts'
import type { User, Users } from './user.ts'

export type SignOnTerms = ClaimTerms & {
  readonly issuer: string
  /** Shown to people. */
  readonly title: string
  readonly unknownUsers: 'refuse' | 'create'
  /** Where people reach this server. */
  readonly ownUrl: string
  readonly endsThere: boolean
}

export type SignOnOptions = {
  readonly terms: SignOnTerms
  readonly client: ProviderClient
  readonly people: Pick<People, 'logInKnown' | 'logIns'>
  readonly users: Users
  readonly rows: Pick<PeopleRows, 'userOfSubject' | 'tieSubject'>
  readonly sealing: Sealing
  readonly now: () => Milliseconds
  readonly wallMs: () => Milliseconds
  /** Writes a user into the directory. @returns the id. @throws Fault `directory.*` */
  readonly putUser: (name: string, body: { displayName?: string; administrator?: boolean }) => Promise<string>
}

export type SignOnOutcome =
  | { readonly is: 'logged-in'; readonly loggedIn: LoggedIn; readonly returnTo: string }
  | { readonly is: 'needs-code'; readonly ticket: string; readonly userId: string; readonly returnTo: string }
  | { readonly is: 'refused'; readonly cause: Fault; readonly userId: string | undefined }

export type SignOn = {
  readonly title: string
  /** @param returnTo path of the page that was asked for. @returns where the browser goes, and what its cookie holds. @throws Fault `people.provider-*` */
  begin(returnTo: string | undefined): Promise<{ readonly goTo: string; readonly ticket: string }>
  /** @param ticket out of the cookie. @param query what the browser came back with. */
  back(ticket: string | undefined, query: string, address: string): Promise<SignOnOutcome>
  /** @param ticket of an outcome that needs a code. */
  finish(ticket: string | undefined, given: GivenCode, address: string): Promise<SignOnOutcome>
  /** Whether a code is waited for. */
  needsCode(ticket: string | undefined): boolean
  /** @returns where the browser goes to end the log-in at the provider as well; undefined when it stays. */
  endAt(): Promise<string | undefined>
  /** Ends here what has ended there. @param token that the provider sent. @returns the user, as far as the token names him. @throws Fault `people.bad-logout-token`, `people.provider-down` */
  endedThere(token: string): Promise<string | undefined>
}

/** How long somebody may take at the provider, and for the code. */
const BEGUN_MS: Milliseconds = 600_000
const MOST_PATH_CHARS = 512
const MOST_IDS = 10_000
/** What a ticket is for: one of another kind, or of a user's second factor, does not open. */
const KINDS = { begun: 'sign-on begun', known: 'sign-on known' } as const

type BegunTicket = { readonly begun: Begun; readonly returnTo: string; readonly atMs: Milliseconds }
type KnownTicket = Pick<Known, 'userId' | 'session'> & { readonly returnTo: string; readonly atMs: Milliseconds }

export function createSignOn(options: SignOnOptions): SignOn {
  const { terms, client, people, users, rows, sealing, wallMs } = options
  const guard = createGuard(options.now)
  /** Ids of logout tokens that did what they say. Bounded: the oldest is forgotten first, long after its token is good no more. */
  const told = new Set<string>()

  const seal = (kind: keyof typeof KINDS, ticket: object) =>
    sealing.seal(Buffer.from(JSON.stringify({ ...ticket, atMs: wallMs() })), KINDS[kind])
  const open = <T extends { readonly atMs: Milliseconds }>(kind: keyof typeof KINDS, ticket: string | undefined) => {
    if (ticket === undefined) return undefined
    try {
      const opened: T = JSON.parse(sealing.open(ticket, KINDS[kind]).toString())
      const age = wallMs() - opened.atMs
      return age >= 0 && age < BEGUN_MS ? opened : undefined
    } catch {
      return undefined
    }
  }

  /** Which user of the directory somebody is. @returns why he is none otherwise. */
  const userFor = async (identity: Identity): Promise<User | { readonly refused: string }> => {
    const { subject, admitted, administrator } = identity
    if (!admitted) return { refused: 'claim' }
    const tied = await rows.userOfSubject(terms.issuer, subject)
    const known = tied === undefined ? byName(identity.name) : users.byId(tied)
    const user = known ?? (tied === undefined ? await created(identity) : undefined)
    if (user === undefined) return { refused: 'unknown' }
    if (tied === undefined && !(await rows.tieSubject(terms.issuer, subject, user.userId)))
      return { refused: 'tied-to-another' }
    if (administrator === undefined || administrator === (user.role === 'administrator') || !user.enabled) return user
    return users.byId(await options.putUser(user.name, { administrator })) ?? user
  }
  const byName = (name: string | undefined) =>
    name === undefined ? undefined : (users.byName(name) ?? users.byName(name.toLowerCase()))
  const created = async ({ name, displayName, administrator = false }: Identity) => {
    if (terms.unknownUsers === 'refuse' || name === undefined) return undefined
    const shown = holdsCardNumber(displayName) ? '' : displayName
    return users.byId(await options.putUser(name, { displayName: shown, administrator }))
  }

  const logIn = async (known: Known, returnTo: string): Promise<SignOnOutcome> => {
    const outcome = await people.logInKnown(known)
    if (outcome.ok) return { is: 'logged-in', loggedIn: outcome.loggedIn, returnTo }
    const { code, userId, waitMs } = outcome
    if (code !== 'people.code-needed') return refused(fault(code, waitOf(waitMs)), userId)
    return {
      is: 'needs-code',
      ticket: seal('known', { userId: known.userId, session: known.session, returnTo }),
      userId: known.userId,
      returnTo,
    }
  }
  const redeemed = async (query: string, begun: Begun, attempt: Attempt): Promise<Claims | Fault> => {
    try {
      const claims = await client.redeem(query, begun)
      attempt.undecided()
      return claims
    } catch (thrown) {
      const cause = asFault(thrown)
      // Only what somebody may have guessed or forged counts against him.
      if (cause.code !== 'people.sign-on-failed') attempt.undecided()
      return cause
    }
  }
  const arrive = async (claims: Claims, returnTo: string, address: string): Promise<SignOnOutcome> => {
    const identity = identityOf(claims, terms)
    const user = await userFor(identity)
    if ('refused' in user) return refused(fault('people.not-admitted', { reason: user.refused }))
    const provenBy = identity.secondFactor ? 'provider-with-second-factor' : 'provider'
    return logIn({ userId: user.userId, provenBy, session: identity.session, address }, returnTo)
  }

  return {
    title: terms.title,
    async begin(returnTo) {
      const { goTo, begun } = await client.begin()
      return { goTo, ticket: seal('begun', { begun, returnTo: pathWithin(returnTo) }) }
    },
    async back(ticket, query, address) {
      const begun = open<BegunTicket>('begun', ticket)
      if (begun === undefined) return refused(fault('people.sign-on-stale'))
      const attempt = guard.attempt(address, begun.begun.state)
      if ('waitMs' in attempt) return refused(fault('people.locked-out', waitOf(attempt.waitMs)))
      const claims = await redeemed(query, begun.begun, attempt)
      return claims instanceof Fault ? refused(claims) : arrive(claims, begun.returnTo, address)
    },
    async finish(ticket, given, address) {
      const known = open<KnownTicket>('known', ticket)
      if (known === undefined) return refused(fault('people.sign-on-stale'))
      const { userId, session } = known
      return logIn({ ...given, userId, provenBy: 'provider', session, address }, known.returnTo)
    },
    needsCode: (ticket) => open<KnownTicket>('known', ticket) !== undefined,
    async endedThere(token) {
      const { id, subject, session } = await client.ended(token, wallMs())
      if (told.has(id)) throw fault('people.bad-logout-token')
      const userId = subject === undefined ? undefined : await rows.userOfSubject(terms.issuer, subject)
      // Of a subject whom nobody here is tied to there is nothing to end.
      if (subject === undefined || userId !== undefined) await people.logIns.endThere({ userId, session })
      // Not before: what failed here is told again by the provider.
      told.add(id)
      if (told.size > MOST_IDS) told.delete(told.values().next().value as string)
      return userId
    },
    endAt: async () => (terms.endsThere ? client.endAt(`${terms.ownUrl}/`) : undefined),
  }
}

function refused(cause: Fault, userId?: string): SignOnOutcome {
  return { is: 'refused', cause, userId }
}

function waitOf(ms: Milliseconds): { readonly retryAfterSeconds: number } {
  return { retryAfterSeconds: Math.ceil(ms / 1000) }
}

/** @returns the path of a page of ours; `/` for whatever leads elsewhere. */
export function pathWithin(asked: string | undefined): string {
  if (asked === undefined || asked.length > MOST_PATH_CHARS || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(asked))
    return '/'
  const base = 'https://here.invalid'
  const url = URL.parse(asked, base)
  return url?.origin === base ? url.pathname + url.search + url.hash : '/'
}
