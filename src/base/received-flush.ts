/**
 * Overwrites the memory that received datagrams passed through: Node reads each into a fresh piece and frees it unwiped, so
 * that the newest one stays there until the next comes. This is the next.
 */

import { createSocket } from 'node:dgram'
import type { Clock } from './clock.ts'
import type { Milliseconds } from './units.ts'

/** Longest datagram that Node reads in one piece from Ethernet; a flush is at least that long. */
const FLUSH_SIZE = 1500
const FLUSH_MS: Milliseconds = 50

/** Flushes once. @param octets length of the longest datagram that is to be overwritten. */
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
    onFlushed()
  }
  const limit = clock.after(FLUSH_MS, finish)
  socket.on('message', finish)
  socket.on('error', finish)
  socket.bind(0, loopback, () => {
    if (!over) socket.send(Buffer.alloc(size), 0, size, socket.address().port, loopback)
  })
}

/** @returns a way to ask for a flush, however often: one is under way at a time, and what was asked for meanwhile is one more. */
export function createReceivedFlush(clock: Clock): (octets: number) => void {
  let underWay = false
  let asked = 0
  const begin = (): void => {
    const octets = asked
    asked = 0
    underWay = true
    flushReceived(
      'IPv4',
      clock,
      () => {
        underWay = false
        if (asked > 0) begin()
      },
      octets,
    )
  }
  return (octets) => {
    asked = Math.max(asked, octets)
    if (!underWay) begin()
  }
}
