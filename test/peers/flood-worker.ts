/** A thread that floods a SIP port over UDP from an address of loopback, so that whoever listens to calls meanwhile is not held up by it. */

import { createSocket } from 'node:dgram'
import { parentPort, workerData } from 'node:worker_threads'
import { seeded } from '../rtp/seeded.ts'
import type { FloodOrder, FloodTold } from './floods.ts'

const BEAT_MS = 10
/** A text has a published test card in it: each is masked, and what it passed through overwritten. */
const BODIES: Readonly<Record<string, readonly [type: string, body: string]>> = {
  INVITE: [
    'application/sdp',
    'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n',
  ],
  MESSAGE: ['text/plain', 'pay with 5555 5555 5555 4444'],
}
const { kind, from, port, perSecond, seed } = workerData as FloodOrder
const random = seeded(seed)
const socket = createSocket('udp4')
const told: FloodTold = { sent: 0, sentOctets: 0, received: 0, receivedOctets: 0 }
let owed = 0

socket.on('message', (octets) => {
  told.received += 1
  told.receivedOctets += octets.length
})
socket.bind(0, from, () => {
  const { port: own } = socket.address()
  let lastMs = performance.now()
  setInterval(() => {
    const nowMs = performance.now()
    // What a busy machine held up is not made up for at once.
    owed = Math.min(perSecond / 10, owed + ((nowMs - lastMs) * perSecond) / 1000)
    lastMs = nowMs
    for (; owed >= 1; owed -= 1) {
      const octets = kind === 'garbage' ? noise() : message(kind, own)
      told.sent += 1
      told.sentOctets += octets.length
      socket.send(octets, port, '127.0.0.1')
    }
    parentPort?.postMessage(told)
  }, BEAT_MS)
})

function message(method: string, own: number): Buffer {
  const id = `${own}-${told.sent}`
  const [type, body] = BODIES[method] ?? []
  return Buffer.from(
    `${method} sip:100@127.0.0.1:${port} SIP/2.0\r\nVia: SIP/2.0/UDP ${from}:${own};branch=z9hG4bK${id};rport\r\nMax-Forwards: 70\r\n` +
      `From: <sip:flood@${from}>;tag=${id}\r\nTo: <sip:100@127.0.0.1>\r\nCall-ID: ${id}@${from}\r\nCSeq: 1 ${method}\r\nContact: <sip:flood@${from}:${own}>\r\n` +
      `${type === undefined ? '' : `Content-Type: ${type}\r\n`}Content-Length: ${body?.length ?? 0}\r\n\r\n${body ?? ''}`,
  )
}

function noise(): Buffer {
  const octets = Buffer.alloc(1 + Math.floor(random() * 1200))
  for (let i = 0; i < octets.length; i += 1) octets[i] = Math.floor(random() * 256)
  return octets
}
