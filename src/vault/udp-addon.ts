/** Loads the addon that reads and writes many sockets at once, where it was built: before the right to load anything is given up. */

import { createSocket } from 'node:dgram'
import { handleOf } from '../base/udp-handle.ts'
import type { UdpAddon } from '../media/udp-batch-addon.ts'

/** The same from `src` and from `dist`. */
const ADDON = new URL('../../native/udp-batch/udp-batch.node', import.meta.url)
const FUNCTIONS = ['create', 'attach', 'detach', 'drain', 'source', 'aim', 'send'] as const

/** @param host the process object, given by the entry file. @returns undefined where there is none that works. */
export function loadUdpAddon(
  host: Pick<NodeJS.Process, 'platform' | 'dlopen'>,
  file: URL = ADDON,
): UdpAddon | undefined {
  if (host.platform !== 'linux') return undefined
  const loaded: { exports: Partial<UdpAddon> } = { exports: {} }
  try {
    host.dlopen(loaded, file.pathname)
  } catch {
    return undefined
  }
  return isWhole(loaded.exports) && nodeTellsDescriptors() ? loaded.exports : undefined
}

function isWhole(addon: Partial<UdpAddon>): addon is UdpAddon {
  return FUNCTIONS.every((name) => typeof addon[name] === 'function')
}

function nodeTellsDescriptors(): boolean {
  const socket = createSocket('udp4')
  try {
    return 'fd' in handleOf(socket)
  } finally {
    socket.close()
  }
}
