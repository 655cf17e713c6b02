/** Whether a certificate and a key belong together, asked of TLS itself: it refuses more than two that do not fit, such as keys that are too weak. */

import { createSecureContext } from 'node:tls'

/** An empty file would be taken for none that is wanted, and TLS then be spoken with nobody; this is refused as what it is. */
const NOTHING = ' '

/** @param certificate PEM, with those between it and its authority behind it. @param key PEM. @throws what TLS throws where it cannot use them */
export function checkTlsPair(certificate: string, key: string): void {
  // Without the system's authorities, which nobody needs here: they would be loaded each time.
  createSecureContext({ ca: [], cert: certificate || NOTHING, key: key || NOTHING })
}

/** @returns whether TLS can use them. */
export function isTlsPair(certificate: string, key: string): boolean {
  try {
    checkTlsPair(certificate, key)
    return true
  } catch {
    return false
  }
}
