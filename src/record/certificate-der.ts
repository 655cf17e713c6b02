/** What of a certificate must be had as it stands there (RFC 5280 section 4.1): Node gives issuer and serial number as text alone, and no key usage. */

import { type Element, element, elementsOf, sameOctets, TAG } from './der.ts'

/** id-ce-keyUsage (RFC 5280 section 4.2.1.3), with tag and length, and its bit 2. */
const KEY_USAGE = Uint8Array.of(TAG.objectIdentifier, 3, 0x55, 0x1d, 0x0f)
const KEY_ENCIPHERMENT = 0x20

export type CertificateParts = {
  /** DER of IssuerAndSerialNumber (RFC 5652 section 10.2.4). */
  readonly issuerAndSerial: Uint8Array
  /** False where there is a key usage without it. */
  readonly mayEncipherKeys: boolean
}

/** @param der one certificate. @returns undefined when it has not the shape of one. */
export function certificateParts(der: Uint8Array): CertificateParts | undefined {
  const [certificate, ...more] = elementsOf(der) ?? []
  if (certificate?.tag !== TAG.sequence || more.length > 0) return undefined
  const [signed] = elementsOf(certificate.content) ?? []
  const fields = (signed === undefined ? undefined : elementsOf(signed.content)) ?? []
  const [serial, , issuer] = fields[0]?.tag === TAG.explicit0 ? fields.slice(1) : fields
  if (serial?.tag !== TAG.integer || issuer?.tag !== TAG.sequence) return undefined
  const extensions = fields.find(({ tag }) => tag === TAG.explicit3)
  return {
    issuerAndSerial: Buffer.concat(element(TAG.sequence, issuer.octets, serial.octets)),
    mayEncipherKeys: extensions === undefined || mayEncipher(extensions),
  }
}

function mayEncipher(extensions: Element): boolean {
  const [list] = elementsOf(extensions.content) ?? []
  for (const extension of (list === undefined ? undefined : elementsOf(list.content)) ?? []) {
    const parts = elementsOf(extension.content) ?? []
    if (parts[0] === undefined || !sameOctets(parts[0].octets, KEY_USAGE)) continue
    // A BIT STRING in an OCTET STRING, behind "critical" where that stands; its first octet counts unused bits.
    const [bits] = elementsOf(parts.at(-1)?.content ?? new Uint8Array()) ?? []
    return bits?.tag === TAG.bitString && ((bits.content[1] ?? 0) & KEY_ENCIPHERMENT) !== 0
  }
  return true
}
