/** Which `UdpBatch` a media process uses: the addon where there is one and nobody asked otherwise, else node:dgram; and why. */

import { createRequire } from 'node:module'
import { isUsableAddon, UDP_ADDON, type UdpAddon } from '../base/udp-addon.ts'
import { DGRAM_WORD } from './contract.ts'
import type { PacketIo } from './contract-process.ts'
import type { UdpBatch } from './udp-batch.ts'
import { createAddonBatch } from './udp-batch-addon.ts'
import { createDgramBatch } from './udp-batch-dgram.ts'

type NoAddon = Extract<PacketIo, { readonly udp: 'dgram' }>['because']

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
export function loadUdpAddon(file: URL = UDP_ADDON, platform: string = process.platform): UdpAddon | NoAddon {
  if (platform !== 'linux') return 'not-linux'
  try {
    const addon: Partial<UdpAddon> = createRequire(import.meta.url)(file.pathname)
    return isUsableAddon(addon) ? addon : 'not-usable'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'MODULE_NOT_FOUND' ? 'not-built' : 'not-usable'
  }
}
