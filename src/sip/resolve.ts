/**
 * Where a request goes next (RFC 3263 section 4): numeric hosts at once, others by NAPTR, SRV, A and AAAA.
 *
 * | The URI                     | Transport                                     | Address                                     |
 * |-----------------------------|-----------------------------------------------|---------------------------------------------|
 * | a numeric host, or a port   | as it says, else UDP; TLS with `sips`         | the host's own                              |
 * | `transport=`                | as it says                                    | SRV of that transport, else the host's own  |
 * | neither                     | NAPTR, else the first that has SRV, else UDP  | SRV that NAPTR names, else the host's own   |
 *
 * Only transports that there is a listener for are chosen. What NAPTR or SRV names beside the best is kept behind it: it is where a call goes
 * when nobody answers there.
 */

import { plainAddress } from '../base/source-address.ts'
import { paramOf } from './lexical.ts'
import type { Names, NaptrRecord, SrvRecord } from './names.ts'
import type { SipPeer, SipTransport } from './session.ts'
import { defaultPort, isSecure } from './transport.ts'
import { isNumericHost, parseUri, type Uri } from './uri.ts'

export type ResolveTerms = {
  readonly names: Names
  /** Whether we can send over it at all. */
  readonly supports: (transport: SipTransport) => boolean
  /** A number from 0 up to 1, drawn for each choice by weight. */
  readonly chance: () => number
}

/** SRV records that are looked at; more make nothing safer. */
const MOST_SERVICES = 8
const MOST_PEERS = 24

/** Services of NAPTR (RFC 3263 section 4.1, RFC 3261 section 26.2.2). */
const NAPTR_SERVICES: Readonly<Record<string, SipTransport>> = { 'SIP+D2U': 'udp', 'SIP+D2T': 'tcp', 'SIPS+D2T': 'tls' }

/** @returns the peer of a URI whose host is an address; undefined when DNS is needed or the URI names none. */
export function numericPeer(uriText: string): SipPeer | undefined {
  const uri = parseUri(uriText)
  const hop = uri === undefined ? undefined : hopOf(uri)
  if (uri === undefined || hop === undefined || !isNumericHost(uri.host)) return undefined
  return peerAt(hop, uri.host, uri.port ?? defaultPort(hop.transport))
}

/** @returns the peers of a URI in the order in which to try them; empty when it names none. Never rejects. */
export async function resolvePeers(uriText: string, terms: ResolveTerms): Promise<SipPeer[]> {
  const uri = parseUri(uriText)
  const hop = uri === undefined ? undefined : hopOf(uri)
  if (uri === undefined || hop === undefined) return []
  const usual = uri.port ?? defaultPort(hop.transport)
  if (isNumericHost(uri.host)) return [peerAt(hop, uri.host, usual)]
  if (uri.port === undefined && uri.host !== 'localhost') {
    const isOpen = paramOf(uri.params, 'transport') === undefined
    const peers = await peersByService(uri, isOpen ? await roadsOf(uri, terms) : [usualRoad(uri, hop.transport)], terms)
    if (peers.length > 0) return peers
  }
  return peersAt(uri.host, usual, hop, terms.names)
}

/** A name that SRV is asked for, and the transport of what it says. */
type Road = { readonly transport: SipTransport; readonly service: string }

/** The ways that a URI without transport leaves open: what NAPTR prefers, else every transport of ours in its usual place. */
async function roadsOf(uri: Uri, { names, supports }: ResolveTerms): Promise<readonly Road[]> {
  const chosen = roadsByNaptr(await names.orders(uri.host), uri.scheme === 'sips').filter(({ transport }) =>
    supports(transport),
  )
  if (chosen.length > 0) return chosen
  const usual: readonly SipTransport[] = uri.scheme === 'sips' ? ['tls'] : ['udp', 'tcp']
  return usual.filter(supports).map((transport) => usualRoad(uri, transport))
}

/** @returns what NAPTR leads to, best first. With sips nothing but TLS is taken. */
export function roadsByNaptr(records: readonly NaptrRecord[], isSips: boolean): readonly Road[] {
  return records
    .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
    .flatMap(({ flags, service, replacement }) => {
      const transport = flags.toLowerCase() === 's' ? NAPTR_SERVICES[service.toUpperCase()] : undefined
      if (transport === undefined || replacement === '' || (isSips && !isSecure(transport))) return []
      return [{ transport, service: replacement }]
    })
}

function usualRoad({ host }: Uri, transport: SipTransport): Road {
  return { transport, service: `${transport === 'tls' ? '_sips._tcp' : `_sip._${transport}`}.${host}` }
}

async function peersByService(uri: Uri, roads: readonly Road[], terms: ResolveTerms): Promise<SipPeer[]> {
  const { names, chance } = terms
  const found = await Promise.all(
    roads.map(async ({ transport, service }) => {
      // A single dot for a name says that there is no such service (RFC 2782).
      const offered = (await names.services(service)).filter(({ name }) => name !== '' && name !== '.')
      const ordered = orderByWeight(offered, chance).slice(0, MOST_SERVICES)
      const hop = { transport, domain: uri.host }
      return (await Promise.all(ordered.map(({ name, port }) => peersAt(name, port, hop, names)))).flat()
    }),
  )
  return found.flat().slice(0, MOST_PEERS)
}

/**
 * The order of RFC 2782: by priority, and among equals drawn by weight; those of weight 0 have a chance only when nothing else is left, as
 * their sum alone is never drawn.
 */
export function orderByWeight<T extends Pick<SrvRecord, 'priority' | 'weight'>>(
  records: readonly T[],
  chance: () => number,
): T[] {
  const left = records.toSorted((a, b) => a.priority - b.priority || a.weight - b.weight)
  const ordered: T[] = []
  for (let [first] = left; first !== undefined; [first] = left) {
    const { priority } = first
    const rivals = left.filter((each) => each.priority === priority)
    let drawn = chance() * rivals.reduce((sum, { weight }) => sum + weight, 0)
    const won = rivals.find(({ weight }) => {
      drawn -= weight
      return drawn < 0
    })
    ordered.push(...left.splice(left.indexOf(won ?? first), 1))
  }
  return ordered
}

async function peersAt(host: string, port: number, hop: Hop, names: Names): Promise<SipPeer[]> {
  if (isNumericHost(host)) return [peerAt(hop, host, port)]
  if (host === 'localhost') return [peerAt(hop, '127.0.0.1', port)]
  return (await names.addresses(host)).map((address) => peerAt(hop, address, port))
}

/** What a URI says of the next hop, whatever its address: over which transport, and over TLS to whom (RFC 5922 section 4). */
type Hop = { readonly transport: SipTransport; readonly domain: string }

function peerAt({ transport, domain }: Hop, host: string, port: number): SipPeer {
  const address = plainAddress(host)
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
