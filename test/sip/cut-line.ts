/** A line between two ends over TCP that can be cut, as a router that is switched off or a process that dies does it. */

import { connect, createServer, type Socket } from 'node:net'

export type CutLine = {
  readonly port: number
  /** How many connections have come over it. */
  readonly taken: () => number
  /** Ends every connection: by a reset, by an end of file, or by silence, after which nothing passes in either direction. */
  cut(how: 'reset' | 'end' | 'silence'): void
  close(): Promise<void>
}

/** @param to port that connections lead to. */
export async function cutLine(to: number, address = '127.0.0.1'): Promise<CutLine> {
  const sockets = new Set<Socket>()
  let taken = 0
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((near) => {
    taken += 1
    const far = connect({ host: address, port: to })
    for (const each of [near, far]) keep(each)
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    taken: () => taken,
    cut: (how) => {
      for (const socket of [...sockets]) {
        if (how === 'reset') socket.resetAndDestroy()
        else if (how === 'end') socket.end()
        else {
          socket.unpipe()
          socket.resume()
        }
      }
    },
    close: async () => {
      for (const socket of [...sockets]) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
