/**
 * Seals a segment of a recording: one CMS message in DER, AuthEnvelopedData (RFC 5083) with AES-256-GCM (RFC 5084) under a key of its own, which is
 * encrypted to each recipient by RSAES-OAEP (RFC 3560). What was sealed cannot be opened here: there are public keys only. One RSA operation for each
 * recipient, one pass of AES.
 */

import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes, randomFillSync } from 'node:crypto'
import {
  AES_256_GCM,
  AUTH_ENVELOPED_DATA,
  DATA,
  ELEMENTS_MAX,
  element,
  KEY_OCTETS,
  NONCE_OCTETS,
  OAEP_SHA_256,
  TAG,
  TAG_LENGTH_16,
  VERSION_0,
} from './der.ts'
import type { Recipient } from './recipients.ts'

/** Content in, one message out. */
export type Seal = (content: Uint8Array) => Uint8Array

/**
 * @param recipients 1 to 64 of them; each alone can open what is sealed.
 * @returns a seal that keeps nothing: the content's key is wiped before it returns, the content stays the caller's.
 * @throws RangeError for none or too many recipients. Error of node:crypto when a key is no public key.
 */
export function createSeal(recipients: readonly Recipient[]): Seal {
  if (recipients.length < 1 || recipients.length > ELEMENTS_MAX)
    throw new RangeError(`a seal is for 1 to ${ELEMENTS_MAX} recipients`)
  const locks = recipients.map(({ issuerAndSerial, publicKey }) => ({
    // All of a KeyTransRecipientInfo but the encrypted key (RFC 5652 section 6.2.1).
    beginning: Buffer.concat([VERSION_0, issuerAndSerial, OAEP_SHA_256]),
    key: createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }),
  }))
  const contentKey = new Uint8Array(KEY_OCTETS)
  return (content) => {
    try {
      randomFillSync(contentKey)
      const infos = locks.map(({ beginning, key }) => {
        const options = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
        const encryptedKey = element(TAG.octetString, publicEncrypt(options, contentKey))
        return Buffer.concat(element(TAG.sequence, beginning, ...encryptedKey))
      })
      // DER sorts a SET OF (X.690 section 11.6).
      return sealed(infos.sort(Buffer.compare), contentKey, content)
    } finally {
      contentKey.fill(0)
    }
  }
}

function sealed(recipientInfos: readonly Uint8Array[], contentKey: Uint8Array, content: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_OCTETS)
  const cipher = createCipheriv('aes-256-gcm', contentKey, nonce)
  const ciphertext = cipher.update(content)
  cipher.final()
  const parameters = element(TAG.sequence, ...element(TAG.octetString, nonce), TAG_LENGTH_16)
  const algorithm = element(TAG.sequence, AES_256_GCM, ...parameters)
  const envelope = element(
    TAG.sequence,
    VERSION_0,
    ...element(TAG.set, ...recipientInfos),
    ...element(TAG.sequence, DATA, ...algorithm, ...element(TAG.implicit0, ciphertext)),
    ...element(TAG.octetString, cipher.getAuthTag()),
  )
  return Buffer.concat(element(TAG.sequence, AUTH_ENVELOPED_DATA, ...element(TAG.explicit0, ...envelope)))
}
