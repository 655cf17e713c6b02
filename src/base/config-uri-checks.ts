/** Whether configured SIP URIs lead anywhere, and whether there is a listener to send from; `config-checks.ts` has the rest. */

import { isIP, isIPv6 } from 'node:net'
import type { Config } from './config-schema.ts'
import { hostOfUri, transportOfUri } from './sip-uri-words.ts'

type Path = readonly (string | number)[]
type Report = (path: Path, says: string, advice: string) => void

const HIGHEST_PORT = 65_535

/** Each has a host, a port that there is, and a listener that its far end is reached from and answers to. */
export function checkUris({ sip, trunks, routes }: Config, report: Report): void {
  const uris: (readonly [Path, string | undefined, isReached?: boolean])[] = [
    ...trunks.flatMap(({ outbound, registration }, at) => [
      ...[[['trunks', at, 'outbound', 'uri'], outbound?.uri] as const],
      ...(outbound?.moreTargets ?? []).map(
        ({ uri }, which) => [['trunks', at, 'outbound', 'moreTargets', which, 'uri'], uri] as const,
      ),
      // Where there are proxies nothing is sent to the registrar itself.
      ...[[['trunks', at, 'registration', 'uri'], registration?.uri, registration?.proxies.length === 0] as const],
      ...(registration?.proxies ?? []).map(
        (uri, which) => [['trunks', at, 'registration', 'proxies', which], uri] as const,
      ),
    ]),
    ...routes.flatMap(({ to, moreTargets = [] }, at) => [
      ...[[['routes', at, 'to', 'uri'], to.uri] as const],
      ...moreTargets.map(({ uri }, which) => [['routes', at, 'moreTargets', which, 'uri'], uri] as const),
    ]),
  ]
  for (const [path, uri, isReached = true] of uris) {
    if (uri === undefined) continue
    if (!leadsSomewhere(uri))
      report(path, 'This URI names no host, or no port that there is.', 'Write it like sip:pbx.example.com:5060.')
    else if (isReached) checkWayOut(sip, path, uri, report)
  }
}

/** The far end's own requests have to come in somewhere, and our Via and Contact say where. */
function checkWayOut({ listeners }: Config['sip'], path: Path, uri: string, report: Report): void {
  const transport = transportOfUri(uri)
  if (transport === undefined) return
  const name = transport.toUpperCase()
  const fitting = listeners.filter((each) => each.transport === transport)
  if (fitting.length === 0) {
    const other = listeners.find((each) => each.transport === 'tcp' || each.transport === 'tls')?.transport
    const instead =
      /;transport=|^sips:/i.test(uri) || other === undefined ? '' : `, or write ;transport=${other} into the URI`
    const advice = `Add a listener with transport ${transport} to sip.listeners${instead}.`
    report(path, `This leads over ${name}, and no listener is for ${name}.`, advice)
    return
  }
  const family = isIP(hostOfUri(uri))
  // One on all addresses of IPv6 is one on those of IPv4, too.
  if (family === 0 || fitting.some(({ address }) => isIP(address) === family || address === '::')) return
  const says = `This is an IPv${family} address, and no listener for ${name} has one.`
  report(path, says, `Add a listener with transport ${transport} and an IPv${family} address to sip.listeners.`)
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
