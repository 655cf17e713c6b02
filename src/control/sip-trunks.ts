/** Trunks of the configuration as the sip room takes them. */

import type { Config } from '../base/config.ts'
import type { TargetTerms, Trunk } from '../sip/index.ts'

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
