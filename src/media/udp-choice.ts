/** Which `UdpBatch` a media process uses: the addon where there is one and nobody asked otherwise, else node:dgram; and why. */

import { createSocket } from 'node:dgram'
import { createRequire } from 'node:module'
import { handleOf } from '../base/udp-handle.ts'
import { DGRAM_WORD, type PacketIo } from './contract.ts'
import type { UdpBatch } from './udp-batch.ts'
import { createAddonBatch, tellsDescriptor, type UdpAddon } from './udp-batch-addon.ts'
import { createDgramBatch } from './udp-batch-dgram.ts'

type NoAddon = Extract<PacketIo, { readonly udp: 'dgram' }>['because']

/** The same from `src` and from `dist`. */
const ADDON = new URL('../../native/udp-batch/udp-batch.node', import.meta.url)

/** @param words the command line of the process. @param onArrival as for `createDgramBatch`. */
export function chooseUdp(
  words: readonly string[],
  onArrival: () => void,
): { readonly udp: UdpBatch; readonly packetIo: PacketIo } {
  const addon = words.includes(DGRAM_WORD) ? 'asked' : loadUdpAddon()
  if (typeof addon === 'string') return { udp: createDgramBatch(onArrival), packetIo: { udp: 'dgram', because: addon } }
  return { udp: createAddonBatch(addon), packetIo: { udp: 'addon' } }
}

/** Loads the addon. @returns it, or why there is none that works. */
export function loadUdpAddon(file: URL = ADDON, platform: string = process.platform): UdpAddon | NoAddon {
  if (platform !== 'linux') return 'not-linux'
  try {
    const addon: UdpAddon = createRequire(import.meta.url)(file.pathname)
    const isWhole = ADDON_FUNCTIONS.every((name) => typeof addon[name] === 'function')
    return isWhole && nodeTellsDescriptors() ? addon : 'not-usable'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'MODULE_NOT_FOUND' ? 'not-built' : 'not-usable'
  }
}

const ADDON_FUNCTIONS = ['create', 'attach', 'detach', 'drain', 'source', 'aim', 'send'] as const

function nodeTellsDescriptors(): boolean {
  const socket = createSocket('udp4')
  try {
    return tellsDescriptor(handleOf(socket))
  } finally {
    socket.close()
  }
}
