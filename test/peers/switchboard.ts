/** A port that leads to one TCP service after the other, or to none: the validation service's address stays, what is there changes. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export type Switchboard = {
  readonly port: number
  /** New connections go to that port of loopback; `undefined` closes the port, so that they are refused. */
  lead(to: number | undefined): Promise<void>
  close(): Promise<void>
}

/** Opens a port on 127.0.0.1 that leads to another one. */
export async function openSwitchboard(first: number): Promise<Switchboard> {
  let target = first
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    return socket.on('close', () => sockets.delete(socket))
  }
  const server: Server = createServer((inward) => {
    const outward = keep(connect(target, '127.0.0.1'))
    keep(inward).pipe(outward).pipe(inward)
    inward.on('close', () => outward.destroy())
    outward.on('close', () => inward.destroy())
  })
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const shut = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  const port = await listen(0)
  return {
    port,
    lead: async (to) => {
      if (to === undefined) return shut()
      target = to
      if (!server.listening) await listen(port)
    },
    close: shut,
  }
}
