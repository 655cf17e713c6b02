/**
 * Where a request goes next (RFC 3263): numeric hosts at once, others by SRV and then A and AAAA through the resolver that is
 * passed in. The URI says the transport; without a word it is UDP. NAPTR is not asked: it chooses between transports that a
 * configuration already names.
 */

import { paramOf } from './lexical.ts'
import type { SipPeer } from './session.ts'
import { isNumericHost, parseUri, type Uri } from './uri.ts'

/** The functions of node:dns/promises that are used; they reject when a name has no such record. */
export type Resolver = {
  resolve4(name: string): Promise<string[]>
  resolve6(name: string): Promise<string[]>
  resolveSrv(name: string): Promise<{ name: string; port: number; priority: number; weight: number }[]>
}

const DEFAULT_PORT = 5060

/** @returns the peer of a URI whose host is an address; undefined when DNS is needed or the URI names none. */
export function numericPeer(uriText: string): SipPeer | undefined {
  const uri = parseUri(uriText)
  if (uri === undefined || !isSip(uri)) return undefined
  return isNumericHost(uri.host)
    ? { transport: transportOf(uri), address: uri.host, port: uri.port ?? DEFAULT_PORT }
    : undefined
}

/** @returns the peers of a URI in the order in which to try them; empty when it names none. Never rejects. */
export async function resolvePeers(uriText: string, resolver: Resolver): Promise<SipPeer[]> {
  const uri = parseUri(uriText)
  if (uri === undefined || !isSip(uri)) return []
  const transport = transportOf(uri)
  if (isNumericHost(uri.host)) return [{ transport, address: uri.host, port: uri.port ?? DEFAULT_PORT }]
  if (uri.port === undefined) {
    const records = await orNone(resolver.resolveSrv(`_sip._${transport}.${uri.host}`))
    // Weight is not thrown dice for: the heaviest first is a right order, and the same one each time.
    const ordered = records.toSorted((a, b) => a.priority - b.priority || b.weight - a.weight).slice(0, 8)
    const found = await Promise.all(ordered.map((each) => addressesOf(each.name, each.port, transport, resolver)))
    if (found.flat().length > 0) return found.flat()
  }
  return addressesOf(uri.host, uri.port ?? DEFAULT_PORT, transport, resolver)
}

async function addressesOf(
  host: string,
  port: number,
  transport: 'udp' | 'tcp',
  resolver: Resolver,
): Promise<SipPeer[]> {
  if (isNumericHost(host)) return [{ transport, address: host, port }]
  if (host === 'localhost') return [{ transport, address: '127.0.0.1', port }]
  const [four, six] = await Promise.all([orNone(resolver.resolve4(host)), orNone(resolver.resolve6(host))])
  return [...four, ...six].map((address) => ({ transport, address, port }))
}

async function orNone<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer
  } catch {
    return []
  }
}

function isSip(uri: Uri): boolean {
  return uri.scheme === 'sip'
}

function transportOf(uri: Uri): 'udp' | 'tcp' {
  return paramOf(uri.params, 'transport')?.toLowerCase() === 'tcp' ? 'tcp' : 'udp'
}
