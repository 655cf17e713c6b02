/** MESSAGE (RFC 3428) over real UDP, TCP and WebSocket: passed with its card numbers masked, or refused with what is taken instead where texts are not. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import type { IncomingText } from '../../src/sip/index.ts'
import { connectWs } from '../peers/ws-wire.ts'
import { realEndpoint } from './real-endpoint.ts'

const WITHIN = AbortSignal.timeout(60_000)
const TRANSPORTS = ['udp', 'tcp', 'ws'] as const

const messageOver = (via: string, body: string, type = 'text/plain') =>
  [
    'MESSAGE sip:100@127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/${via} 127.0.0.1:9;rport;branch=z9hG4bK-${via}${body.length}`,
    'Max-Forwards: 70',
    'From: <sip:somebody@127.0.0.1>;tag=own',
    'To: <sip:100@127.0.0.1>',
    `Call-ID: text-${via}${body.length}`,
    'CSeq: 1 MESSAGE',
    'Subject: a word in advance',
    ...(body === '' ? [] : [`Content-Type: ${type}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
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

async function server(t: Test, onText?: (text: IncomingText) => void) {
  const incoming: unknown[] = []
  const ours = await realEndpoint(() => undefined, {
    listeners: TRANSPORTS.map((transport) => ({ transport, address: '127.0.0.1', port: 0 })),
    events: { onIncoming: (session) => incoming.push(session), onText, onRegistrationChanged: () => undefined },
  })
  t.teardown(() => ours.sip.close())
  const ask = (transport: (typeof TRANSPORTS)[number], body: string, type?: string) => {
    const via = transport.toUpperCase()
    const port = ours.sip.listening[TRANSPORTS.indexOf(transport)]?.port ?? 0
    return WAYS[via]?.(port, messageOver(via, body, type), t)
  }
  return { ...ours, incoming, ask }
}

const allowIn = (answer: string | undefined) => /^Allow: (.*)\r$/m.exec(answer ?? '')?.[1]

t.test(
  'where texts are not passed they are refused with 405 and an Allow, and blanked before they are read',
  async (t) => {
    const { sip, incoming, defects, ask } = await server(t)
    for (const [i, transport] of TRANSPORTS.entries()) {
      const answer = await ask(transport, 'my card is 4111')
      t.match(answer, /^SIP\/2\.0 405 /, transport)
      t.match(allowIn(answer), /INVITE, ACK, CANCEL, BYE, OPTIONS/)
      t.notMatch(allowIn(answer), /MESSAGE/)
      t.equal(sip.stats()['message-blanked'], i + 1)
      t.match(sip.stats(), { serverTransactions: 0, dialogs: 0, sessions: 0 }, 'nothing is kept')
    }
    t.strictSame([incoming, defects], [[], []])
  },
)

t.test('a text is told masked, whole, and as it was otherwise', async (t) => {
  const texts: IncomingText[] = []
  const { sip, incoming, defects, ask } = await server(t, (text) => {
    texts.push(text)
    text.respond(202)
  })
  const written = [
    [
      'pay with 4111 1111 1111 1111 \u{1f4b3}\r\n gr\u00fc\u00dfe',
      'pay with #### #### #### #### \u{1f4b3}\r\n gr\u00fc\u00dfe',
    ],
    ['', ''],
  ] as const
  for (const transport of ['udp', 'tcp'] as const) {
    for (const [body, told] of written) {
      const answer = await ask(transport, body)
      t.match(answer, /^SIP\/2\.0 202 Accepted\r\n/, transport)
      t.notMatch(answer, /^(?:Contact|Subject|Content-Type):/im, 'an answer says nothing but that')
      const text = texts.at(-1)
      t.equal(Buffer.from(text?.body ?? []).toString(), told)
      t.match(text, {
        origin: { kind: 'trunk', trunk: 'loopback' },
        from: { user: 'somebody' },
        target: { user: '100' },
      })
    }
  }
  // Nobody is a trunk over a WebSocket.
  t.match(await ask('ws', written[0][0]), /^SIP\/2\.0 403 /)
  t.match(sip.stats(), { 'message-numbers-masked': 2, 'message-passed': 4, dialogs: 0, sessions: 0 })
  t.strictSame([incoming, defects], [[], []])
  for (const transport of TRANSPORTS) {
    const answer = await ask(transport, 'my card is 4111', 'text/html')
    t.match(answer, /^SIP\/2\.0 415 [\s\S]*\r\nAccept: text\/plain\r\n/, transport)
  }
  t.equal(texts.length, 4, 'what cannot be read is told to nobody')
})
