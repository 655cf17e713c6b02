/**
 * From certificates and keys to what OpenSSL works with, checked on the way: whether they can be read, belong together, and have not expired.
 *
 * TLS 1.2 and 1.3 with Node's own ciphers, nothing older (RFC 8996, RFC 9325 section 3.1.1). What was decrypted is overwritten as soon as it has been handed
 * over, since it may be the digits of an INFO. ChaCha20 goes first (RFC 8446 section B.4, RFC 7905): on processors with AVX-512 OpenSSL keeps the last octets of what it
 * decrypted by AES-GCM, up to 15, until the next record comes.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, DEFAULT_CIPHERS, type SecureContext, type SecureContextOptions } from 'node:tls'
import { fault } from '../base/fault.ts'
import { isNamedBy, serverNamesOf } from './sip-identity.ts'
import type { TlsIdentity, TlsServerTerms, TlsTrust } from './tls-terms.ts'

/** SSL_OP_CLEANSE_PLAINTEXT of OpenSSL 3 (SSL_CTX_set_options(3)); Node has no name for it. */
const CLEANSE_PLAINTEXT = 2

const CHACHA20 = ['TLS_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305']

const COMMON: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  secureOptions: CLEANSE_PLAINTEXT,
  ciphers: [...CHACHA20, ...DEFAULT_CIPHERS.split(':').filter((name) => !CHACHA20.includes(name))].join(':'),
  honorCipherOrder: true,
}

export type ServerContexts = {
  readonly first: SecureContextOptions
  /** @returns what to show to who asks for this name. */
  forName(serverName: string): SecureContext
}

/** @returns what a listener works with. @throws Fault when a certificate or key of its cannot be used. */
export function serverContexts(terms: TlsServerTerms): ServerContexts {
  const made = terms.identities.map((identity) => {
    const certificate = checkIdentity(identity)
    const options: SecureContextOptions = {
      ...COMMON,
      cert: identity.certificate,
      key: identity.key,
      ...(terms.clientAuthorities === undefined ? {} : { ca: terms.clientAuthorities }),
    }
    return { names: serverNamesOf(certificate.subjectAltName), options, context: contextOf(options) }
  })
  const [first] = made
  if (first === undefined) throw fault('sip.certificate-unreadable')
  return {
    first: first.options,
    forName: (serverName) => (made.find(({ names }) => isNamedBy(names, serverName)) ?? first).context,
  }
}

/** @returns what a connection of ours works with. @throws Fault when its certificate or key cannot be used. */
export function clientContext({ authorities, identity }: TlsTrust): SecureContext {
  if (identity !== undefined) checkIdentity(identity)
  return contextOf({
    ...COMMON,
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
  })
}

/** @returns whether the time of a certificate is over, or has not come. @param nowMs wall clock. */
export function isOutdated({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return nowMs < validFromDate.getTime() || nowMs > validToDate.getTime()
}

/** @returns the certificate. @throws Fault when it or its key cannot be read, or they do not belong together. */
export function checkIdentity({ certificate, key }: TlsIdentity): X509Certificate {
  const read = orFault(() => new X509Certificate(certificate))
  const privateKey = orFault(() => createPrivateKey(key))
  if (!read.checkPrivateKey(privateKey)) throw fault('sip.certificate-key-mismatch')
  return read
}

function contextOf(options: SecureContextOptions): SecureContext {
  return orFault(() => createSecureContext(options))
}

function orFault<T>(make: () => T): T {
  try {
    return make()
  } catch (thrown) {
    throw fault('sip.certificate-unreadable', {}, thrown)
  }
}
