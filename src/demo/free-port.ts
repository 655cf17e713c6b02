/** Ports on loopback for a server that is told by its configuration which ones to take. */

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/**
 * Below those that systems give to who names none (from 32768 on with Linux, 49152 elsewhere), so that no connection takes one between here and the server's
 * start; below those of sound; and none of those that browsers and `fetch` refuse to ask (Fetch standard, section 2.9: 5060, 6000 and 10080 are the nearest).
 */
const FIRST = 7000
const COUNT = 3000

let turn = randomInt(COUNT)

/** @returns a port of an address that was free a moment ago, for UDP and TCP both, another one each time. @throws Error when it is no address of this machine. */
export async function freePort(address: string): Promise<number> {
  for (;;) {
    turn = (turn + 1) % COUNT
    const port = FIRST + turn
    if (await isFree(port, address)) return port
  }
}

/** @returns whether it can be bound now, for UDP and TCP both. @throws Error when it is no address of this machine. */
export function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((tell, failed) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') tell(false)
      else failed(error)
    })
    server.listen(port, address, () => {
      const socket = createSocket('udp4')
      socket.once('error', () => server.close(() => tell(false)))
      socket.bind(port, address, () => socket.close(() => server.close(() => tell(true))))
    })
  })
}
