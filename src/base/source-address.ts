/** Where something comes from, in the one form that compares, and who counts as one when somebody has to be counted. */

import { isIPv6 } from 'node:net'

/** @returns an address in the form that sockets give it, however it was written: IPv6 as RFC 5952 has it, without a zone, and what is IPv4 within as IPv4. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [bare = ''] = address.split('%', 1)
  return isIPv6(bare) ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare.toLowerCase()
}

/** @param address numeric. @returns an IPv4 address, or the /64 of an IPv6 address, which whoever has one of them has all of (RFC 6177). */
export function sourceOf(address: string): string {
  const plain = plainAddress(address)
  if (!isIPv6(plain)) return plain
  const [front = '', back] = plain.split('::')
  const groups = front.split(':')
  const zeros = back === undefined ? 0 : 8 - groups.length - back.split(':').length
  return [...groups, ...Array.from({ length: zeros }, () => '0'), ...(back ?? '').split(':')].slice(0, 4).join(':')
}
