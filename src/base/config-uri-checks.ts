/** Whether configured SIP URIs lead anywhere; `config-checks.ts` has the rest. */

import { isIPv6 } from 'node:net'
import type { Config } from './config-schema.ts'

type Path = readonly (string | number)[]
type Report = (path: Path, says: string, advice: string) => void

const HIGHEST_PORT = 65_535

/** Each has a host, and a port that there is. */
export function checkUris({ trunks, routes }: Config, report: Report): void {
  const uris: (readonly [Path, string | undefined])[] = [
    ...trunks.flatMap(({ outbound, registration }, at) => [
      ...[[['trunks', at, 'outbound', 'uri'], outbound?.uri] as const],
      ...(outbound?.moreTargets ?? []).map(
        ({ uri }, which) => [['trunks', at, 'outbound', 'moreTargets', which, 'uri'], uri] as const,
      ),
      ...[[['trunks', at, 'registration', 'uri'], registration?.uri] as const],
      ...(registration?.proxies ?? []).map(
        (uri, which) => [['trunks', at, 'registration', 'proxies', which], uri] as const,
      ),
    ]),
    ...routes.flatMap(({ to, moreTargets = [] }, at) => [
      ...[[['routes', at, 'to', 'uri'], to.uri] as const],
      ...moreTargets.map(({ uri }, which) => [['routes', at, 'moreTargets', which, 'uri'], uri] as const),
    ]),
  ]
  for (const [path, uri] of uris) {
    if (uri !== undefined && !leadsSomewhere(uri))
      report(path, 'This URI names no host, or no port that there is.', 'Write it like sip:pbx.example.com:5060.')
  }
}

/** RFC 3261 section 25.1, `hostport`: a name, an IPv4 address, or an IPv6 address in brackets; underscores are in use. */
function leadsSomewhere(uri: string): boolean {
  const found =
    /^sips?:(?:[^@]*@)?(?:\[([^\]]+)\]|([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?))(?::(\d{1,5}))?(?:[;?]|$)/i.exec(
      uri,
    )
  if (found === null) return false
  const [, bracketed, , port = '5060'] = found
  return (bracketed === undefined || isIPv6(bracketed)) && Number(port) > 0 && Number(port) <= HIGHEST_PORT
}
