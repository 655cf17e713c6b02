/**
 * The addon of `native/udp-batch`, as everybody who loads it knows it: its functions, where it lies, and what both users of it need beside
 * them. How it is loaded is theirs: a vault has no right to Node's own way.
 */

import { createSocket } from 'node:dgram'
import { handleOf, type UdpHandle } from './udp-handle.ts'

/** What the addon keeps for one set of sockets; opaque. */
export type UdpNative = { readonly native: unique symbol }

/** The functions of the addon; a socket is named by a number of the caller's choice. Each throws a TypeError when an argument does not fit. */
export type UdpAddon = {
  create(
    block: Uint8Array,
    sockets: Int32Array,
    lengths: Int32Array,
    ports: Int32Array,
    places: Int32Array,
    fresh: Uint8Array,
    counts: Uint32Array,
    slotSize: number,
  ): UdpNative
  attach(native: UdpNative, socket: number, fd: number): void
  detach(native: UdpNative, socket: number): void
  drain(native: UdpNative): number
  source(native: UdpNative, packet: number): string
  aim(native: UdpNative, socket: number, address: string, port: number): void
  send(
    native: UdpNative,
    block: Uint8Array,
    sockets: Int32Array,
    lengths: Int32Array,
    first: number,
    count: number,
  ): void
}

/** The same from `src` and from `dist`. */
export const UDP_ADDON = new URL('../../native/udp-batch/udp-batch.node', import.meta.url)
const FUNCTIONS = ['create', 'attach', 'detach', 'drain', 'source', 'aim', 'send'] as const

/** @returns whether what was loaded has all its functions, and this Node tells the descriptors that they need. */
export function isUsableAddon(loaded: Partial<UdpAddon>): loaded is UdpAddon {
  return FUNCTIONS.every((name) => typeof loaded[name] === 'function') && tellsDescriptors()
}

/** @throws Error when this Node does not tell the descriptor of a UDP socket. */
export function descriptorOf(handle: UdpHandle): number {
  if ('fd' in handle && typeof handle.fd === 'number' && handle.fd >= 0) return handle.fd
  throw new Error('this version of Node does not tell the descriptor of a UDP socket')
}

function tellsDescriptors(): boolean {
  const socket = createSocket('udp4')
  try {
    const handle = handleOf(socket)
    // Not bound yet, so it has none; that it is told is enough.
    return 'fd' in handle && typeof handle.fd === 'number'
  } finally {
    socket.close()
  }
}

/**
 * Texts of sources, kept by the place that the addon gives a source: nothing is made for a packet from where one came before.
 * @param places by packet; below zero for one that is not kept. @param fresh by place; 1 when another source has it than the text says.
 * @returns the address that a packet of the last drain came from.
 */
export function sourceTexts(
  addon: UdpAddon,
  native: UdpNative,
  places: Int32Array,
  fresh: Uint8Array,
): (packet: number) => string {
  const texts = new Array<string>(fresh.length).fill('')
  return (packet) => {
    const place = places[packet] as number
    if (place < 0) return addon.source(native, packet)
    if (fresh[place] === 1) {
      texts[place] = addon.source(native, packet)
      fresh[place] = 0
    }
    return texts[place] as string
  }
}
