/** A SIP peer without a stack, for what no decent stack does: it answers octet by octet what a test says. */

import { type Headers, headerOf, type SipRequest, type SipResponse } from '../../src/sip/message.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import type { SipPeer } from '../../src/sip/session.ts'
import { type Line, writeResponse } from '../../src/sip/write-message.ts'
import type { MemoryNet } from './memory-wire.ts'

export type ScriptedPeer = {
  /** Everything it got, oldest first. */
  readonly requests: SipRequest[]
  readonly responses: SipResponse[]
  /** @returns the newest request of a method. @throws when none came. */
  last(method: string): SipRequest
  count(method: string): number
  respond(request: SipRequest, status: number, tag: string, headers?: readonly Line[], body?: string): void
  /** Sends a request as written: start line, headers and body. */
  send(start: string, headers: readonly Line[], body?: string): void
  /** Called for each request; default nothing. */
  onRequest: (request: SipRequest) => void
}

/** @param to the endpoint that it talks to. */
export async function scriptedPeer(net: MemoryNet, address: string, to: string): Promise<ScriptedPeer> {
  const wire = net.wire(address)
  const there: SipPeer = { transport: 'udp', address: to, port: 5060 }
  const flow = { ...there, listener: 0, connection: 0 }
  const peer: ScriptedPeer = {
    requests: [],
    responses: [],
    onRequest: () => {},
    last: (method) => {
      const found = peer.requests.findLast((each) => each.method === method)
      if (found === undefined) throw new Error(`no ${method} came`)
      return found
    },
    count: (method) => peer.requests.filter((each) => each.method === method).length,
    respond: (request, status, tag, headers = [], body = '') => {
      const type: Line[] = body === '' ? [] : [['Content-Type', 'application/sdp']]
      wire.send(
        writeResponse(request, { status, toTag: tag, headers: [...headers, ...type], body: Buffer.from(body) }),
        flow,
      )
    },
    send: (start, headers, body = '') => {
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      wire.send(
        Buffer.from(`${start} SIP/2.0\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`, 'latin1'),
        flow,
      )
    },
  }
  await wire.open(
    (octets) => {
      const parsed = parseMessage(octets)
      if (parsed.kind !== 'message') throw new Error('the endpoint sent what cannot be read')
      if (parsed.message.kind === 'response') peer.responses.push(parsed.message)
      else {
        peer.requests.push(parsed.message)
        peer.onRequest(parsed.message)
      }
    },
    () => {},
  )
  return peer
}

/** @returns the headers of a request inside the dialog that our 200 to the peer's INVITE opened. */
export function inDialog(invite: readonly Line[], response: Headers, cseq: string, branch: string): Line[] {
  const kept = invite.filter(([name]) => name === 'From' || name === 'Call-ID' || name === 'Max-Forwards')
  return [
    ...kept,
    ['Via', `SIP/2.0/UDP 10.0.0.3;branch=z9hG4bK${branch}`],
    ['To', headerOf(response, 'to') ?? ''],
    ['CSeq', cseq],
  ]
}

/** Headers of an INVITE from 10.0.0.3. */
export const INVITE: readonly Line[] = [
  ['Via', 'SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKinvite'],
  ['Max-Forwards', '70'],
  ['From', '<sip:c@10.0.0.3>;tag=peer'],
  ['To', '<sip:42@10.0.0.2>'],
  ['Call-ID', 'scripted'],
  ['CSeq', '1 INVITE'],
  ['Contact', '<sip:c@10.0.0.3>'],
  ['Content-Type', 'application/sdp'],
]
