/** Who counts as one when somebody has to be counted: an IPv4 address, or the /64 of an IPv6 address, which whoever has one of them has all of (RFC 6177). */

import { isIPv6 } from 'node:net'

/** @param address numeric. */
export function sourceOf(address: string): string {
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [front = '', back] = address.split('::')
  const groups = front.split(':')
  const zeros = back === undefined ? 0 : 8 - groups.length - back.split(':').length
  return [...groups, ...Array.from({ length: zeros }, () => '0'), ...(back ?? '').split(':')].slice(0, 4).join(':')
}
