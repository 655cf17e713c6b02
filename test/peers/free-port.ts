/** Ports for programs that cannot be asked which one they took. */

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/**
 * Below those that systems give to who names none (from 32768 on with Linux, 49152 elsewhere), so that no connection takes one between here and the program; and above those of
 * sound, of tests (`port-ranges.ts`) and of servers (from 20000 to 29999).
 */
const FIRST = 30_000
/** Test files that run at once have each a share: a port that was free would be another's before its program bound it. */
const SHARES = 9
const SHARE = 300

// tap numbers what it runs at once.
const share = Number(process.env['TAP_JOB_ID'] ?? randomInt(SHARES)) % SHARES
let turn = randomInt(SHARE)

/** A port of loopback that was free a moment ago, for UDP and TCP both. */
export function freePort(): Promise<number> {
  // None twice, for the same reason.
  turn = (turn + 1) % SHARE
  const port = FIRST + share * SHARE + turn
  return new Promise((resolve) => {
    const again = () => resolve(freePort())
    const server = createServer()
    server.once('error', again)
    server.listen(port, '127.0.0.1', () => {
      const socket = createSocket('udp4')
      socket.once('error', () => server.close(again))
      socket.bind(port, '127.0.0.1', () => socket.close(() => server.close(() => resolve(port))))
    })
  })
}
