/**
 * Opens sealed segments with a private key, which only the command line ever has. Reads what `seal.ts` writes and what "openssl cms -encrypt" makes of
 * the same algorithms, and nothing else.
 */

import {
  constants,
  createDecipheriv,
  createPrivateKey,
  type KeyObject,
  privateDecrypt,
  type X509Certificate,
} from 'node:crypto'
import { fault } from '../base/fault.ts'
import { certificateParts } from './certificate-der.ts'
import {
  AES_256_GCM,
  AUTH_ENVELOPED_DATA,
  DATA,
  type Element,
  elementsOf,
  KEY_OCTETS,
  NONCE_OCTETS,
  OAEP_SHA_256,
  OAEP_SHA_256_WITHOUT_NULL,
  sameOctets,
  TAG,
  TAG_LENGTH_16,
  VERSION_0,
} from './der.ts'

type SealedKey = {
  readonly issuerAndSerial: Uint8Array
  readonly serial: Uint8Array
  readonly encryptedKey: Uint8Array
}
type Message = {
  readonly keys: readonly SealedKey[]
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

const TAG_OCTETS = 16

/**
 * Opens one sealed segment. It is all or nothing: content whose tag is not right is wiped.
 * @param certificate says which recipient the key is for; without it each is tried.
 * @throws Fault recording.key-mismatch, .not-for-key when the key is none of its recipients', .changed, .not-sealed.
 */
export function openSegment(message: Uint8Array, key: KeyObject, certificate?: X509Certificate): Uint8Array {
  const { keys, ...rest } = readMessage(message)
  const own = certificate === undefined ? keys : keysFor(keys, key, certificate)
  for (const { encryptedKey } of own) {
    const contentKey = contentKeyOf(encryptedKey, key)
    if (contentKey !== undefined) return contentOf(rest, contentKey)
  }
  throw fault(certificate === undefined ? 'recording.not-for-key' : 'recording.changed')
}

/** @returns whom a segment is sealed to; the serial number in hex, as people know it from their certificates. @throws Fault recording.not-sealed. */
export function recipientsOf(
  message: Uint8Array,
): readonly { readonly issuerAndSerial: Uint8Array; readonly serialNumber: string }[] {
  return readMessage(message).keys.map(({ issuerAndSerial, serial }) => {
    const digits = Buffer.from(serial).toString('hex').toUpperCase()
    return { issuerAndSerial, serialNumber: digits.length > 2 ? digits.replace(/^00/, '') : digits }
  })
}

/**
 * Reads an RSA private key: PKCS#8 or PKCS#1 in PEM, encrypted or not.
 * @throws Fault recording.no-private-key, .no-passphrase, .wrong-passphrase, .key-not-rsa; without what OpenSSL says, so that nothing of the key is in it.
 */
export function readPrivateKey(pem: string, passphrase?: string): KeyObject {
  if (!/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(pem)) throw fault('recording.no-private-key')
  const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)
  if (isEncrypted && passphrase === undefined) throw fault('recording.no-passphrase')
  let key: KeyObject
  try {
    key = createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
  } catch {
    throw fault(isEncrypted ? 'recording.wrong-passphrase' : 'recording.no-private-key')
  }
  if (key.asymmetricKeyType !== 'rsa') throw fault('recording.key-not-rsa')
  return key
}

function keysFor(keys: readonly SealedKey[], key: KeyObject, certificate: X509Certificate): readonly SealedKey[] {
  if (!certificate.checkPrivateKey(key)) throw fault('recording.key-mismatch')
  const wanted = certificateParts(certificate.raw)?.issuerAndSerial
  const own = keys.filter(({ issuerAndSerial }) => wanted !== undefined && sameOctets(issuerAndSerial, wanted))
  if (own.length === 0) throw fault('recording.not-for-key')
  return own
}

/** @returns undefined when the key does not decrypt it: it is for another one, or was changed. */
function contentKeyOf(encryptedKey: Uint8Array, key: KeyObject): Uint8Array | undefined {
  try {
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, encryptedKey)
  } catch {
    return undefined
  }
}

function contentOf({ nonce, ciphertext, tag }: Omit<Message, 'keys'>, contentKey: Uint8Array): Uint8Array {
  let content: Uint8Array | undefined
  try {
    if (contentKey.length !== KEY_OCTETS) throw fault('recording.changed')
    const decipher = createDecipheriv('aes-256-gcm', contentKey, nonce, { authTagLength: TAG_OCTETS }).setAuthTag(tag)
    content = decipher.update(ciphertext)
    decipher.final()
    return content
  } catch {
    content?.fill(0)
    throw fault('recording.changed')
  } finally {
    contentKey.fill(0)
  }
}

function readMessage(message: Uint8Array): Message {
  const [info] = inside(message, [TAG.sequence])
  const [type, wrapped] = inside(info.content, [TAG.objectIdentifier, TAG.explicit0])
  expect(type, AUTH_ENVELOPED_DATA)
  const [envelope] = inside(wrapped.content, [TAG.sequence])
  const [version, recipients, body, tag] = inside(envelope.content, [
    TAG.integer,
    TAG.set,
    TAG.sequence,
    TAG.octetString,
  ])
  expect(version, VERSION_0)
  const [contentType, algorithm, ciphertext] = inside(body.content, [TAG.objectIdentifier, TAG.sequence, TAG.implicit0])
  expect(contentType, DATA)
  const [cipher, parameters] = inside(algorithm.content, [TAG.objectIdentifier, TAG.sequence])
  expect(cipher, AES_256_GCM)
  const [nonce, tagLength] = inside(parameters.content, [TAG.octetString, TAG.integer])
  expect(tagLength, TAG_LENGTH_16)
  if (nonce.content.length !== NONCE_OCTETS || tag.content.length !== TAG_OCTETS) throw fault('recording.not-sealed')
  const infos = elementsOf(recipients.content)
  // Recipients of other kinds have other tags (RFC 5652 section 6.2).
  if (infos?.every((info) => info.tag === TAG.sequence) !== true) throw fault('recording.not-sealed')
  return { keys: infos.map(readSealedKey), nonce: nonce.content, ciphertext: ciphertext.content, tag: tag.content }
}

function readSealedKey({ content }: Element): SealedKey {
  const [version, recipient, algorithm, encryptedKey] = inside(content, [
    TAG.integer,
    TAG.sequence,
    TAG.sequence,
    TAG.octetString,
  ])
  expect(version, VERSION_0)
  if (!sameOctets(algorithm.octets, OAEP_SHA_256_WITHOUT_NULL)) expect(algorithm, OAEP_SHA_256)
  const [, serial] = inside(recipient.content, [TAG.sequence, TAG.integer])
  return { issuerAndSerial: recipient.octets, serial: serial.content, encryptedKey: encryptedKey.content }
}

/** @returns the elements that fill these octets, where they have these tags. @throws Fault recording.not-sealed. */
function inside<const Tags extends readonly number[]>(octets: Uint8Array, tags: Tags): { [At in keyof Tags]: Element } {
  const elements = elementsOf(octets)
  if (elements?.length !== tags.length || elements.some(({ tag }, at) => tag !== tags[at]))
    throw fault('recording.not-sealed')
  return elements as { [At in keyof Tags]: Element }
}

function expect({ octets }: Element, wanted: Uint8Array): void {
  if (!sameOctets(octets, wanted)) throw fault('recording.not-sealed')
}
