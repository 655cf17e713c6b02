/** Many calls without sound, by hand over UDP: a far end that answers each, and callers that begin them and keep them until told. */

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { until } from '../../src/demo/waiting.ts'
import { headerOf, type SipResponse } from '../../src/sip/message.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { type Line, writeResponse } from '../../src/sip/write-message.ts'

export type AnsweringEnd = { readonly uri: string; close(): void }

export type HeldCalls = {
  /** Begins one. @param again ms until the same INVITE is sent again, and again, while nothing was answered; never when absent. @returns the final answer. */
  begin(again?: number): Promise<SipResponse>
  readonly standing: number
  /** Ends the oldest of those that stand. */
  end(count: number): Promise<void>
  close(): void
}

const ANSWER_LIMIT_MS = 20_000
const sdp = (address: string, port: number) =>
  `v=0\r\no=- 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 8\r\n`

/** Answers every INVITE at once, and every BYE. */
export async function startAnsweringEnd(): Promise<AnsweringEnd> {
  const socket = await bound('127.0.0.1')
  const { port } = socket.address()
  socket.on('message', (octets, from) => {
    const parsed = parseMessage(octets)
    if (parsed.kind !== 'message' || parsed.message.kind !== 'request' || parsed.message.method === 'ACK') return
    const isInvite = parsed.message.method === 'INVITE'
    const type: readonly Line[] = isInvite ? [['Content-Type', 'application/sdp']] : []
    const headers: readonly Line[] = [['Contact', `<sip:300@127.0.0.1:${port}>`], ...type]
    const body = Buffer.from(isInvite ? sdp('127.0.0.1', 9) : '')
    socket.send(writeResponse(parsed.message, { status: 200, toTag: 'held', headers, body }), from.port, from.address) // biome-ignore format: one call
  })
  return { uri: `sip:300@127.0.0.1:${port}`, close: () => socket.close() }
}

/** @param from address of loopback of a trunk. @param sipPort of the server, which sends calls of 300 on. */
export async function startHeldCalls(from: string, sipPort: number): Promise<HeldCalls> {
  const socket = await bound(from)
  const { port } = socket.address()
  const answers = new Map<string, SipResponse>()
  const standing: SipResponse[] = []
  let begun = 0
  socket.on('message', (octets, sender) => {
    const parsed = parseMessage(octets)
    if (parsed.kind !== 'message') return
    const { message } = parsed
    if (message.kind === 'request') {
      if (message.method !== 'ACK') socket.send(writeResponse(message, { status: 200, toTag: 'held' }), sender.port, sender.address) // biome-ignore format: one call
      return
    }
    if (message.status < 200) return
    if (/INVITE/.test(headerOf(message, 'cseq') ?? '')) send('ACK', message)
    answers.set(`${headerOf(message, 'call-id')} ${headerOf(message, 'cseq')}`, message)
  })
  /** Within a call when there is its answer. */
  const send = (
    method: string,
    answer: SipResponse | undefined,
    callId = headerOf(answer ?? NONE, 'call-id') ?? '',
  ) => {
    // The ACK of a refusal is of the INVITE's own transaction (RFC 3261 section 17.1.1.3).
    const branch = `z9hG4bK${callId}${method === 'ACK' && (answer?.status ?? 0) >= 300 ? 'INVITE' : method}`
    const body = method === 'INVITE' ? sdp(from, 9) : ''
    const contact = /<([^>]+)>/.exec(headerOf(answer ?? NONE, 'contact') ?? '')?.[1]
    const text =
      `${method} ${contact ?? `sip:300@127.0.0.1:${sipPort}`} SIP/2.0\r\nVia: SIP/2.0/UDP ${from}:${port};branch=${branch};rport\r\nMax-Forwards: 70\r\n` +
      `From: <sip:held@${from}>;tag=${callId}\r\nTo: ${headerOf(answer ?? NONE, 'to') ?? `<sip:300@127.0.0.1:${sipPort}>`}\r\nCall-ID: ${callId}\r\n` +
      `CSeq: ${method === 'BYE' ? 2 : 1} ${method}\r\nContact: <sip:held@${from}:${port}>\r\n${body === '' ? '' : 'Content-Type: application/sdp\r\n'}Content-Length: ${body.length}\r\n\r\n${body}`
    socket.send(text, sipPort, '127.0.0.1')
  }
  const answered = async (callId: string, cseq: string): Promise<SipResponse> => {
    await until(() => answers.has(`${callId} ${cseq}`), `an answer to ${cseq}`, ANSWER_LIMIT_MS)
    return answers.get(`${callId} ${cseq}`) as SipResponse
  }
  return {
    get standing() {
      return standing.length
    },
    begin: async (again) => {
      begun += 1
      const callId = `held-${process.pid}-${port}-${begun}`
      const invite = (): void => send('INVITE', undefined, callId)
      invite()
      const timer = again === undefined ? undefined : setInterval(invite, again)
      const answer = await answered(callId, '1 INVITE').finally(() => clearInterval(timer))
      if (answer.status === 200) standing.push(answer)
      return answer
    },
    end: async (count) => {
      for (const answer of standing.splice(0, count)) {
        send('BYE', answer)
        await answered(headerOf(answer, 'call-id') ?? '', '2 BYE')
      }
    },
    close: () => socket.close(),
  }
}

const NONE = { names: [], values: [] } as unknown as SipResponse

async function bound(address: string): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('error', () => {})
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}
