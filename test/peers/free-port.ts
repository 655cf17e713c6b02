/** Ports for programs that cannot be asked which one they took. */

import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { isFree } from '../../src/demo/free-port.ts'

/**
 * Below those that systems give to who names none (from 32768 on with Linux, 49152 elsewhere), so that no connection takes one between here and the program; and above those of
 * sound, of tests (`port-ranges.ts`) and of servers (from 20000 to 29999).
 */
const FIRST = 30_000
const COUNT = 2_700

/** A port of loopback that is free, for UDP and TCP both, and that no other test gets, in this process or another, for as long as this process lives. */
export async function freePort(): Promise<number> {
  const port = FIRST + randomInt(COUNT)
  return (await claim(port)) && (await isFree(port, '127.0.0.1')) ? port : freePort()
}

/** Keeps a name in the kernel (an abstract Unix socket) that is gone with the process: the port itself has to stay free for the program. */
function claim(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(`\0sotto-test-port-${port}`, () => resolve(true)).unref()
  })
}
