/** What the HTTP server is made with out of the configuration: where it listens, its certificate, who may use it. */

import { readFileSync } from 'node:fs'
import type { Config } from '../base/config.ts'
import { fault } from '../base/fault.ts'
import { checkTlsPair } from '../base/tls-pair.ts'

/** @throws Fault `web.certificate-unreadable` */
export function webTerms({ address, port, tls, tokens, hosts, proxies, embedders }: Config['http']) {
  return {
    address,
    port,
    tls: tls === undefined ? undefined : identityIn(tls),
    tokens,
    hosts,
    proxies,
    embedders,
  }
}

function identityIn({ certFile, keyFile }: NonNullable<Config['http']['tls']>) {
  try {
    const [certificate, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')]
    checkTlsPair(certificate, key)
    return { certificate, key }
  } catch (thrown) {
    throw fault('web.certificate-unreadable', {}, thrown)
  }
}
