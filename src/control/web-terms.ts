/** What the HTTP server is made with out of the configuration: where it listens, its certificate, who may use it. */

import { readFileSync } from 'node:fs'
import type { Config } from '../base/config.ts'

/** @throws what the file system throws when a certificate cannot be read */
export function webTerms({ address, port, tls, tokens, hosts, proxies, embedders }: Config['http']) {
  return {
    address,
    port,
    tls:
      tls === undefined
        ? undefined
        : { certificate: readFileSync(tls.certFile, 'utf8'), key: readFileSync(tls.keyFile, 'utf8') },
    tokens,
    hosts,
    proxies,
    embedders,
  }
}
