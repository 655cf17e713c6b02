/**
 * One writer for what two would tear: the chain of audit records, the call history, the file of the directory. The claim is a name in the kernel (an abstract Unix
 * socket) that is gone with the process, however it ends; nothing stale is ever left.
 */

import { createServer } from 'node:net'
import { digestOf } from './digest.ts'
import { fault } from './fault.ts'

/** @returns gives the claim up. @throws Fault `audit.in-use` and the like */
export function claimPath(room: 'audit' | 'directory' | 'history', realPath: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error) => reject(fault(`${room}.in-use`, {}, error)))
    server.listen(`\0sotto-${room}-${digestOf(realPath)}`, () => {
      server.unref()
      resolve(() => void server.close())
    })
  })
}
