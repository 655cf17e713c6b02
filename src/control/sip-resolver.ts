/** Names as the settings have them looked up. Servers may change: a question that is under way is answered by whom it was put to. */

import { Resolver } from 'node:dns/promises'
import type { Config } from '../base/config.ts'

/** c-ares asks each server again after this long, ms, and once more; a call has to go somewhere in the meantime. */
const DNS_TIMEOUT_MS = 1500
const DNS_TRIES = 2

type Servers = Config['sip']['dns']['servers']

/** @returns what asks DNS. @param servers as `sip.dns` names them. */
export function sipResolver(servers: Servers) {
  let asked = servers
  let resolver = resolverOf(servers)
  return {
    resolve4: (name: string, options: { readonly ttl: true }) => resolver.resolve4(name, options),
    resolve6: (name: string, options: { readonly ttl: true }) => resolver.resolve6(name, options),
    resolveSrv: (name: string) => resolver.resolveSrv(name),
    resolveNaptr: (name: string) => resolver.resolveNaptr(name),
    /** Whom it asks just now. */
    servers: () => resolver.getServers(),
    /** From now on these are asked; those of the system when there are none. */
    ask(next: Servers): void {
      if (next.join() === asked.join()) return
      asked = next
      resolver = resolverOf(next)
    },
  }
}

function resolverOf(servers: Servers): Resolver {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES })
  if (servers.length > 0) resolver.setServers(servers)
  return resolver
}
