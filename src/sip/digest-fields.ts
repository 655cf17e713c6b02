/**
 * What both sides of digest authentication share (RFC 7616, RFC 8760 for SIP): the fields of a challenge or of credentials, and the
 * arithmetic of the response.
 *
 * It knows no user and no policy; the server is `digest.ts`, the client `digest-client.ts`.
 */

import { createHash } from 'node:crypto'

/** Names as they stand in `algorithm=`. */
export type DigestAlgorithm = 'SHA-512-256' | 'SHA-256' | 'MD5'
export type DigestQop = 'auth' | 'auth-int'

/** Fields by name in small letters; quotes and escapes taken away. */
export type DigestFields = ReadonlyMap<string, string>

export type ResponseInput = {
  readonly algorithm: DigestAlgorithm
  /** H(user:realm:password) as hex; for the -sess kind that of section 3.4.2. */
  readonly ha1: string
  readonly method: string
  readonly uri: string
  readonly nonce: string
  /** Absent for the old kind of RFC 2069, which has neither count nor client nonce. */
  readonly counted: { readonly qop: DigestQop; readonly nc: string; readonly cnonce: string } | undefined
  /** Only auth-int looks at it. */
  readonly body?: Uint8Array | string
}

/** Longest header value that is read, characters. */
const MAX_CHARS = 4096
const NODE_NAMES = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' } as const
/** name, then a quoted string or a token, then a comma or the end. */
const FIELD = /\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))\s*(?:,|$)/y

/** @returns the fields of a header value of scheme Digest; undefined for other schemes, a field named twice, or broken grammar. */
export function parseDigest(value: string): DigestFields | undefined {
  const scheme = /^\s*digest\s+/i.exec(value)
  if (scheme === null || value.length > MAX_CHARS) return undefined
  const fields = new Map<string, string>()
  let at = scheme[0].length
  while (at < value.length) {
    if (/^[\s,]*$/.test(value.slice(at))) break
    FIELD.lastIndex = at
    const found = FIELD.exec(value)
    const name = found?.[1]?.toLowerCase()
    if (found === null || name === undefined || fields.has(name)) return undefined
    fields.set(name, found[2]?.replace(/\\(.)/g, '$1') ?? found[3] ?? '')
    at = FIELD.lastIndex
  }
  return fields
}

/** @returns a value in quotes, as a header field wants it. */
export function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

/** @returns the hash of UTF-8 text or of bytes, as hex in small letters. */
export function hashHex(algorithm: DigestAlgorithm, of: string | Uint8Array): string {
  return createHash(NODE_NAMES[algorithm]).update(of).digest('hex')
}

/** @returns H(user:realm:password) (section 3.4.2), the form in which an account may be stored. */
export function ha1Of(algorithm: DigestAlgorithm, user: string, realm: string, password: string): string {
  return hashHex(algorithm, `${user}:${realm}:${password}`)
}

/** @returns the response as hex (section 3.4.1). */
export function digestResponse(input: ResponseInput): string {
  const { algorithm, counted } = input
  const entity = counted?.qop === 'auth-int' ? `:${hashHex(algorithm, input.body ?? '')}` : ''
  const ha2 = hashHex(algorithm, `${input.method}:${input.uri}${entity}`)
  const middle = counted === undefined ? '' : `${counted.nc}:${counted.cnonce}:${counted.qop}:`
  return hashHex(algorithm, `${input.ha1}:${input.nonce}:${middle}${ha2}`)
}
