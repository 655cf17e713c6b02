/** Certificates that recordings are sealed to: read from PEM (RFC 7468), and refused before a call is recorded that nobody could open. */

import { type KeyObject, X509Certificate } from 'node:crypto'
import { type CertificateFacts, certificateFacts } from '../base/certificate-facts.ts'
import { fault } from '../base/fault.ts'
import { certificateParts } from './certificate-der.ts'
import { createSeal } from './seal.ts'

/** What a recording is sealed to, as it travels to the media process. */
export type Recipient = {
  /** DER of IssuerAndSerialNumber (RFC 5652 section 10.2.4), from the certificate as it stands there. */
  readonly issuerAndSerial: Uint8Array
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
}

export type RecordingCertificate = {
  readonly recipient: Recipient
  readonly facts: CertificateFacts
  /** Of the RSA modulus. */
  readonly bits: number
  readonly selfSigned: boolean
}

/** Bits: fewer are not safe beyond 2030 (NIST SP 800-57 part 1, table 2). */
const RSA_BITS_MIN = 2048
/** With an exponent of 1 nothing would be encrypted. */
const RSA_EXPONENT_MIN = 3n
const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/**
 * Reads the first certificate of a text; what stands around its block and how lines end does not matter.
 * @param nowMs wall clock, milliseconds.
 * @throws Fault recording.no-certificate, .private-key (also beside a certificate: it does not belong on this machine), .certificate-not-rsa,
 * .certificate-weak, .certificate-usage, .certificate-expired, .certificate-not-yet-valid, .certificate-unusable; nothing of the text is in it.
 */
export function readRecordingCertificate(pem: string, nowMs: number): RecordingCertificate {
  if (/PRIVATE KEY-----/.test(pem)) throw fault('recording.private-key')
  const certificate = certificateOf(pem)
  const parts = certificate && certificateParts(certificate.raw)
  const key = certificate && publicKeyOf(certificate)
  if (certificate === undefined || parts === undefined || key === undefined) throw fault('recording.no-certificate')
  // RSASSA-PSS keys have a type of their own, and are for signatures alone.
  if (key.asymmetricKeyType !== 'rsa') throw fault('recording.certificate-not-rsa')
  const { modulusLength: bits = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (bits < RSA_BITS_MIN) throw fault('recording.certificate-weak', { bits })
  if (!parts.mayEncipherKeys) throw fault('recording.certificate-usage')
  const facts = certificateFacts(certificate)
  if (nowMs > certificate.validToDate.getTime()) throw fault('recording.certificate-expired', { on: facts.validTo })
  if (nowMs < certificate.validFromDate.getTime())
    throw fault('recording.certificate-not-yet-valid', { from: facts.validFrom })
  const recipient: Recipient = {
    issuerAndSerial: parts.issuerAndSerial,
    publicKey: key.export({ type: 'spki', format: 'der' }),
  }
  if (publicExponent < RSA_EXPONENT_MIN || !canSeal(recipient)) throw fault('recording.certificate-unusable', { bits })
  return { recipient, facts, bits, selfSigned: certificate.verify(key) }
}

/** Tried here, since in a call it is too late: OpenSSL computes with no modulus or exponent that is too long. */
function canSeal(recipient: Recipient): boolean {
  try {
    createSeal([recipient])(new Uint8Array())
    return true
  } catch {
    return false
  }
}

/** The first block or nothing: one that cannot be read is not passed over, since the next may be its authority's. */
function certificateOf(pem: string): X509Certificate | undefined {
  const from = pem.indexOf(BEGIN)
  const to = pem.indexOf(END, from)
  const base64 = from < 0 || to < 0 ? '' : pem.slice(from + BEGIN.length, to).replace(/\s/g, '')
  if (!BASE64.test(base64) || base64.length % 4 !== 0) return undefined
  const der = Buffer.from(base64, 'base64')
  try {
    const certificate = new X509Certificate(der)
    return certificate.raw.equals(der) ? certificate : undefined
  } catch {
    return undefined
  }
}

function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey
  } catch {
    // Of a kind that OpenSSL does not know.
    return undefined
  }
}
