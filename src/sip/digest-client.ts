/**
 * The client side of digest authentication (RFC 7616, RFC 8760): chooses among the challenges of a 401 or 407 and writes the credentials.
 *
 * One challenge per realm is answered, the strongest algorithm that is known: SHA-512-256, SHA-256, MD5, each also as -sess. A realm
 * that offers only unknown ones is left out; when nothing is left the request has failed.
 */

import {
  type DigestAlgorithm,
  type DigestFields,
  type DigestQop,
  digestResponse,
  ha1Of,
  hashHex,
  parseDigest,
  quoted,
} from './digest-fields.ts'

/** A challenge that was chosen, and how often it was answered. */
export type ClientChallenge = {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | undefined
  readonly algorithm: DigestAlgorithm
  /** The -sess kind of the algorithm. */
  readonly sess: boolean
  /** Whether `algorithm=` was there; if not, it is left out of the credentials too. */
  readonly named: boolean
  /** undefined for the old kind of RFC 2069. */
  readonly qop: DigestQop | undefined
  /** Our password was right, only the nonce was old: try again without asking. */
  readonly stale: boolean
  readonly uses: number
}

export type ClientCredentials = { readonly user: string; readonly password: { reveal(): string } }

export type ClientRequest = {
  readonly method: string
  /** Request-URI. */
  readonly uri: string
  readonly body?: Uint8Array | string
}

/** Strongest first. */
const STRENGTH: readonly DigestAlgorithm[] = ['SHA-512-256', 'SHA-256', 'MD5']
const MAX_CHALLENGES = 16

/** @param values all WWW-Authenticate or Proxy-Authenticate values of a response. @returns the best challenge of each realm. */
export function chooseChallenges(values: readonly string[]): ClientChallenge[] {
  const best = new Map<string, ClientChallenge>()
  for (const value of values.slice(0, MAX_CHALLENGES)) {
    const fields = parseDigest(value)
    const read = fields === undefined ? undefined : readChallenge(fields)
    if (read === undefined) continue
    const rival = best.get(read.realm)
    if (rival === undefined || STRENGTH.indexOf(read.algorithm) < STRENGTH.indexOf(rival.algorithm)) {
      best.set(read.realm, read)
    }
  }
  return [...best.values()]
}

/**
 * Answers a challenge. @param cnonce unpredictable text, hex or letters.
 * @returns the value of Authorization or Proxy-Authorization, and the challenge with its use counted, for the next request.
 */
export function authorize(
  challenge: ClientChallenge,
  credentials: ClientCredentials,
  request: ClientRequest,
  cnonce: string,
): { readonly value: string; readonly challenge: ClientChallenge } {
  const { algorithm, realm, nonce, qop, opaque } = challenge
  const uses = challenge.uses + 1
  const nc = uses.toString(16).padStart(8, '0')
  const plain = ha1Of(algorithm, credentials.user, realm, credentials.password.reveal())
  const response = digestResponse({
    algorithm,
    ha1: challenge.sess ? hashHex(algorithm, `${plain}:${nonce}:${cnonce}`) : plain,
    method: request.method,
    uri: request.uri,
    nonce,
    counted: qop === undefined ? undefined : { qop, nc, cnonce },
    ...(request.body === undefined ? {} : { body: request.body }),
  })
  const parts = [
    `username=${quoted(credentials.user)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(request.uri)}`,
    `response="${response}"`,
    ...(challenge.named ? [`algorithm=${algorithm}${challenge.sess ? '-sess' : ''}`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${nc}`]),
    ...(qop === undefined && !challenge.sess ? [] : [`cnonce=${quoted(cnonce)}`]),
  ]
  return { value: `Digest ${parts.join(', ')}`, challenge: { ...challenge, uses } }
}

/**
 * @param answered the challenge that our refused credentials were made for.
 * @returns whether another try makes sense: only when the server says that the nonce was old, and gives another.
 */
export function mayRetry(answered: ClientChallenge, next: ClientChallenge): boolean {
  return next.stale && next.nonce !== answered.nonce
}

function readChallenge(fields: DigestFields): ClientChallenge | undefined {
  const named = fields.get('algorithm')
  const [, base, sess] = /^(.*?)(-sess)?$/i.exec(named ?? 'MD5') ?? []
  const algorithm = STRENGTH.find((row) => row === base?.toUpperCase())
  const realm = fields.get('realm')
  const nonce = fields.get('nonce')
  if (algorithm === undefined || realm === undefined || nonce === undefined) return undefined
  const qop = chooseQop(fields.get('qop'))
  if (qop === 'unknown') return undefined
  return {
    realm,
    nonce,
    opaque: fields.get('opaque'),
    algorithm,
    sess: sess !== undefined,
    named: named !== undefined,
    qop,
    stale: fields.get('stale')?.toLowerCase() === 'true',
    uses: 0,
  }
}

function chooseQop(offered: string | undefined): DigestQop | undefined | 'unknown' {
  if (offered === undefined || offered.trim() === '') return undefined
  const options = offered.toLowerCase().split(/[\s,]+/)
  if (options.includes('auth')) return 'auth'
  return options.includes('auth-int') ? 'auth-int' : 'unknown'
}
