/** What the HTTP server is made with out of the configuration: where it listens, its certificate, who may use it; where its add-ins are. */

import { readFileSync } from 'node:fs'
import type { AddInSettings } from '../add-ins/index.ts'
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

/** @returns where add-ins are, and where their lookups may go. */
export function addInSettings({ addInsFolder, lookups }: Config['http']): AddInSettings {
  const { allowHosts, plainLoopback, caFile } = lookups
  return { folder: addInsFolder, lookups: { allowHosts, plainLoopback, caFile } }
}
