/**
 * Secrets of second factors are kept sealed (PCI DSS 8.3.2): AES-256-GCM (NIST SP 800-38D) with a random nonce, tied to their user, under a key in a file of its
 * own, so that the directory or a backup of it does not give them away.
 */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { fault } from '../base/fault.ts'

export const KEY_OCTETS = 32
const NONCE_OCTETS = 12
const TAG_OCTETS = 16
const CIPHER = 'aes-256-gcm'

export type Sealing = {
  seal(secret: Uint8Array, userId: string): string
  /** @throws Fault `people.bad-key` for what was sealed with another key or to another user */
  open(sealed: string, userId: string): Buffer
}

export function createSealing(key: Uint8Array): Sealing {
  return {
    seal(secret, userId) {
      const nonce = randomBytes(NONCE_OCTETS)
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_OCTETS }).setAAD(Buffer.from(userId))
      const sealed = [nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat(sealed).toString('base64url')
    },
    open(sealed, userId) {
      const octets = Buffer.from(sealed, 'base64url')
      try {
        const nonce = octets.subarray(0, NONCE_OCTETS)
        const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_OCTETS }).setAAD(Buffer.from(userId))
        decipher.setAuthTag(octets.subarray(-TAG_OCTETS))
        return Buffer.concat([decipher.update(octets.subarray(NONCE_OCTETS, -TAG_OCTETS)), decipher.final()])
      } catch (thrown) {
        throw fault('people.bad-key', {}, thrown)
      }
    },
  }
}
