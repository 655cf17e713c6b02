/** Trunks of the configuration as the sip room takes them, and names as its settings have them looked up. */

import { Resolver } from 'node:dns/promises'
import type { Config } from '../base/config.ts'
import type { SipOptions, TargetTerms, Trunk } from '../sip/index.ts'
import { type DnsType, queryRecords } from './dns-query.ts'

/** c-ares asks each server again after this long, ms, and once more; a call has to go somewhere in the meantime. */
const DNS_TIMEOUT_MS = 1500
const DNS_TRIES = 2

/** @returns the trunks, each with the registration that it needs. */
export function sipTrunks({ trunks }: Pick<Config, 'trunks'>): readonly Trunk[] {
  return trunks.map(({ name, addresses, registration, credentials, outbound, trustIdentity }) => ({
    name,
    addresses,
    trustIdentity,
    largeOverTcp: outbound?.largeOverTcp === true,
    ...(registration === undefined
      ? {}
      : {
          registration: {
            registrar: registration.uri,
            proxies: registration.proxies,
            user: registration.user ?? credentials?.user ?? '',
            credentials,
            expiresSeconds: registration.expiresSeconds,
            retrySeconds: registration.retrySeconds,
          },
        }),
  }))
}

/** @returns every place that calls are sent to, each once. */
export function sipTargets({ sip, trunks, routes }: Pick<Config, 'sip' | 'trunks' | 'routes'>): readonly TargetTerms[] {
  const { seconds, failures } = sip.ping
  const made = new Map<string, TargetTerms>()
  const add = (trunk: string | undefined, pingSeconds: number, { uri, priority, weight }: Place) => {
    const terms = { trunk, uri, priority, weight, pingMs: pingSeconds * 1000, failuresUntilDown: failures }
    if (!made.has(uri)) made.set(uri, terms)
  }
  for (const { name, outbound } of trunks) {
    if (outbound === undefined) continue
    const { uri, weight, moreTargets = [], pingSeconds = seconds } = outbound
    for (const place of [{ uri, priority: 0, weight }, ...moreTargets]) add(name, pingSeconds, place)
  }
  for (const { to, weight, moreTargets = [] } of routes) {
    if (to.uri === undefined) continue
    for (const place of [{ uri: to.uri, priority: 0, weight }, ...moreTargets]) add(undefined, seconds, place)
  }
  return [...made.values()]
}

type Place = Pick<TargetTerms, 'uri' | 'priority' | 'weight'>

/** What asks DNS, and whom. */
export type SipResolver = NonNullable<SipOptions['resolver']> & { getServers(): readonly string[] }

/** @returns what asks DNS, as `sip.dns` says. */
export function sipResolver({ sip }: Pick<Config, 'sip'>): SipResolver {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES })
  if (sip.dns.servers.length > 0) resolver.setServers(sip.dns.servers)
  const query = <T extends DnsType>(name: string, type: T) =>
    queryRecords(name, type, { servers: resolver.getServers(), timeoutMs: DNS_TIMEOUT_MS, tries: DNS_TRIES })
  return {
    getServers: () => resolver.getServers(),
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
  }
}
