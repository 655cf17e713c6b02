/** Names as the settings have them looked up. Servers may change: a question that is under way is answered by whom it was put to. */

import { Resolver } from 'node:dns/promises'
import type { Config } from '../base/config.ts'
import type { SipOptions } from '../sip/index.ts'
import { type DnsType, queryRecords } from './dns-query.ts'

/** c-ares asks each server again after this long, ms, and once more; a call has to go somewhere in the meantime. */
const DNS_TIMEOUT_MS = 1500
const DNS_TRIES = 2

type Servers = Config['sip']['dns']['servers']

/** What asks DNS, and whom. */
export type SipResolver = NonNullable<SipOptions['resolver']> & {
  /** Whom it asks just now. */
  servers(): readonly string[]
  /** From now on these are asked; those of the system when there are none. */
  ask(next: Servers): void
}

/** @returns what asks DNS. @param servers as `sip.dns` names them. */
export function sipResolver(servers: Servers): SipResolver {
  let asked = servers
  let resolver = resolverOf(servers)
  const query = <T extends DnsType>(name: string, type: T) =>
    queryRecords(name, type, { servers: resolver.getServers(), timeoutMs: DNS_TIMEOUT_MS, tries: DNS_TRIES })
  return {
    resolve4: (name, options) => resolver.resolve4(name, options),
    resolve6: (name, options) => resolver.resolve6(name, options),
    resolveSrv: async (name) =>
      (await query(name, 'SRV')).map(({ data, ttl = 0 }) => ({
        name: data.target,
        port: data.port,
        priority: data.priority ?? 0,
        weight: data.weight ?? 0,
        ttl,
      })),
    resolveNaptr: async (name) =>
      (await query(name, 'NAPTR')).map(({ data, ttl = 0 }) => ({
        flags: data.flags,
        service: data.services,
        replacement: data.replacement,
        order: data.order,
        preference: data.preference,
        ttl,
      })),
    servers: () => resolver.getServers(),
    ask(next) {
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
