/** MESSAGE (RFC 3428) over real UDP, TCP and WebSocket: refused with what is taken instead, by anybody, and nothing of it is kept. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { connectWs } from '../peers/ws-wire.ts'
import { realEndpoint } from './real-endpoint.ts'

const WITHIN = AbortSignal.timeout(60_000)

const messageOver = (via: string, body: string) =>
  [
    'MESSAGE sip:100@127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/${via} 127.0.0.1:9;rport;branch=z9hG4bK-${via}`,
    'Max-Forwards: 70',
    'From: <sip:somebody@127.0.0.1>;tag=own',
    'To: <sip:100@127.0.0.1>',
    `Call-ID: text-${via}`,
    'CSeq: 1 MESSAGE',
    'Content-Type: text/plain',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')

/** How a text is sent over each, and the first that comes back. */
const WAYS: Readonly<Record<string, (port: number, text: string, t: Test) => Promise<string>>> = {
  UDP: async (port, text, t) => {
    const socket = createSocket('udp4')
    t.teardown(() => socket.close())
    socket.send(text, port, '127.0.0.1')
    const [octets] = (await once(socket, 'message', { signal: WITHIN })) as [Buffer]
    return octets.toString('latin1')
  },
  TCP: async (port, text, t) => {
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.write(text)
    const [octets] = (await once(socket, 'data', { signal: WITHIN })) as [Buffer]
    return octets.toString('latin1')
  },
  WS: async (port, text, t) => {
    const socket = await connectWs(`ws://127.0.0.1:${port}`)
    t.teardown(() => socket.terminate())
    socket.send(text)
    const [octets] = (await once(socket, 'message', { signal: WITHIN })) as [Buffer]
    return octets.toString('latin1')
  },
}

t.test('a text is refused with 405 and an Allow, and blanked before it is read', async (t) => {
  const transports = ['udp', 'tcp', 'ws'] as const
  const incoming: unknown[] = []
  const server = await realEndpoint((session) => incoming.push(session), {
    listeners: transports.map((transport) => ({ transport, address: '127.0.0.1', port: 0 })),
  })
  t.teardown(() => server.sip.close())
  for (const [i, transport] of transports.entries()) {
    const via = transport.toUpperCase()
    const answer = await WAYS[via]?.(server.sip.listening[i]?.port ?? 0, messageOver(via, 'my card is 4111'), t)
    t.match(answer, /^SIP\/2\.0 405 /, via)
    const allow = /^Allow: (.*)\r$/m.exec(answer ?? '')?.[1]
    t.match(allow, /INVITE, ACK, CANCEL, BYE, OPTIONS/)
    t.notMatch(allow, /MESSAGE/)
    t.equal(server.sip.stats()['message-blanked'], i + 1)
    t.match(server.sip.stats(), { serverTransactions: 0, dialogs: 0, sessions: 0 }, 'nothing is kept')
  }
  t.strictSame([incoming, server.defects], [[], []])
})
