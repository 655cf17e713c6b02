/** Whether a certificate and a key belong together, asked of TLS itself: it refuses more than two that do not fit, such as keys that are too weak. */

import { createSecureContext } from 'node:tls'

/** @param certificate PEM, with those between it and its authority behind it. @param key PEM. */
export function isTlsPair(certificate: string, key: string): boolean {
  // An empty one would be taken for none that is wanted.
  if (certificate === '' || key === '') return false
  try {
    // Without the system's authorities, which nobody needs here: they would be loaded each time.
    createSecureContext({ ca: [], cert: certificate, key })
    return true
  } catch {
    return false
  }
}
