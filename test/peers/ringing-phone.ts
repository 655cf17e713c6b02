/** A far end over UDP that rings and never answers: cancelled it says so, and else it is not there after a while. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { headerOf, type SipRequest } from '../../src/sip/message.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { writeResponse } from '../../src/sip/write-message.ts'

export type RingingPhone = {
  readonly uri: string
  /** Calls that came. */
  readonly calls: number
  /** Whatever was no SIP message, as text. */
  readonly unreadable: readonly string[]
  close(): void
}

/** @param ringsMs for how long it rings. */
export async function startRingingPhone(ringsMs: number): Promise<RingingPhone> {
  const socket = createSocket('udp4')
  const ringing = new Map<string, { readonly invite: SipRequest; readonly end: (status: number) => void }>()
  const unreadable: string[] = []
  let calls = 0
  socket.on('message', (octets, from) => {
    const parsed = parseMessage(octets)
    // Line ends keep a way open.
    if (parsed.kind !== 'message' && octets.toString('latin1').trim() !== '') unreadable.push(octets.toString('latin1'))
    if (parsed.kind !== 'message' || parsed.message.kind !== 'request') return
    const request = parsed.message
    const callId = headerOf(request, 'call-id') ?? ''
    const say = (to: SipRequest, status: number) =>
      socket.send(writeResponse(to, { status, toTag: 'rings' }), from.port, from.address)
    if (request.method === 'INVITE') {
      if (!ringing.has(callId)) {
        calls += 1
        const end = (status: number): void => {
          clearTimeout(timer)
          if (ringing.delete(callId)) say(request, status)
        }
        const timer = setTimeout(() => end(480), ringsMs)
        ringing.set(callId, { invite: request, end })
      }
      say(request, 180)
    } else if (request.method !== 'ACK') {
      say(request, 200)
      if (request.method === 'CANCEL') ringing.get(callId)?.end(487)
    }
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    uri: `sip:300@127.0.0.1:${socket.address().port}`,
    get calls() {
      return calls
    },
    unreadable,
    close: () => {
      for (const { end } of [...ringing.values()]) end(480)
      socket.close()
    },
  }
}
