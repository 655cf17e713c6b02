/** Both implementations of the seam `UdpBatch`, for tests that hold both to the same promises. */

import { spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { until } from '../../src/demo/waiting.ts'
import {
  claimSlot,
  createSendBatch,
  type Family,
  receivedPacket,
  type SocketId,
  type UdpBatch,
} from '../../src/media/udp-batch.ts'
import { createAddonBatch } from '../../src/media/udp-batch-addon.ts'
import { createDgramBatch } from '../../src/media/udp-batch-dgram.ts'
import { loadUdpAddon } from '../../src/media/udp-choice.ts'

export type Implementation = { readonly name: 'dgram' | 'addon'; readonly make: (slots?: number) => UdpBatch }
export type Torn = { teardown(done: () => unknown): void }

/** Undefined where nothing can build it: `canBuildAddon` says whether that is so. */
export const addon = ((found) => (typeof found === 'string' ? undefined : found))(loadUdpAddon())

export const implementations: readonly Implementation[] = [
  { name: 'dgram', make: (slots) => createDgramBatch(undefined, slots) },
  ...(addon === undefined
    ? []
    : [{ name: 'addon', make: (slots?: number) => createAddonBatch(addon, slots) } as const]),
]

/** @returns the implementation of that name. @throws Error when it is not there. */
export function implementationOf(name: string): Implementation {
  const found = implementations.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no implementation ${name}`)
  return found
}

export function canBuildAddon(): boolean {
  const compiler = process.env['CXX'] || 'c++'
  return process.platform === 'linux' && spawnSync(compiler, ['--version'], { stdio: 'ignore' }).status === 0
}

/** Opens a socket of the seam on loopback; it is closed at the end of the test. */
export async function opened(
  t: Torn,
  udp: UdpBatch,
  family: Family = 'IPv4',
): Promise<{ socket: SocketId; port: number }> {
  const open = await udp.open(family, loopback(family), 0)
  if (typeof open === 'string') throw new Error(open)
  t.teardown(() => udp.close(open.socket))
  return open
}

/** A plain socket as the far end. */
export async function farEnd(t: Torn, family: Family = 'IPv4', address = loopback(family)): Promise<Socket> {
  const socket = createSocket(family === 'IPv4' ? 'udp4' : 'udp6')
  socket.bind(0, address)
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  return socket
}

export function loopback(family: Family): string {
  return family === 'IPv4' ? '127.0.0.1' : '::1'
}

/** Sends, and comes back when the system has it: what it has on loopback has arrived. */
export function sendFrom(far: Socket, octets: Uint8Array, port: number, family: Family = 'IPv4'): Promise<void> {
  return new Promise((resolve, reject) => {
    far.send(octets, port, loopback(family), (error) => (error === null ? resolve() : reject(error)))
  })
}

export type Drained = {
  readonly socket: SocketId
  readonly octets: Uint8Array
  readonly address: string
  readonly port: number
}

/** What one drain brings, copied. */
export function drainOnce(udp: UdpBatch): Drained[] {
  const batch = udp.drain()
  return Array.from({ length: batch.count }, (_, i) => ({
    socket: batch.sockets[i] as number,
    octets: Uint8Array.from(receivedPacket(batch, i)),
    address: batch.addresses[i] as string,
    port: batch.ports[i] as number,
  }))
}

/** Drains until so many packets have come. */
export async function drainUntil(udp: UdpBatch, count: number, what: string): Promise<Drained[]> {
  const all: Drained[] = []
  await until(
    () => {
      all.push(...drainOnce(udp))
      return all.length >= count
    },
    what,
    20_000,
  )
  return all
}

export type ToSend = {
  readonly socket: SocketId
  readonly octets: Uint8Array
  readonly address: string
  readonly port: number
}

/** Sends packets as one batch. */
export function sendBatch(udp: UdpBatch, packets: readonly ToSend[]): void {
  const batch = createSendBatch(Math.max(1, packets.length))
  for (const { socket, octets, address, port } of packets) {
    const slot = claimSlot(batch)
    batch.slots[slot]?.set(octets)
    batch.sockets[slot] = socket
    batch.lengths[slot] = octets.length
    batch.addresses[slot] = address
    batch.ports[slot] = port
  }
  udp.send(batch)
}
