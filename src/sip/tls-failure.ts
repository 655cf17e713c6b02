/** What a failed handshake means, as a row of the fault table. Pure. */

import type { FaultCode } from '../base/faults.ts'

/** Errors of verification that say that the chain ends at nobody who is trusted (X509_verify_cert_error_string(3)). */
const UNTRUSTED = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
])
const OUTDATED = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

/** The code of the error that our own check of names gives. */
export const WRONG_NAME = 'SOTTO_WRONG_NAME'

/** @returns the fault of a handshake of ours; undefined when it is the network's: refused, reset, timed out. */
export function outgoingFault(error: Error): FaultCode | undefined {
  const code = codeOf(error)
  if (code === WRONG_NAME) return 'sip.peer-name-mismatch'
  if (OUTDATED.has(code)) return 'sip.peer-certificate-expired'
  if (UNTRUSTED.has(code)) return 'sip.peer-certificate-untrusted'
  return isOfTls(code) ? 'sip.handshake-failed' : undefined
}

/** @param error of the handshake, or the code of what is wrong with the client's certificate. @returns the fault of a handshake that a client began; undefined when it is the network's. */
export function incomingFault(error: Error | string): FaultCode | undefined {
  const code = typeof error === 'string' ? error : codeOf(error)
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'sip.no-client-certificate'
  if (OUTDATED.has(code)) return 'sip.peer-certificate-expired'
  if (UNTRUSTED.has(code)) return 'sip.peer-certificate-untrusted'
  return isOfTls(code) ? 'sip.handshake-failed' : undefined
}

function codeOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  return code ?? ''
}

function isOfTls(code: string): boolean {
  return code.startsWith('ERR_SSL_') || code === 'EPROTO'
}
