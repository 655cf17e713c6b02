/**
 * Who stands behind a proxy of ours, so that what one of them does is counted against him and not against all who come by it: by the Vias of a request
 * (RFC 3261 section 18.2.1), or by `X-Forwarded-For` of a request to upgrade. Only addresses that the configuration names are believed. Pure.
 */

import { isIP } from 'node:net'
import { inNetworks } from '../base/networks.ts'
import { plainAddress } from '../base/source-address.ts'
import { listOf, type SipRequest } from './message.ts'
import { parseVia } from './via.ts'

/** @returns the question whether an address is a proxy's. @param networks of proxies. */
export function createProxies(networks: readonly string[] = []): (address: string) => boolean {
  return networks.length === 0 ? () => false : inNetworks(networks)
}

/** @param address that a request came from. @returns the one that it came from before our proxies. */
export function senderOf(request: SipRequest, address: string, isProxy: (address: string) => boolean): string {
  if (!isProxy(address)) return address
  return nearest(address, (listOf(request, 'via') ?? []).slice(1).map(seenFrom), isProxy)
}

/** @param forwardedFor the header. @returns the address that a connection came from before our proxies. */
export function clientOf(
  forwardedFor: string | string[] | undefined,
  address: string,
  isProxy: (address: string) => boolean,
): string {
  if (!isProxy(address)) return address
  return nearest(
    address,
    String(forwardedFor ?? '')
      .split(',')
      .toReversed(),
    isProxy,
  )
}

/** @param before who stands before whom, nearest to us first. @returns the first who is no proxy; one that says nothing usable speaks for himself. */
function nearest(address: string, before: readonly string[], isProxy: (address: string) => boolean): string {
  let sender = address
  for (const each of before) {
    const named = plainAddress(each.trim())
    if (!isProxy(sender) || isIP(named) === 0) break
    sender = named
  }
  return sender
}

/** @returns where a proxy saw a request come from; empty when it does not say. Two of `received` are one that the sender wrote. */
function seenFrom(value: string): string {
  const via = parseVia(value)
  if (via === undefined) return ''
  const received = via.params.filter(([name]) => name === 'received')
  return received.length > 1 ? '' : (received[0]?.[1] ?? via.host).replace(/^\[|\]$/g, '')
}
