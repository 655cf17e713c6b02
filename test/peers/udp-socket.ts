/** A bare UDP socket for stories: whoever sends by hand, or only counts what comes. */

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Test } from 'tap'

/** @returns a socket at any port of an address; it closes with the test. */
export async function udpSocket(t: Test, address: string): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  return socket
}
