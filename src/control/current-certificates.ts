/** The certificates of SIP over TLS by the configuration that counts just now: another one is tried out before it takes the place of the first. */

import { isSameSetting } from '../base/config-changes.ts'
import type { SipCertificates, SipConfig } from './sip-certificates.ts'

export type CurrentCertificates = SipCertificates & {
  /** Reads every file of a configuration. @returns takes them into use, which cannot fail. @throws Fault */
  prepare(config: SipConfig): () => void
}

/** @param make reads the files of a configuration. */
export function currentCertificates(
  first: SipConfig,
  make: (config: SipConfig) => SipCertificates,
): CurrentCertificates {
  let config = first
  let current = make(first)
  return {
    server: (listener) => current.server(listener),
    client: (peer) => current.client(peer),
    load: () => current.load(),
    reload: () => current.reload(),
    prepare(next) {
      if (isSameSetting([config.sip, config.trunks], [next.sip, next.trunks])) return () => current.reload()
      const tried = make(next)
      tried.load()
      return () => {
        config = next
        current = tried
      }
    },
  }
}
