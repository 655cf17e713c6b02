/** Networks as administrators write them: `203.0.113.0/24`, `2001:db8::/32`, or one address. */

import { BlockList, isIP } from 'node:net'

/** @returns whether an address lies in a network; both as numeric text. */
export type InNetworks = (address: string) => boolean

const WIDTH = { ipv4: 32, ipv6: 128 } as const

/** @returns the address of a network and the bits that count; undefined when the text names none. */
function partsOf(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [, address = '', given] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const version = isIP(address)
  if (version === 0) return undefined
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const bits = given === undefined ? WIDTH[family] : Number(given)
  return bits > WIDTH[family] ? undefined : { address, bits, family }
}

/** @returns whether a text names a network. */
export function isNetwork(text: string): boolean {
  return partsOf(text) !== undefined
}

/** @returns the question whether an address lies in one of them. What names no network holds no address. */
export function inNetworks(texts: readonly string[]): InNetworks {
  const list = new BlockList()
  for (const text of texts) {
    const parts = partsOf(text)
    if (parts !== undefined) list.addSubnet(parts.address, parts.bits, parts.family)
  }
  return (address) => {
    const version = isIP(address)
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }
}
