/**
 * The back end's public key for sealed requests, as an administrator has it: a JWK (RFC 7517) or PEM (RFC 7468). Read in control and by the
 * command line; the vault gets what comes out, never a file.
 */

import { createHash, createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto'

/** As Node wants it, with the members that say what a key is for (RFC 7517 section 4). */
type JsonWebKey = JsonWebKeyInput['key'] & { readonly kid?: unknown; readonly use?: unknown; readonly alg?: unknown }

export type SealingKeyRead = {
  readonly algorithm: 'RSA-OAEP-256' | 'ECDH-ES'
  /** The JWK's `kid`, or else the key's thumbprint (RFC 7638). */
  readonly keyId: string
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string
}

/** Bits of an RSA key: fewer are too weak (RFC 7518 section 4.3), and with more a request would not fit into a TLS record. */
const RSA_BITS_MIN = 2048
const RSA_BITS_MAX = 4096
const KEY_ID = /^[\x20-\x7e]{1,256}$/

/** @returns the key, or a sentence that says why the text is none. A private key is refused: it has no business here. */
export function readSealingKey(text: string): SealingKeyRead | string {
  const jwk = parsedJwk(text)
  if (/PRIVATE KEY/.test(text) || jwk?.['d'] !== undefined) return 'This is a private key; give the public one alone.'
  const key = keyOf(text, jwk)
  if (key === undefined) return 'This is no public key as JWK or PEM.'
  const algorithm = algorithmOf(key)
  if (algorithm === undefined) {
    return `The key must be RSA of ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits, or of the curve P-256 or X25519.`
  }
  const alg = jwk?.['alg']
  if (alg !== undefined && alg !== algorithm)
    return `The key is for ${String(alg)}; requests are sealed with ${algorithm}.`
  if (jwk?.['use'] !== undefined && jwk['use'] !== 'enc') return 'The key is not for encryption ("use" is not "enc").'
  const keyId = typeof jwk?.['kid'] === 'string' ? jwk['kid'] : thumbprint(key)
  if (!KEY_ID.test(keyId)) return 'The "kid" of the key must be plain ASCII text of at most 256 characters.'
  return { algorithm, keyId, publicKey: key.export({ type: 'spki', format: 'pem' }).toString() }
}

function parsedJwk(text: string): JsonWebKey | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonWebKey) : undefined
  } catch {
    return undefined
  }
}

function keyOf(text: string, jwk: JsonWebKey | undefined): KeyObject | undefined {
  try {
    return jwk === undefined ? createPublicKey(text) : createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return undefined
  }
}

function algorithmOf(key: KeyObject): SealingKeyRead['algorithm'] | undefined {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return modulusLength >= RSA_BITS_MIN && modulusLength <= RSA_BITS_MAX ? 'RSA-OAEP-256' : undefined
    case 'ec':
      return namedCurve === 'prime256v1' ? 'ECDH-ES' : undefined
    case 'x25519':
      return 'ECDH-ES'
    default:
      return undefined
  }
}

/** RFC 7638: SHA-256 over the members that are needed, in order of their names, without white space. */
function thumbprint(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' })
  const members = { crv, e, kty, n, x, y }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}
