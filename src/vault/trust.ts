/**
 * Whether the far end is the validation service: what a failed TLS connection means, and the pin. Certificates are checked by OpenSSL,
 * against the plan's authorities and name (RFC 5280, RFC 9525); here its verdict gets a word that says what to do about it.
 */

import type { TLSSocket } from 'node:tls'
import sodium from 'sodium-native'
import type { Failure } from './contract.ts'

/** Failures of trust. Control tells them apart in its log; people at the desk hear `validation-untrusted` in every case. */
export type TrustFailure = Extract<
  Failure,
  | 'validation-untrusted'
  | 'validation-unknown-authority'
  | 'validation-wrong-name'
  | 'validation-expired'
  | 'validation-pin-mismatch'
>

/** Codes of Node's and OpenSSL's verdicts on a certificate. */
const VERDICTS: Readonly<Record<string, TrustFailure>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'validation-wrong-name',
  ERR_TLS_CERT_ALTNAME_FORMAT: 'validation-wrong-name',
  CERT_HAS_EXPIRED: 'validation-expired',
  CERT_NOT_YET_VALID: 'validation-expired',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'validation-unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT: 'validation-unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'validation-unknown-authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'validation-unknown-authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'validation-unknown-authority',
  CERT_SIGNATURE_FAILURE: 'validation-unknown-authority',
}

/** @returns what an error code of a TLS connection says of trust. */
export function trustFailureOf(code: string): TrustFailure {
  return VERDICTS[code] ?? 'validation-untrusted'
}

/** @returns whether the service shows one of these keys; any key when there are none. @param pins SHA-256 of public keys, base64. */
export function isPinned(socket: Pick<TLSSocket, 'getPeerX509Certificate'>, pins: readonly string[]): boolean {
  if (pins.length === 0) return true
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return false
  const hash = Buffer.alloc(32)
  sodium.crypto_hash_sha256(hash, certificate.publicKey.export({ type: 'spki', format: 'der' }))
  return pins.includes(hash.toString('base64'))
}
