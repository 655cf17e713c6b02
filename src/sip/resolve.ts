/**
 * Where a request goes next (RFC 3263): numeric hosts at once, others by SRV and then A and AAAA through the resolver that is
 * passed in. The URI says the transport; without a word it is UDP, and with `sips` TLS. NAPTR is not asked: it chooses between transports that a
 * configuration already names.
 */

import { paramOf } from './lexical.ts'
import type { SipPeer, SipTransport } from './session.ts'
import { defaultPort, isSecure } from './transport.ts'
import { isNumericHost, parseUri, type Uri } from './uri.ts'

/** The functions of node:dns/promises that are used; they reject when a name has no such record. */
export type Resolver = {
  resolve4(name: string): Promise<string[]>
  resolve6(name: string): Promise<string[]>
  resolveSrv(name: string): Promise<{ name: string; port: number; priority: number; weight: number }[]>
}

/** @returns the peer of a URI whose host is an address; undefined when DNS is needed or the URI names none. */
export function numericPeer(uriText: string): SipPeer | undefined {
  const uri = parseUri(uriText)
  const hop = uri === undefined ? undefined : hopOf(uri)
  if (uri === undefined || hop === undefined || !isNumericHost(uri.host)) return undefined
  return peerAt(hop, uri.host, uri.port ?? defaultPort(hop.transport))
}

/** @returns the peers of a URI in the order in which to try them; empty when it names none. Never rejects. */
export async function resolvePeers(uriText: string, resolver: Resolver): Promise<SipPeer[]> {
  const uri = parseUri(uriText)
  const hop = uri === undefined ? undefined : hopOf(uri)
  if (uri === undefined || hop === undefined) return []
  const usual = uri.port ?? defaultPort(hop.transport)
  if (isNumericHost(uri.host)) return [peerAt(hop, uri.host, usual)]
  if (uri.port === undefined) {
    const service = hop.transport === 'tls' ? '_sips._tcp' : `_sip._${hop.transport}`
    const records = await orNone(resolver.resolveSrv(`${service}.${uri.host}`))
    // Weight is not thrown dice for: the heaviest first is a right order, and the same one each time.
    const ordered = records.toSorted((a, b) => a.priority - b.priority || b.weight - a.weight).slice(0, 8)
    const found = await Promise.all(ordered.map((each) => addressesOf(each.name, each.port, hop, resolver)))
    if (found.flat().length > 0) return found.flat()
  }
  return addressesOf(uri.host, usual, hop, resolver)
}

async function addressesOf(host: string, port: number, hop: Hop, resolver: Resolver): Promise<SipPeer[]> {
  if (isNumericHost(host)) return [peerAt(hop, host, port)]
  if (host === 'localhost') return [peerAt(hop, '127.0.0.1', port)]
  const [four, six] = await Promise.all([orNone(resolver.resolve4(host)), orNone(resolver.resolve6(host))])
  return [...four, ...six].map((address) => peerAt(hop, address, port))
}

async function orNone<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer
  } catch {
    return []
  }
}

/** What a URI says of the next hop, whatever its address: over which transport, and over TLS to whom (RFC 5922 section 4). */
type Hop = { readonly transport: SipTransport; readonly domain: string }

function peerAt({ transport, domain }: Hop, address: string, port: number): SipPeer {
  return isSecure(transport) ? { transport, address, port, domain } : { transport, address, port }
}

function hopOf(uri: Uri): Hop | undefined {
  const transport = transportOf(uri)
  return transport === undefined ? undefined : { transport, domain: uri.host }
}

/** @returns undefined when the URI is not one of SIP, asks for security over UDP, which there is none of, or for WebSocket, which nothing is opened over. */
function transportOf(uri: Uri): SipTransport | undefined {
  const named = paramOf(uri.params, 'transport')?.toLowerCase()
  if (uri.scheme === 'sips') return named === 'udp' || named === 'ws' ? undefined : 'tls'
  if (uri.scheme !== 'sip') return undefined
  if (named === 'ws') return undefined
  return named === 'tcp' || named === 'tls' ? named : 'udp'
}
