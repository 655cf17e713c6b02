/** Ports for programs that cannot be asked which one they took. */

import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** A port of loopback that was free a moment ago, for UDP and TCP both. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      const socket = createSocket('udp4')
      socket.once('error', () => server.close(() => resolve(freePort())))
      socket.bind(port, '127.0.0.1', () => socket.close(() => server.close(() => resolve(port))))
    })
  })
}
