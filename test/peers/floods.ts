/** Who sends too much, or holds connections and says nothing; and what others still get meanwhile. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'

export type FloodKind = 'OPTIONS' | 'REGISTER' | 'INVITE' | 'SUBSCRIBE' | 'MESSAGE' | 'garbage'

export type FloodOrder = {
  readonly kind: FloodKind
  /** Address of loopback that it comes from: no trunk's. */
  readonly from: string
  readonly port: number
  readonly perSecond: number
  readonly seed: number
}

export type FloodTold = { sent: number; sentOctets: number; received: number; receivedOctets: number }

export type Flood = { readonly told: Readonly<FloodTold>; stop(): Promise<void> }

/** Begins to flood, in a thread of its own. */
export function startFlood(order: FloodOrder): Flood {
  let told: FloodTold = { sent: 0, sentOctets: 0, received: 0, receivedOctets: 0 }
  const worker = new Worker(new URL('./flood-worker.ts', import.meta.url), { workerData: order })
  worker.on('message', (now: FloodTold) => {
    told = now
  })
  return {
    get told() {
      return told
    },
    stop: async () => {
      await worker.terminate()
    },
  }
}

/** A connection that is held: `open` until the server has closed it. */
export type Held = { readonly isOpen: () => boolean; close(): void }

/** The first octets of a TLS 1.2 record that says it is a hello of 512 octets. */
const HALF_HELLO = Buffer.from('1603010200010001fc0303', 'hex')
const HALF_MESSAGE = Buffer.from(
  'OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKhalf\r\nFrom: <sip:a',
)

/** Opens connections and says nothing, or half of something. Those that the server refuses are not open. */
export async function hold(
  port: number,
  count: number,
  says: 'nothing' | 'half-hello' | 'half-message',
): Promise<readonly Held[]> {
  const held: { readonly socket: Socket; isOpen: boolean }[] = []
  for (let i = 0; i < count; i += 1) {
    const one = { socket: connect({ host: '127.0.0.1', port }), isOpen: true }
    one.socket
      .on('error', () => {})
      .on('close', () => {
        one.isOpen = false
      })
    await once(one.socket, 'connect')
    if (says !== 'nothing') one.socket.write(says === 'half-hello' ? HALF_HELLO : HALF_MESSAGE)
    one.socket.resume()
    held.push(one)
  }
  return held.map((one) => ({ isOpen: () => one.isOpen, close: () => one.socket.destroy() }))
}

const OPTIONS_LIMIT_MS = 10_000
let asked = 0

/** Asks with OPTIONS from an address that floods nobody. @returns ms until the answer; undefined when none came within ten seconds. */
export async function probe(transport: 'udp' | 'tcp', port: number, from = '127.0.0.77'): Promise<number | undefined> {
  asked += 1
  const text = `OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/${transport.toUpperCase()} ${from};branch=z9hG4bKprobe${asked};rport\r\nMax-Forwards: 70\r\nFrom: <sip:p@${from}>;tag=1\r\nTo: <sip:a@127.0.0.1>\r\nCall-ID: probe-${asked}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  const startMs = performance.now()
  const signal = AbortSignal.timeout(OPTIONS_LIMIT_MS)
  if (transport === 'udp') {
    const socket = createSocket('udp4')
    socket.bind(0, from)
    await once(socket, 'listening')
    socket.send(text, port, '127.0.0.1')
    const answered = await once(socket, 'message', { signal }).then(
      () => true,
      () => false,
    )
    socket.close()
    return answered ? performance.now() - startMs : undefined
  }
  const socket = connect({ host: '127.0.0.1', port, localAddress: from })
  socket.on('error', () => {})
  socket.write(text)
  const answered = await once(socket, 'data', { signal }).then(
    () => true,
    () => false,
  )
  socket.destroy()
  return answered ? performance.now() - startMs : undefined
}
