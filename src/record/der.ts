/**
 * DER (X.690 section 10), as much as sealed recordings need: tags of one octet, definite lengths of up to three; and the parts of a segment that are the
 * same in every one (RFC 5652, RFC 5083).
 */

export type Element = {
  readonly tag: number
  /** With its tag and length. */
  readonly octets: Uint8Array
  readonly content: Uint8Array
}

export type Header = {
  readonly tag: number
  /** Octets of tag and length. */
  readonly contentAt: number
  /** Octets of the whole element. */
  readonly end: number
}

export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
  set: 0x31,
  /** Context-specific, primitive and constructed. */
  implicit0: 0x80,
  explicit0: 0xa0,
  explicit3: 0xa3,
} as const

/** Octets of the longest tag and length. */
export const HEADER_MAX = 5
/** Elements beside each other that are read, and with them recipients: a hostile file makes no more work than that. */
export const ELEMENTS_MAX = 64

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex')

export const VERSION_0 = hex('02 01 00')
/** id-ct-authEnvelopedData (RFC 5083 section 2.1). */
export const AUTH_ENVELOPED_DATA = hex('06 0b 2a864886f70d0109100117')
/** id-data (RFC 5652 section 4). */
export const DATA = hex('06 09 2a864886f70d010701')
/** id-aes256-GCM (RFC 5084 section 3.2). */
export const AES_256_GCM = hex('06 09 60864801650304012e')
/** Octets of its key, and of its nonce (RFC 5084 section 3.2). */
export const KEY_OCTETS = 32
export const NONCE_OCTETS = 12
/** aes-ICVlen: 16 octets of tag, where 12 would be the default. */
export const TAG_LENGTH_16 = hex('02 01 10')
/** RSAES-OAEP with SHA-256 and MGF1 with SHA-256 (RFC 4055 section 4.1), its hashes with NULL as section 2.1 wants it. */
export const OAEP_SHA_256 = hex(
  '303c 06092a864886f70d010107 302f a00f 300d06096086480165030402010500 a11c 301a06092a864886f70d010108 300d06096086480165030402010500',
)
/** The same without: "all implementations MUST accept both", and OpenSSL writes this. */
export const OAEP_SHA_256_WITHOUT_NULL = hex(
  '3038 06092a864886f70d010107 302b a00d 300b0609608648016503040201 a11a 301806092a864886f70d010108 300b0609608648016503040201',
)

/** An element of these parts, not yet joined: what is long is copied once, however deep it lies. */
export function element(tag: number, ...parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length < 0x80) return [Uint8Array.of(tag, length), ...parts]
  if (length < 0x100) return [Uint8Array.of(tag, 0x81, length), ...parts]
  if (length < 0x10000) return [Uint8Array.of(tag, 0x82, length >> 8, length), ...parts]
  if (length < 0x1000000) return [Uint8Array.of(tag, 0x83, length >> 16, length >> 8, length), ...parts]
  throw new RangeError('an element of 16 MB or more')
}

/** @returns tag and length of the element that begins here, which may end behind these octets; undefined where that is no DER. */
export function headerOf(octets: Uint8Array): Header | undefined {
  const [tag, first] = octets
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined
  if (first < 0x80) return { tag, contentAt: 2, end: 2 + first }
  const count = first & 0x7f
  if (count < 1 || count > 3 || octets.length < 2 + count) return undefined
  let length = 0
  for (const octet of octets.subarray(2, 2 + count)) length = length * 0x100 + octet
  // Of several ways to write a length DER has the shortest alone (section 10.1).
  if (length < (count === 1 ? 0x80 : 0x100 ** (count - 1))) return undefined
  return { tag, contentAt: 2 + count, end: 2 + count + length }
}

/** @returns the elements that fill these octets, as views of them; undefined where that is no DER, or there are too many. */
export function elementsOf(octets: Uint8Array): readonly Element[] | undefined {
  const found: Element[] = []
  for (let at = 0; at < octets.length; ) {
    const rest = octets.subarray(at)
    const header = headerOf(rest)
    if (header === undefined || header.end > rest.length || found.length === ELEMENTS_MAX) return undefined
    const { tag, contentAt, end } = header
    found.push({ tag, octets: rest.subarray(0, end), content: rest.subarray(contentAt, end) })
    at += end
  }
  return found
}

export function sameOctets(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}
