/**
 * The crypto suites that SRTP is spoken with: AES in counter mode and HMAC-SHA1 (RFC 3711, RFC 6188), AES in Galois/counter mode (RFC 7714),
 * under the names that session descriptions have for them (RFC 4568 section 6.2, RFC 6188 section 4, RFC 7714 section 14).
 */

export type SrtpSuiteName =
  | 'AEAD_AES_256_GCM'
  | 'AEAD_AES_128_GCM'
  | 'AES_256_CM_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_256_CM_HMAC_SHA1_32'
  | 'AES_CM_128_HMAC_SHA1_32'

export type SrtpSuite = {
  readonly name: SrtpSuiteName
  readonly mode: 'counter' | 'galois'
  /** Octets of the master key, and of the session key for encryption. */
  readonly keySize: 16 | 32
  /** Octets of the master salt, and of the session salt. */
  readonly saltSize: 12 | 14
  /** Octets of the tag on an RTP packet. */
  readonly tagSize: number
  /** Octets of the tag on an RTCP packet: never the short one (RFC 3711 section 5.2). */
  readonly rtcpTagSize: number
}

const GALOIS = { mode: 'galois', saltSize: 12, tagSize: 16, rtcpTagSize: 16 } as const
const COUNTER = { mode: 'counter', saltSize: 14, rtcpTagSize: 10 } as const

/** In the order in which we offer them: the strongest first, short tags last. */
export const SRTP_SUITES: readonly SrtpSuite[] = [
  { name: 'AEAD_AES_256_GCM', keySize: 32, ...GALOIS },
  { name: 'AEAD_AES_128_GCM', keySize: 16, ...GALOIS },
  { name: 'AES_256_CM_HMAC_SHA1_80', keySize: 32, tagSize: 10, ...COUNTER },
  { name: 'AES_CM_128_HMAC_SHA1_80', keySize: 16, tagSize: 10, ...COUNTER },
  { name: 'AES_256_CM_HMAC_SHA1_32', keySize: 32, tagSize: 4, ...COUNTER },
  { name: 'AES_CM_128_HMAC_SHA1_32', keySize: 16, tagSize: 4, ...COUNTER },
]

/**
 * Sources under one key that are known at a time: forgetting one would let its packets be replayed, so that a further one is not taken. There are media
 * servers that take another one for each announcement.
 */
export const SRTP_SOURCES = 256

/** The keys of one stream: a master key with its salt for each direction. */
export type SrtpKeys = {
  readonly suite: SrtpSuiteName
  readonly sendMaster: Uint8Array
  readonly receiveMaster: Uint8Array
  /** Packets that the far end lets its key protect, when it said (RFC 4568 section 6.1). */
  readonly receiveLifetime?: number | undefined
}

/** @returns keys in memory of their own. */
export function copyKeys<K extends SrtpKeys>(keys: K): K {
  return { ...keys, sendMaster: copyOf(keys.sendMaster), receiveMaster: copyOf(keys.receiveMaster) }
}

/** @returns octets of their own: `slice` of a Buffer, as the system draws keys and channels bring them, is a view, and would be overwritten with its copy. */
export function copyOf(octets: Uint8Array): Uint8Array {
  return Uint8Array.from(octets)
}

/** Overwrites the keys of a stream, if it has any. */
export function wipeKeys(keys: SrtpKeys | undefined): void {
  keys?.sendMaster.fill(0)
  keys?.receiveMaster.fill(0)
}

/** @returns whether a master was overwritten, which no draw gives. */
export function isBlank(master: Uint8Array): boolean {
  return master.every((octet) => octet === 0)
}

/** @returns whether two masters are the same octets. */
export function sameMaster(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, at) => octet === other[at])
}

/** @returns the suite of that name. @throws TypeError for a name that is none: a defect. */
export function srtpSuite(name: SrtpSuiteName): SrtpSuite {
  const suite = SRTP_SUITES.find((row) => row.name === name)
  if (suite === undefined) throw new TypeError('no such suite')
  return suite
}
