/** What the claims of an identity provider say of somebody, by the configuration: which user he is, and what he has proved. Pure. */

export type Claims = Readonly<Record<string, unknown>> & { readonly sub: string }

/** A claim that has to be, or to hold, a value. */
export type ClaimTest = { readonly claim: string; readonly value: string }

export type ClaimTerms = {
  /** The claim that names the user. */
  readonly nameClaim: string
  /** Where it is an address: what has to stand behind the @. */
  readonly nameDomain: string | undefined
  readonly requires: ClaimTest | undefined
  readonly administrators: ClaimTest | undefined
  /** Values of `amr` (RFC 8176) and `acr` that say that the provider has asked for a second factor. */
  readonly secondFactor: { readonly amr: readonly string[]; readonly acr: readonly string[] }
}

export type Identity = {
  /** Names him at the provider, for good. */
  readonly subject: string
  /** Names him in the directory; undefined when the claims do not say, or what they say is not to be relied upon. */
  readonly name: string | undefined
  readonly displayName: string
  readonly admitted: boolean
  /** Undefined: the directory says. */
  readonly administrator: boolean | undefined
  readonly secondFactor: boolean
  /** Names the log-in at the provider (Back-Channel Logout 1.0 section 2.1); undefined where it tells none. */
  readonly session: string | undefined
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const MOST_SHOWN = 128

export function identityOf(claims: Claims, terms: ClaimTerms): Identity {
  const { requires, administrators, secondFactor } = terms
  return {
    subject: claims.sub,
    name: nameIn(claims, terms),
    displayName: displayNameIn(claims),
    admitted: requires === undefined || passes(claims, requires),
    administrator: administrators === undefined ? undefined : passes(claims, administrators),
    secondFactor:
      wordsIn(claims['amr']).some((word) => secondFactor.amr.includes(word)) ||
      wordsIn(claims['acr']).some((word) => secondFactor.acr.includes(word)),
    session: typeof claims['sid'] === 'string' ? claims['sid'] : undefined,
  }
}

/** @returns the claims that are looked at. */
export function claimsWanted({ nameClaim, requires, administrators }: ClaimTerms): readonly string[] {
  return [nameClaim, ...[requires, administrators].flatMap((test) => (test === undefined ? [] : [test.claim]))]
}

function nameIn(claims: Claims, { nameClaim, nameDomain }: ClaimTerms): string | undefined {
  const said = claims[nameClaim]
  if (typeof said !== 'string') return undefined
  // Where people may write any address into their profile, it names nobody before it was verified (Core section 5.7).
  if (nameClaim === 'email' && claims['email_verified'] !== true) return undefined
  if (nameDomain === undefined) return NAME.test(said) ? said : undefined
  const at = said.lastIndexOf('@')
  const name = said.slice(0, at)
  return at > 0 && said.slice(at + 1).toLowerCase() === nameDomain.toLowerCase() && NAME.test(name) ? name : undefined
}

function displayNameIn({ name }: Claims): string {
  return typeof name === 'string'
    ? name
        .replace(/[\p{Cc}\p{Cs}]/gu, '')
        .slice(0, MOST_SHOWN)
        .trim()
    : ''
}

function passes(claims: Claims, { claim, value }: ClaimTest): boolean {
  return wordsIn(claims[claim]).includes(value)
}

function wordsIn(claim: unknown): readonly string[] {
  return [claim]
    .flat()
    .flatMap((word) => (typeof word === 'string' ? [word] : typeof word === 'boolean' ? [String(word)] : []))
}
