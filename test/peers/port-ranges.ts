/** Ranges of RTP ports that one test has for itself, also beside others that run at the same time. */

import { createSocket, type Socket } from 'node:dgram'
import { numericOnly } from '../../src/base/udp-handle.ts'

/** Ranges lie below the default ports of Sotto and those that the system gives; each has a port above it that says whose it is. */
const FIRST_PORT = 11_000
const LAST_PORT = 19_999
export const RANGE_PORTS = 100
const STRIDE = 104
const RANGES = Math.floor((LAST_PORT + 1 - FIRST_PORT) / STRIDE)

let nextRange = process.pid % RANGES

/**
 * Takes a range of `RANGE_PORTS` ports that no other test has, in this process or another, for as long as this process lives; and in which no
 * other program has one.
 * @returns its first port. @throws Error when all are taken.
 */
export function claimRange(): number {
  for (let tries = 0; tries < RANGES; tries++) {
    const first = FIRST_PORT + nextRange * STRIDE
    nextRange = (nextRange + 1) % RANGES
    if (isFree(first) && claim(first + RANGE_PORTS)) return first
  }
  throw new Error('every port range for tests is taken')
}

/** @returns whether every port of a range can be bound now. */
function isFree(first: number): boolean {
  return Array.from({ length: RANGE_PORTS }, (_, i) => first + i).every((port) => {
    const { socket, free } = bound(port)
    socket.close()
    return free
  })
}

/** Ranges of programs that have ended. */
const idle: number[] = []

/** A range for a program that ends before this process does. @returns its first port, which `giveBackRange` takes. */
export function borrowRange(): number {
  return idle.pop() ?? claimRange()
}

/** The program has ended. */
export function giveBackRange(first: number): void {
  idle.push(first)
}

/** Binds a port and keeps it. @returns whether it was free. */
function claim(port: number): boolean {
  return bound(port).free
}

function bound(port: number): { readonly socket: Socket; readonly free: boolean } {
  // Without a name to look up, all of this happens at once.
  const socket = createSocket({ type: 'udp4', lookup: numericOnly })
  let free = true
  socket.on('error', () => {
    free = false
  })
  socket.bind({ port, address: '127.0.0.1', exclusive: true })
  socket.unref()
  return { socket, free }
}
