/** HTTP clients that take their time, each in its own way: they connect, say something, go on drop by drop, and tell when the server has closed. */

import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

const HOST = 'Host: localhost\r\n'
const LOGIN = `POST /api/v1/login HTTP/1.1\r\n${HOST}Sotto-Request: 1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`
const QUESTION = `GET /problems HTTP/1.1\r\n${HOST}\r\n`
const READ_OCTETS = 100

/** By kind: what is said at first, and again and again. */
const KINDS = {
  silent: { begin: '', drop: '' },
  head: { begin: 'GET /health HTTP/1.1\r\n', drop: 'X: y\r\n' },
  body: { begin: LOGIN, drop: ' ' },
  /** Asks as anybody does, and then stays. */
  idle: { begin: `GET /health HTTP/1.1\r\n${HOST}\r\n`, drop: '' },
  /** Asks for much, and takes it in drops; that the server has closed shows when something is said to it. */
  reader: { begin: QUESTION.repeat(8), drop: '\r\n' },
  /** For TLS: begins a handshake, and goes on octet by octet. */
  handshake: { begin: '\x16\x03\x01\x02\x00\x01', drop: '\x00' },
} as const
export type SlowKind = keyof typeof KINDS

export type SlowClient = {
  readonly kind: SlowKind
  /** When the server has closed: what it said, and how long that took. */
  readonly closed: Promise<{ readonly text: string; readonly ms: number }>
  end(): void
}

/** @param isTls speaks TLS, but for a handshake, which does not come so far. @param dropMs between drops. */
export function slowClient(port: number, kind: SlowKind, { isTls = false, dropMs = 1000 } = {}): SlowClient {
  const { begin, drop } = KINDS[kind]
  const startMs = performance.now()
  const socket: Socket =
    isTls && kind !== 'handshake'
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect({ port, host: '127.0.0.1' })
  socket.write(begin, 'latin1')
  let text = ''
  if (kind === 'reader') socket.pause()
  else
    socket.on('data', (chunk) => {
      text += chunk
    })
  const drops = setInterval(() => {
    if (kind === 'reader') socket.read(READ_OCTETS)
    if (drop !== '') socket.write(drop, 'latin1')
  }, dropMs)
  socket.on('error', () => undefined)
  const closed = new Promise<{ text: string; ms: number }>((resolve) => {
    socket.on('close', () => {
      clearInterval(drops)
      resolve({ text, ms: performance.now() - startMs })
    })
  })
  return { kind, closed, end: () => socket.destroy() }
}
