/**
 * One writer a folder: two would tear the chain. The claim is a name in the kernel (an abstract Unix socket) that is gone with the process,
 * however it ends; nothing stale is ever left.
 */

import { createServer } from 'node:net'
import { digestOf } from '../base/digest.ts'
import { fault } from '../base/fault.ts'

/** @returns gives the claim up. @throws Fault `audit.in-use` */
export function claimFolder(realPath: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error) => reject(fault('audit.in-use', {}, error)))
    server.listen(`\0sotto-audit-${digestOf(realPath)}`, () => {
      server.unref()
      resolve(() => void server.close())
    })
  })
}
