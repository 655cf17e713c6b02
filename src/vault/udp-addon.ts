/** Loads the addon that reads and writes many sockets at once, where it was built: before the right to load anything is given up. */

import { isUsableAddon, UDP_ADDON, type UdpAddon } from '../base/udp-addon.ts'

/** @param host the process object, given by the entry file. @returns undefined where there is none that works. */
export function loadUdpAddon(
  host: Pick<NodeJS.Process, 'platform' | 'dlopen'>,
  file: URL = UDP_ADDON,
): UdpAddon | undefined {
  if (host.platform !== 'linux') return undefined
  const loaded: { exports: Partial<UdpAddon> } = { exports: {} }
  try {
    host.dlopen(loaded, file.pathname)
  } catch {
    return undefined
  }
  return isUsableAddon(loaded.exports) ? loaded.exports : undefined
}
