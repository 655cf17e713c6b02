/** What belongs together in the settings of a trunk; `config-checks.ts` has the rest. */

import { isIP } from 'node:net'
import type { Config } from './config-schema.ts'
import { leadsOverTls } from './sip-uri-words.ts'

type Report = (path: readonly (string | number)[], says: string, advice: string) => void

/** How a trunk is known, and how it is registered at. */
export function checkTrunks({ sip, trunks, routes }: Config, report: Report): void {
  for (const [at, { to, moreTargets = [] }] of routes.entries()) {
    const path = ['routes', at, 'moreTargets']
    if (moreTargets.length > 0 && to.uri === undefined)
      report(path, 'These targets stand beside no URI.', 'Set to.uri; a trunk has outbound.moreTargets.')
    else checkAlike(to.uri, moreTargets, path, report)
  }
  for (const [at, server] of sip.dns.servers.entries()) {
    const [, bracketed, plain, port = '53'] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(server) ?? [undefined, server]
    const isUsable = isIP(bracketed ?? plain ?? '') !== 0 && Number(port) > 0 && Number(port) < 65_536
    if (isUsable || isIP(server) !== 0) continue
    report(
      ['sip', 'dns', 'servers', at],
      'This is no name server.',
      'Write 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353.',
    )
  }
  for (const [at, { outbound }] of trunks.entries())
    checkAlike(outbound?.uri, outbound?.moreTargets ?? [], ['trunks', at, 'outbound', 'moreTargets'], report)
  for (const [at, { addresses, registration, credentials }] of trunks.entries()) {
    const path = ['trunks', at]
    if (registration === undefined) {
      if (addresses.length > 0) continue
      report(path, 'Nothing says which calls come from this trunk.', 'Set addresses, or registration.')
      continue
    }
    if (registration.user === undefined && credentials === undefined) {
      const says = 'A registration needs a user.'
      report([...path, 'registration'], says, 'Set registration.user, or credentials.')
    }
  }
}

/** Who relies on TLS must not be sent over anything else because one place is down. */
function checkAlike(
  first: string | undefined,
  more: readonly { readonly uri: string }[],
  path: readonly (string | number)[],
  report: Report,
): void {
  for (const [at, { uri }] of more.entries()) {
    if (first === undefined || leadsOverTls(uri) === leadsOverTls(first)) continue
    const says = 'Some of these targets are reached over TLS, and some are not.'
    report([...path, at, 'uri'], says, 'Write ;transport=tls into all of them, or into none.')
  }
}
