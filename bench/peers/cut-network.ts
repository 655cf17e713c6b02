/** A network that can be cut: ports of loopback, each of which leads to a server. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Network = {
  /** @returns a port of loopback that leads to the server. */
  port(): Promise<number>
  /** Cuts every connection and lets none through, until it is mended. */
  cut(): void
  mend(): void
  close(): void
}

/** @param serverPort where the server listens. */
export function createNetwork(serverPort: number): Network {
  const open = new Set<Socket>()
  const doors: { close(): unknown }[] = []
  let isCut = false
  const hold = (socket: Socket) => {
    open.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => open.delete(socket))
  }
  const take = (near: Socket) => {
    hold(near)
    if (isCut) return near.destroy()
    const far = connect(serverPort, '127.0.0.1')
    hold(far)
    near.once('close', () => far.destroy())
    far.once('close', () => near.destroy())
    near.pipe(far).pipe(near)
    return near
  }
  const cut = () => {
    isCut = true
    for (const socket of open) socket.destroy()
  }
  return {
    async port() {
      const door = createServer(take).listen(0, '127.0.0.1')
      await once(door, 'listening')
      doors.push(door)
      return (door.address() as AddressInfo).port
    },
    cut,
    mend: () => {
      isCut = false
    },
    close() {
      cut()
      for (const door of doors) door.close()
    },
  }
}
