/**
 * Encryption to a public key, as JWE in compact serialization (RFC 7516): AES-256 in Galois/Counter mode for the content (RFC 7518 section
 * 5.3), its key encrypted with RSA-OAEP-256 (section 4.3) or agreed on by ECDH-ES over P-256 or X25519 (section 4.6, RFC 8037).
 *
 * | Secret | Where | Until |
 * |---|---|---|
 * | content key, shared secret, ephemeral key of X25519 | locked memory | the end of `seal` |
 * | ephemeral key and shared secret of P-256 | OpenSSL's memory, a buffer of its own | replaced and zeroed before use |
 * | AES key schedule | OpenSSL's memory | `final`, which frees it zeroed |
 *
 * This is the one file of the vault that imports `node:crypto`: for AES, RSA and the curve P-256, which libsodium has not. It encrypts
 * only, to a key that the administrator named; nothing here can open what it has sealed.
 */

import { constants, createCipheriv, createECDH, createPublicKey, type KeyObject, publicEncrypt } from 'node:crypto'
import sodium from 'sodium-native'
import type { SealingKey } from './contract.ts'
import { LockedMemory } from './locked-memory.ts'

export type Sealer = {
  /** Octets of the result for so many of clear text. */
  sizeOf(clearSize: number): number
  /** @returns the compact serialization, ASCII. Nothing in it is secret. */
  seal(clear: Uint8Array): Buffer
}

const KEY_SIZE = 32
const IV_SIZE = 12
const TAG_SIZE = 16
const P256_COORDINATE_SIZE = 32
const BITS_IN_OCTET = 8

/** How one message's content key comes about. */
type Agreement = {
  /** Members of the header beside `alg`, JSON. */
  readonly header: readonly (readonly [name: string, json: string])[]
  /** Empty when the key is agreed on directly. */
  readonly encryptedKey: Buffer
}
type Recipient = {
  /** Octets of the encrypted key. */
  readonly encryptedSize: number
  /** Puts a fresh content key into locked memory, and says what the recipient needs to get it. */
  agree(contentKey: Buffer): Agreement
}

/**
 * @param header more members of the protected header, as JSON, in this order. @throws Error when the key is not one for its algorithm;
 * whoever configures it has looked before.
 */
export function sealerFor(key: SealingKey, header: readonly (readonly [name: string, json: string])[]): Sealer {
  const recipient = recipientOf(key)
  const headerFor = (agreement: Agreement) =>
    Buffer.from(
      `{${[
        ['alg', `"${key.algorithm}"`],
        ['enc', '"A256GCM"'],
        ['kid', quoted(key.keyId)],
        ...header,
        ...agreement.header,
      ]
        .map(([name, json]) => `"${name}":${json}`)
        .join(',')}}`,
      'utf8',
    )
  // Ephemeral keys differ, their lengths do not.
  const scratch = new LockedMemory(KEY_SIZE)
  const headerSize = headerFor(recipient.agree(scratch.bytes)).length
  scratch.close()
  return {
    sizeOf: (clearSize) =>
      [headerSize, recipient.encryptedSize, IV_SIZE, clearSize, TAG_SIZE].reduce((sum, n) => sum + sizeInBase64(n), 4),
    seal(clear) {
      const contentKey = new LockedMemory(KEY_SIZE)
      try {
        const agreement = recipient.agree(contentKey.bytes)
        const protectedHeader = headerFor(agreement).toString('base64url')
        const iv = Buffer.alloc(IV_SIZE)
        sodium.randombytes_buf(iv)
        const cipher = createCipheriv('aes-256-gcm', contentKey.bytes, iv)
        cipher.setAAD(Buffer.from(protectedHeader, 'ascii'))
        const sealed = Buffer.concat([cipher.update(clear), cipher.final()])
        const rest = [agreement.encryptedKey, iv, sealed, cipher.getAuthTag()].map((part) => part.toString('base64url'))
        return Buffer.from([protectedHeader, ...rest].join('.'), 'ascii')
      } finally {
        contentKey.close()
      }
    },
  }
}

function recipientOf({ algorithm, publicKey }: SealingKey): Recipient {
  const key = createPublicKey(publicKey)
  if (algorithm === 'RSA-OAEP-256') return rsaRecipient(key)
  return key.asymmetricKeyType === 'x25519' ? x25519Recipient(key) : p256Recipient(key)
}

function rsaRecipient(key: KeyObject): Recipient {
  const { modulusLength } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType !== 'rsa' || modulusLength === undefined) throw new Error('not an RSA key')
  return {
    encryptedSize: Math.ceil(modulusLength / BITS_IN_OCTET),
    agree(contentKey) {
      sodium.randombytes_buf(contentKey)
      const padding = constants.RSA_PKCS1_OAEP_PADDING
      return { header: [], encryptedKey: publicEncrypt({ key, padding, oaepHash: 'sha256' }, contentKey) }
    },
  }
}

function x25519Recipient(key: KeyObject): Recipient {
  const theirs = coordinate(key, 'x')
  return {
    encryptedSize: 0,
    agree(contentKey) {
      const [secret, shared] = [new LockedMemory(KEY_SIZE), new LockedMemory(KEY_SIZE)]
      try {
        const ours = Buffer.alloc(KEY_SIZE)
        secret.randomise()
        sodium.crypto_scalarmult_base(ours, secret.bytes)
        sodium.crypto_scalarmult(shared.bytes, secret.bytes, theirs)
        deriveKey(contentKey, shared.bytes)
        return agreedWith(`{"kty":"OKP","crv":"X25519","x":"${ours.toString('base64url')}"}`)
      } finally {
        secret.close()
        shared.close()
      }
    },
  }
}

function p256Recipient(key: KeyObject): Recipient {
  const theirs = Buffer.concat([Buffer.of(4), coordinate(key, 'x'), coordinate(key, 'y')])
  return {
    encryptedSize: 0,
    agree(contentKey) {
      const exchange = createECDH('prime256v1')
      const ours = exchange.generateKeys()
      const shared = exchange.computeSecret(theirs)
      deriveKey(contentKey, shared)
      sodium.sodium_memzero(shared)
      // OpenSSL zeroes the key that it gives up for this one.
      exchange.setPrivateKey(ONE)
      const at = (from: number) => ours.toString('base64url', from, from + P256_COORDINATE_SIZE)
      return agreedWith(`{"kty":"EC","crv":"P-256","x":"${at(1)}","y":"${at(1 + P256_COORDINATE_SIZE)}"}`)
    },
  }
}

const ONE = Buffer.from('01'.padStart(2 * P256_COORDINATE_SIZE, '0'), 'hex')

function coordinate(key: KeyObject, name: 'x' | 'y'): Buffer {
  const { crv, [name]: value } = key.export({ format: 'jwk' })
  if ((crv !== 'P-256' && crv !== 'X25519') || value === undefined) throw new Error('not a key of these curves')
  return Buffer.from(value, 'base64url')
}

function agreedWith(ephemeral: string): Agreement {
  return { header: [['epk', ephemeral]], encryptedKey: Buffer.alloc(0) }
}

/**
 * The single step key derivation of RFC 7518 section 4.6.2 for a key that is used directly: one round of SHA-256 over the round's number,
 * the shared secret, the name of the content encryption, two empty parties, and the length of the key in bits.
 */
function deriveKey(out: Buffer, shared: Uint8Array): void {
  const input = new LockedMemory(ROUND.length + shared.length + PURPOSE.length)
  input.bytes.set(ROUND)
  input.bytes.set(shared, ROUND.length)
  input.bytes.set(PURPOSE, ROUND.length + shared.length)
  sodium.crypto_hash_sha256(out, input.bytes)
  input.close()
}

const ROUND = Buffer.of(0, 0, 0, 1)
const ENCRYPTION = Buffer.from('A256GCM', 'ascii')
const PURPOSE = Buffer.concat([lengthed(ENCRYPTION), lengthed(Buffer.alloc(0)), lengthed(Buffer.alloc(0)), keyBits()])

function lengthed(octets: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(octets.length)
  return Buffer.concat([length, octets])
}

function keyBits(): Buffer {
  const bits = Buffer.alloc(4)
  bits.writeUInt32BE(KEY_SIZE * BITS_IN_OCTET)
  return bits
}

/** Without padding (RFC 7515 section 2). */
function sizeInBase64(octets: number): number {
  return Math.ceil((octets * 4) / 3)
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
