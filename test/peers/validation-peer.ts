/**
 * A validation service for tests, on a raw TLS socket, so that it can misbehave in every way a service can: it hangs, drips, drops,
 * resets, answers something else. Keeps the requests it got as octets.
 */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { type Authority, type Identity, makeAuthority } from './authority.ts'

export type ValidationBehaviour =
  | 'accept'
  | 'decline'
  | 'hang'
  | 'drip'
  | 'drop'
  | 'reset'
  | 'status-500'
  | 'garbage'
  | 'huge'
  | 'truncated'
  | 'redirect'
  | 'http-1.0'
  | 'chunked'
  /** Accepts, and tells in a header how often it has. */
  | 'count-charges'

export type ValidationCertificate = 'good' | 'expired' | 'wrong-name' | 'self-signed'

export type ValidationRequestSeen = { readonly head: string; readonly body: Buffer }

export type ValidationPeer = {
  readonly port: number
  /** Certificate of the authority that clients are to trust, PEM. */
  readonly authority: string
  readonly requests: readonly ValidationRequestSeen[]
  /** TLS connections that were made. */
  readonly connections: number
  /** Octets written in replies. */
  readonly sent: number
  /** Its own certificate, PEM. */
  readonly certificate: string
  /** Answers from now on like this. @param document in place of the usual one. @param type its media type; none when empty. */
  behave(behaviour: ValidationBehaviour, document?: string, type?: string): void
  close(): Promise<void>
}

export const DECLARATION = '<?xml version="1.0" encoding=\'UTF-8\'?>'
export const ACCEPTED = `${DECLARATION}\n<outcome value="accepted" details="That number was good"/>`
export const JSON_ACCEPTED = '{"value":"accepted","details":"That number was good"}'
export const DECLINED = `${DECLARATION}\n<outcome value="declined" details="Not this one"/>`

export type ValidationPeerOptions = {
  readonly certificate?: ValidationCertificate
  readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  /** Demands a certificate of this authority from the client. */
  readonly clientAuthority?: string
  /** How long it thinks before each answer, ms. */
  readonly thinkMs?: number
}

/** Starts a service on 127.0.0.1. */
export async function startValidationPeer(options: ValidationPeerOptions = {}): Promise<ValidationPeer> {
  const authority = makeAuthority()
  const identity = identityOf(authority, options.certificate ?? 'good')
  const requests: ValidationRequestSeen[] = []
  const sockets = new Set<TLSSocket>()
  let behaviour: ValidationBehaviour = 'accept'
  let document: string | undefined
  let type = 'text/xml'
  let connections = 0
  let sent = 0
  const send = (socket: TLSSocket, octets: string | Buffer) => {
    if (socket.destroyed) return
    sent += octets.length
    socket.write(octets)
  }

  const answer = async (socket: TLSSocket): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, options.thinkMs ?? 0))
    const text = document ?? (behaviour === 'decline' ? DECLINED : ACCEPTED)
    const length = Buffer.byteLength(text)
    switch (behaviour) {
      case 'hang':
        return
      case 'drop':
        socket.destroy()
        return
      case 'reset':
        resetOf(socket)
        return
      case 'garbage':
        send(socket, Buffer.alloc(3000, 0xa5))
        socket.end()
        return
      case 'drip':
        for (const octet of Buffer.from(reply('200 OK', text, length))) {
          if (socket.destroyed) return
          send(socket, Buffer.of(octet))
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
        return
      case 'huge':
        send(socket, head('200 OK', `Content-Length: ${50 * 1024 * 1024}`))
        for (let i = 0; i < 800 && !socket.destroyed; i++) {
          send(socket, Buffer.alloc(65_536, 0x20))
          await new Promise((resolve) => setImmediate(resolve))
        }
        return
      case 'truncated':
        send(socket, reply('200 OK', text.slice(0, 40), length))
        socket.end()
        return
      case 'status-500':
        send(socket, reply('500 Internal Server Error', text, length))
        socket.end()
        return
      case 'redirect':
        send(socket, head('302 Found', 'Location: https://127.0.0.1/other', 'Content-Length: 0'))
        socket.end()
        return
      case 'http-1.0':
        send(socket, `HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n${text}`)
        socket.end()
        return
      case 'chunked':
        send(socket, head('200 OK', 'Transfer-Encoding: chunked'))
        for (const piece of [text.slice(0, 7), text.slice(7, 30), text.slice(30)]) {
          send(socket, `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`)
        }
        send(socket, '0\r\n\r\n')
        return
      case 'count-charges':
        send(socket, head('200 OK', `Charges: ${requests.length}`, `Content-Length: ${length}`) + text)
        return
      default:
        send(socket, reply('200 OK', text, length, type))
    }
  }

  const server = createServer(
    {
      cert: identity.certificate,
      key: identity.key,
      ...(options.maxVersion === undefined ? {} : { maxVersion: options.maxVersion }),
      // Old protocols need old ciphers: only so is it the other side that refuses.
      ...(options.maxVersion === 'TLSv1.1' ? { minVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } : {}),
      ...(options.clientAuthority === undefined
        ? {}
        : { ca: options.clientAuthority, requestCert: true, rejectUnauthorized: true }),
    },
    (socket) => {
      connections++
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
      readRequest(socket, (seen) => {
        requests.push(seen)
        answer(socket).catch(() => socket.destroy())
      })
    },
  )
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    authority: authority.certificate,
    certificate: identity.certificate,
    requests,
    get connections() {
      return connections
    },
    get sent() {
      return sent
    },
    behave(next, text, as) {
      behaviour = next
      document = text
      type = as ?? 'text/xml'
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      authority.close()
      server.close()
      if (server.listening) await once(server, 'close')
    },
  }
}

function identityOf(authority: Authority, certificate: ValidationCertificate): Identity {
  const here = ['IP:127.0.0.1', 'DNS:localhost']
  switch (certificate) {
    case 'good':
      return authority.issue(here)
    case 'expired':
      return authority.issue(here, 'expired')
    case 'wrong-name':
      return authority.issue(['DNS:elsewhere.example'])
    case 'self-signed': {
      const other = makeAuthority('Nobody')
      const identity = other.issue(here)
      other.close()
      return identity
    }
  }
}

function head(status: string, ...lines: readonly string[]): string {
  return [`HTTP/1.1 ${status}`, 'Content-Type: text/xml', ...lines, '\r\n'].join('\r\n')
}

function reply(status: string, text: string, length: number, type = 'text/xml'): string {
  const lines = [...(type === '' ? [] : [`Content-Type: ${type}`]), `Content-Length: ${length}`, '\r\n']
  return `HTTP/1.1 ${status}\r\n${lines.join('\r\n')}${text}`
}

/** Ends the TCP connection with a reset, as a service that crashes does. */
function resetOf(socket: TLSSocket): void {
  const { _parent: below } = socket as unknown as { _parent?: { resetAndDestroy(): void } }
  if (below === undefined) socket.resetAndDestroy()
  else below.resetAndDestroy()
}

function readRequest(socket: TLSSocket, onRequest: (seen: ValidationRequestSeen) => void): void {
  let collected = Buffer.alloc(0)
  socket.on('data', (octets: Buffer) => {
    collected = Buffer.concat([collected, octets])
    const end = collected.indexOf('\r\n\r\n')
    if (end < 0) return
    const text = collected.toString('latin1', 0, end)
    const size = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0)
    if (collected.length < end + 4 + size) return
    onRequest({ head: text, body: collected.subarray(end + 4, end + 4 + size) })
    collected = Buffer.alloc(0)
  })
}
