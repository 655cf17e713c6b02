/**
 * Ed25519 (RFC 8032) keys and signatures as texts. A key's id is the SHA-256 of its public half (SubjectPublicKeyInfo, RFC 8410); ids,
 * digests and signatures are base64url: hexadecimal would have long runs of digits in it.
 */

import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { digestOf } from '../base/digest.ts'

/** Signs; holds the private half. */
export type SigningKey = { readonly id: string; readonly publicPem: string; sign(text: string): string }
/** Checks signatures; holds the public half. */
export type VerifyingKey = { readonly id: string; verify(text: string, signature: string): boolean }

const SIGNATURE_OCTETS = 64

export function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey)
  return {
    id: idOf(publicKey),
    publicPem: String(publicKey.export({ type: 'spki', format: 'pem' })),
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64url'),
  }
}

/** @returns the key of a PEM text; undefined when it is none of Ed25519. */
export function verifyingKey(pem: string): VerifyingKey | undefined {
  let publicKey: KeyObject
  try {
    publicKey = createPublicKey(pem)
  } catch {
    return undefined
  }
  if (publicKey.asymmetricKeyType !== 'ed25519') return undefined
  return {
    id: idOf(publicKey),
    verify: (text, signature) => {
      const octets = Buffer.from(signature, 'base64url')
      // The last character has bits that mean nothing: one spelling alone is taken.
      if (octets.length !== SIGNATURE_OCTETS || octets.toString('base64url') !== signature) return false
      return verify(null, Buffer.from(text, 'utf8'), publicKey, octets)
    },
  }
}

function idOf(publicKey: KeyObject): string {
  return digestOf(publicKey.export({ type: 'spki', format: 'der' }))
}
