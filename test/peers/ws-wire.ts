/** A phone's wire over WebSocket, as sip.js has one in a browser: a host of its own that leads nowhere, and the page's origin (RFC 7118). */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type ClientOptions, WebSocket } from 'ws'
import type { OpenPhoneWire } from '../../src/demo/phone-wire.ts'

/** Connects as a page of `origin` does; without one as a client that is no browser. @throws Error when it is refused. */
export async function connectWs(
  url: string,
  options: ClientOptions & { readonly origin?: string } = {},
): Promise<WebSocket> {
  const socket = new WebSocket(url, 'sip', { rejectUnauthorized: false, perMessageDeflate: false, ...options })
  await once(socket, 'open')
  socket.on('error', () => {})
  return socket
}

/** @returns what opens a phone's wire to a URL. */
export function wsPhoneWire(url: string, options: ClientOptions & { readonly origin?: string } = {}): OpenPhoneWire {
  return async (receive) => {
    const socket = await connectWs(url, options)
    socket.on('message', (bytes: Buffer) => receive(bytes))
    return {
      protocol: url.startsWith('wss:') ? 'WSS' : 'WS',
      port: 0,
      host: `${randomBytes(6).toString('hex')}.invalid`,
      namedPort: undefined,
      contactParams: { transport: 'ws' },
      send: (bytes) => socket.send(Buffer.from(bytes), { binary: false }),
      close: async () => {
        if (socket.readyState === socket.CLOSED) return
        socket.terminate()
        await once(socket, 'close')
      },
    }
  }
}
