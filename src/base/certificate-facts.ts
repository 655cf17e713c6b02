/** What people want to know of a certificate. Its names are the other side's words: nothing in them may move a cursor. */

import type { X509Certificate } from 'node:crypto'

export type CertificateFacts = {
  readonly subject: string
  readonly names: readonly string[]
  readonly issuer: string
  readonly validFrom: string
  readonly validTo: string
  readonly fingerprint256: string
  readonly serialNumber: string
}

/** @returns what stands in it. */
export function certificateFacts(certificate: X509Certificate): CertificateFacts {
  const { subject, subjectAltName, issuer, validFromDate, validToDate, fingerprint256, serialNumber } = certificate
  return {
    subject: oneLine(subject),
    names: (subjectAltName ?? '')
      .split(', ')
      .filter((name) => name !== '')
      .map(oneLine),
    issuer: oneLine(issuer),
    validFrom: validFromDate.toISOString(),
    validTo: validToDate.toISOString(),
    fingerprint256,
    serialNumber,
  }
}

function oneLine(text: string): string {
  return text.replace(/\n/g, ', ').replace(/\p{Cc}/gu, '?')
}
