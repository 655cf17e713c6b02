/**
 * A validation service that charges a card for every request that reaches it whole, and breaks the connection wherever it is told to: what
 * a retry policy must not turn into two charges.
 */

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { makeAuthority } from './authority.ts'
import { ACCEPTED } from './validation-peer.ts'

/** Where a connection breaks; `never` answers. */
export type Break = 'at-once' | 'in-handshake' | 'after-head' | 'after-charge' | 'in-reply' | 'never'

export type ChargingPeer = {
  readonly port: number
  readonly authority: string
  /** Money taken, once for every entry here, by idempotency key. */
  readonly charges: readonly string[]
  /** Connections so far. */
  readonly connections: number
  /** The next connections break here, one after the other; those after the last do not. */
  breakAt(...breaks: readonly Break[]): void
  close(): Promise<void>
}

/** @param deduplicates whether it knows a request again by its idempotency key. */
export async function startChargingPeer(deduplicates: boolean): Promise<ChargingPeer> {
  const authority = makeAuthority()
  const identity = authority.issue(['IP:127.0.0.1'])
  const sockets = new Set<Socket>()
  const charges: string[] = []
  let breaks: readonly Break[] = []
  let connections = 0

  const server = createServer((socket) => {
    const at = breaks[0] ?? 'never'
    breaks = breaks.slice(1)
    connections++
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    if (at === 'at-once') return void socket.resetAndDestroy()
    if (at === 'in-handshake') return void socket.once('data', () => socket.resetAndDestroy())
    const secure = new TLSSocket(socket, { isServer: true, cert: identity.certificate, key: identity.key })
    secure.on('error', () => undefined)
    let text = ''
    secure.on('data', (octets: Buffer) => {
      text += octets.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      if (at === 'after-head') return void socket.resetAndDestroy()
      const size = Number(/^content-length: *(\d+)/im.exec(text)?.[1])
      if (text.length < end + 4 + size) return
      const key = /^idempotency-key: *(\S+)/im.exec(text)?.[1] ?? ''
      if (!deduplicates || !charges.includes(key)) charges.push(key)
      if (at === 'after-charge') return void socket.resetAndDestroy()
      const reply = `HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: ${ACCEPTED.length}\r\n\r\n${ACCEPTED}`
      if (at === 'in-reply') secure.end(reply.slice(0, -20))
      else secure.write(reply)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    authority: authority.certificate,
    charges,
    get connections() {
      return connections
    },
    breakAt(...next) {
      breaks = next
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      authority.close()
      server.close()
      await once(server, 'close')
    },
  }
}
