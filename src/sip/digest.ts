/**
 * The server side of digest authentication (RFC 7616, RFC 8760): challenges and the check of what comes back.
 *
 * - A challenge for each algorithm, SHA-256 above MD5: a client takes the topmost it can (RFC 8760 section 2.3). Some give up at one they
 *   do not know, so a realm may offer MD5 alone.
 * - A nonce carries its own time and a signature over that and the address it was given to, so none is stored. What is stored, by the caller, is
 *   one small window of counts per nonce in use, so that no credentials are taken twice.
 * - Whether a password is right is told to nobody whose nonce we did not give to that address: so who guesses has to be reached there.
 * - Nothing here tells whether an account exists: an unknown one costs the same work and gives the same verdict.
 *
 * Not supported: auth-int, -sess, user hashes, and credentials without a count (RFC 2069), which could be replayed.
 */

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../base/secret.ts'
import { type DigestAlgorithm, type DigestFields, digestResponse, ha1Of, parseDigest, quoted } from './digest-fields.ts'

/** How an account proves itself: by its password, or by the stored hash H(user:realm:password) for each algorithm. */
export type DigestAccount =
  | { readonly password: Secret }
  | { readonly ha1Sha256: Secret | undefined; readonly ha1Md5: Secret | undefined }

/** Counts seen of one nonce: the highest, and which of the 32 up to it. */
export type NonceWindow = { readonly highest: number; readonly seen: number }

export type DigestRealm = {
  readonly realm: string
  /** Signs nonces; made at start, so those of an earlier run read as stale. */
  readonly nonceKey: Uint8Array
  /** Those that are offered and taken, best first; both when absent. */
  readonly algorithms?: readonly DigestAlgorithm[]
  /** ms a nonce may be used for. */
  readonly nonceLifeMs: number
  readonly accountOf: (user: string) => DigestAccount | undefined
}

export type DigestRequest = {
  readonly method: string
  /** Request-URI as received. */
  readonly uri: string
  /** Values of Authorization, or of Proxy-Authorization. */
  readonly credentials: readonly string[]
  /** Address that the request came from: nonces count there alone. */
  readonly source?: string
}

export type DigestVerdict =
  | {
      readonly verdict: 'proved'
      readonly user: string
      /** To be kept under `nonce` until the nonce expires. */
      readonly nonce: string
      readonly window: NonceWindow
      readonly expiresAtMs: number
    }
  /** Nothing for our realm: challenge. */
  | { readonly verdict: 'missing' }
  /** The nonce is none of ours at this address; or the password is right, the nonce old or its count used: challenge with stale=true. */
  | { readonly verdict: 'stale' }
  /** Unknown account, wrong password, or for another URI. `user` is who it says to be. */
  | { readonly verdict: 'wrong'; readonly user: string }
  /** Not credentials as we asked for them: 400. */
  | { readonly verdict: 'malformed' }

const ALGORITHMS: readonly DigestAlgorithm[] = ['SHA-256', 'MD5']
const WINDOW_COUNTS = 32
const TIME_BYTES = 6
const SALT_BYTES = 8
const MAC_BYTES = 16

/**
 * @param salt 8 random bytes. @param stale the client's password was right, only its nonce is not (RFC 7616 section 3.3).
 * @param source address that the nonce is given to.
 * @returns the values of WWW-Authenticate or Proxy-Authenticate, in the order in which they must stand.
 */
export function challenge(realm: DigestRealm, nowMs: number, salt: Uint8Array, stale = false, source = ''): string[] {
  const nonce = makeNonce(realm, nowMs, salt, source)
  const opaque = createHmac('sha256', realm.nonceKey).update(`opaque ${realm.realm}`).digest('hex').slice(0, 16)
  return offered(realm).map(
    (algorithm) =>
      `Digest realm=${quoted(realm.realm)}, nonce="${nonce}", opaque="${opaque}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`,
  )
}

/**
 * Checks the credentials of a request. @param windowOf what was kept of a nonce after its last use.
 * @returns a verdict; never throws.
 */
export function verify(
  realm: DigestRealm,
  request: DigestRequest,
  windowOf: (nonce: string, expiresAtMs: number) => NonceWindow | undefined,
  nowMs: number,
): DigestVerdict {
  const fields = credentialsFor(realm, request.credentials)
  if (fields === undefined) return { verdict: 'missing' }
  const read = readCredentials(fields, offered(realm))
  if (read === undefined) return { verdict: 'malformed' }
  const madeAtMs = nonceTime(realm, read.nonce, request.source ?? '')
  if (madeAtMs === undefined) return { verdict: 'stale' }
  const { ha1, usable } = ha1For(realm, read.user, read.algorithm)
  const expected = digestResponse({
    algorithm: read.algorithm,
    ha1,
    method: request.method,
    uri: read.uri,
    nonce: read.nonce,
    counted: { qop: 'auth', nc: read.nc, cnonce: read.cnonce },
  })
  if (!sameText(expected, read.response) || !usable || !sameResource(read.uri, request.uri))
    return { verdict: 'wrong', user: read.user }
  if (nowMs - madeAtMs > realm.nonceLifeMs || madeAtMs > nowMs) return { verdict: 'stale' }
  const expiresAtMs = madeAtMs + realm.nonceLifeMs
  const window = countUse(windowOf(read.nonce, expiresAtMs), Number.parseInt(read.nc, 16))
  if (window === undefined) return { verdict: 'stale' }
  return { verdict: 'proved', user: read.user, nonce: read.nonce, window, expiresAtMs }
}

/**
 * Counts one use of a nonce. Requests may overtake each other by less than 32.
 * @returns the window after it; undefined when the count is 0, was used, or is too old to know.
 */
export function countUse(window: NonceWindow | undefined, nc: number): NonceWindow | undefined {
  if (!Number.isInteger(nc) || nc < 1) return undefined
  if (window === undefined) return { highest: nc, seen: 1 }
  const behind = window.highest - nc
  if (behind < 0) return { highest: nc, seen: -behind >= WINDOW_COUNTS ? 1 : (window.seen << -behind) | 1 }
  if (behind >= WINDOW_COUNTS || (window.seen & (1 << behind)) !== 0) return undefined
  return { highest: window.highest, seen: window.seen | (1 << behind) }
}

function offered(realm: DigestRealm): readonly DigestAlgorithm[] {
  return realm.algorithms ?? ALGORITHMS
}

function credentialsFor(realm: DigestRealm, values: readonly string[]): DigestFields | undefined {
  for (const value of values) {
    const fields = parseDigest(value)
    if (fields?.get('realm') === realm.realm) return fields
  }
  return undefined
}

type Credentials = {
  readonly algorithm: DigestAlgorithm
  readonly user: string
  readonly uri: string
  readonly nonce: string
  readonly nc: string
  readonly cnonce: string
  readonly response: string
}

function readCredentials(fields: DigestFields, algorithms: readonly DigestAlgorithm[]): Credentials | undefined {
  const named = (fields.get('algorithm') ?? 'MD5').toUpperCase()
  const algorithm = algorithms.find((row) => row === named)
  const [user, uri, nonce, nc, cnonce, response] = ['username', 'uri', 'nonce', 'nc', 'cnonce', 'response'].map(
    (name) => fields.get(name) ?? '',
  )
  if (algorithm === undefined || fields.get('qop')?.toLowerCase() !== 'auth') return undefined
  if (!user || !uri || !nonce || !cnonce || !response || nc === undefined || !/^[0-9a-f]{8}$/i.test(nc))
    return undefined
  return { algorithm, user, uri, nonce, nc, cnonce, response: response.toLowerCase() }
}

/**
 * One hash is made whatever the account is or is not, so that the time tells nothing.
 * @returns what the response is to be made of; `usable` is false when nothing may match it.
 */
function ha1For(realm: DigestRealm, user: string, algorithm: DigestAlgorithm): { ha1: string; usable: boolean } {
  const account = realm.accountOf(user)
  const password = account !== undefined && 'password' in account ? account.password.reveal() : 'nobody'
  const made = ha1Of(algorithm, user, realm.realm, password)
  if (account === undefined) return { ha1: made, usable: false }
  if ('password' in account) return { ha1: made, usable: true }
  const stored = algorithm === 'MD5' ? account.ha1Md5 : account.ha1Sha256
  return { ha1: stored?.reveal().toLowerCase() ?? made, usable: stored !== undefined }
}

function sameText(one: string, other: string): boolean {
  const a = Buffer.from(one)
  const b = Buffer.from(other)
  return a.length === b.length && timingSafeEqual(a, b)
}

/**
 * Whether credentials were made for this request (RFC 7616 section 3.4.6). User and host must agree; ports and parameters are let go,
 * since phones differ in writing them (RFC 3261 section 22.4 allows that).
 */
function sameResource(one: string, other: string): boolean {
  const a = resourceOf(one)
  return a !== undefined && a === resourceOf(other)
}

function resourceOf(uri: string): string | undefined {
  const found = /^(?:sips?|tel):(?:([^@;?]*(?:;[^@?]*)?)@)?(\[[^\]]*\]|[^:;?>\s]+)/i.exec(uri)
  return found === null ? undefined : `${found[1]?.split(':')[0] ?? ''}@${found[2]?.toLowerCase()}`
}

/** 6 octets of time, 8 of salt, 16 of signature over both, the address and the realm. */
function makeNonce(realm: DigestRealm, nowMs: number, salt: Uint8Array, source: string): string {
  const head = Buffer.alloc(TIME_BYTES + SALT_BYTES)
  head.writeUIntBE(Math.max(0, Math.floor(nowMs)), 0, TIME_BYTES)
  head.set(salt.subarray(0, SALT_BYTES), TIME_BYTES)
  return Buffer.concat([head, signature(realm, head, source)]).toString('base64url')
}

/** @returns the time a nonce of ours was made at; undefined when we did not sign it for this address. */
function nonceTime(realm: DigestRealm, nonce: string, source: string): number | undefined {
  const bytes = Buffer.from(nonce, 'base64url')
  if (bytes.length !== TIME_BYTES + SALT_BYTES + MAC_BYTES) return undefined
  const head = bytes.subarray(0, TIME_BYTES + SALT_BYTES)
  return timingSafeEqual(bytes.subarray(head.length), signature(realm, head, source))
    ? head.readUIntBE(0, TIME_BYTES)
    : undefined
}

function signature(realm: DigestRealm, head: Uint8Array, source: string): Buffer {
  return createHmac('sha256', realm.nonceKey)
    .update(head)
    .update(`${source} ${realm.realm}`)
    .digest()
    .subarray(0, MAC_BYTES)
}
