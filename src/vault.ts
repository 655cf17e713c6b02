/**
 * Entry file of a vault process: hardens the process, then lets the chamber work. Takes no arguments, reads no environment and writes
 * nothing anywhere; all it says goes over the channel to control. A failure that nobody foresaw wipes and ends the process without a
 * word, since a word could hold a digit.
 */

import { clockFrom } from './base/clock.ts'
import { dgramSockets } from './vault/caller-sockets.ts'
import { addonSockets } from './vault/caller-sockets-addon.ts'
import { Chamber } from './vault/chamber.ts'
import { harden } from './vault/harden.ts'
import { loadUdpAddon } from './vault/udp-addon.ts'

let chamber: Chamber | undefined

const exit = (code: number) => {
  chamber?.close()
  process.exit(code)
}
process.on('uncaughtException', () => exit(1))
process.on('unhandledRejection', () => exit(1))
// A terminal's Ctrl-C and a service manager's TERM reach every process of the group: whether a session may still end is for control to say. It
// tells the chamber to wipe, or ends, and then the line closes.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)

// Small incidental buffers are not cut from a pool that outlives them.
Buffer.poolSize = 0
const udpAddon = loadUdpAddon(process)
const protections = await harden(process)
chamber = new Chamber({
  endpoint: process,
  clock: clockFrom({ now: () => performance.now(), setTimeout, clearTimeout }),
  wallClock: () => Date.now(),
  protections,
  sockets: udpAddon === undefined ? dgramSockets() : addonSockets(udpAddon),
  exit: () => process.exit(0),
})
