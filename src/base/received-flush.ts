/**
 * Overwrites the memory that received datagrams passed through, or a digit in one could be found there afterwards.
 *
 * Node reads each datagram into a fresh piece of 64 KiB and frees it unwiped. The next datagram would be read into the same
 * piece, unless something else took a part of it meanwhile: therefore what is free is taken in pieces of every size as well.
 */

import { createSocket } from 'node:dgram'
import type { Clock } from './clock.ts'
import { overwriteFree } from './leftovers.ts'
import type { Milliseconds } from './units.ts'

/** Longest datagram that Node reads in one piece from Ethernet; a flush is at least that long. */
const FLUSH_SIZE = 1500
/** Loopback answers at once; a machine that is too busy for that gets this long. */
const FLUSH_MS: Milliseconds = 900

/** Flushes what datagrams passed through, once. @param octets length of the longest that is to be overwritten. */
export function flushReceived(
  family: 'IPv4' | 'IPv6',
  clock: Clock,
  onFlushed: () => void,
  octets: number = FLUSH_SIZE,
): void {
  const socket = createSocket(family === 'IPv4' ? 'udp4' : 'udp6')
  const loopback = family === 'IPv4' ? '127.0.0.1' : '::1'
  const size = Math.max(FLUSH_SIZE, octets)
  let over = false
  const finish = () => {
    if (over) return
    over = true
    limit.cancel()
    socket.close()
    overwriteFree()
    onFlushed()
  }
  const limit = clock.after(FLUSH_MS, finish)
  overwriteFree()
  socket.on('message', finish)
  socket.on('error', finish)
  socket.bind(0, loopback, () => {
    if (!over) socket.send(Buffer.alloc(size), 0, size, socket.address().port, loopback)
  })
}
