/**
 * Opens a JWE step by step as RFC 7516 section 5.2 and RFC 7518 say, with Node's primitives: unlike a library it also gives the content key,
 * so that memory can be searched for it.
 */

import {
  constants,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto'

export type Opened = { readonly header: Record<string, unknown>; readonly contentKey: Buffer; readonly clear: Buffer }

/** @throws Error when it was not sealed to this key, or was changed. */
export function openJwe(text: string, privateKey: KeyObject): Opened {
  const parts = text.split('.')
  const [protectedHeader = '', encryptedKey = '', iv = '', ciphertext = '', tag = ''] = parts
  if (parts.length !== 5) throw new Error('not five parts')
  const header = JSON.parse(Buffer.from(protectedHeader, 'base64url').toString()) as Record<string, unknown>
  if (header['enc'] !== 'A256GCM') throw new Error('another encryption')
  const contentKey =
    header['alg'] === 'RSA-OAEP-256'
      ? privateDecrypt(
          { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
          Buffer.from(encryptedKey, 'base64url'),
        )
      : agreedKey(header['epk'] as Record<string, string>, privateKey)
  const decipher = createDecipheriv('aes-256-gcm', contentKey, Buffer.from(iv, 'base64url'))
  decipher.setAAD(Buffer.from(protectedHeader, 'ascii')).setAuthTag(Buffer.from(tag, 'base64url'))
  const clear = Buffer.concat([decipher.update(Buffer.from(ciphertext, 'base64url')), decipher.final()])
  return { header, contentKey, clear }
}

/** RFC 7518 section 4.6.2; the fixed octets are those of its appendix C, for A256GCM, no parties and 256 bits. */
function agreedKey(ephemeral: Record<string, string>, privateKey: KeyObject): Buffer {
  const shared = diffieHellman({ privateKey, publicKey: createPublicKey({ key: ephemeral, format: 'jwk' }) })
  return createHash('sha256')
    .update(Buffer.from('00000001', 'hex'))
    .update(shared)
    .update(Buffer.from('00000007', 'hex'))
    .update('A256GCM')
    .update(Buffer.from('000000000000000000000100', 'hex'))
    .digest()
}
