/**
 * A SIP peer without a stack on a real UDP or TCP socket: it sends what a test writes, answers when a test says so, and remembers everything that
 * came. `test/sip/scripted-peer.ts` is the same over a network in memory.
 */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Secret } from '../../src/base/secret.ts'
import { authorize, chooseChallenges } from '../../src/sip/digest-client.ts'
import { createFramer } from '../../src/sip/framer.ts'
import { headerOf, type SipMessage, type SipRequest, type SipResponse } from '../../src/sip/message.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { type Line, writeResponse } from '../../src/sip/write-message.ts'

export type Where = { readonly address: string; readonly port: number }

export type WirePeer = {
  readonly transport: 'UDP' | 'TCP'
  /** Host and port of this end. */
  readonly at: string
  /** Everything that came, oldest first. */
  readonly requests: SipRequest[]
  readonly responses: SipResponse[]
  /** Called for each request; default nothing. */
  onRequest: (request: SipRequest) => void
  onResponse: (response: SipResponse) => void
  /** Sends a request as written: Via, Max-Forwards and Content-Length are added. @returns its branch. */
  send(start: string, headers: readonly Line[], body?: string, branch?: string): string
  respond(request: SipRequest, status: number, tag: string, headers?: readonly Line[], body?: string): void
  /** @returns the first request, or response, that fits, as soon as it has come. @throws Error when none does in 10 s. */
  request(fits: (request: SipRequest) => boolean, what: string): Promise<SipRequest>
  response(fits: (response: SipResponse) => boolean, what: string): Promise<SipResponse>
  close(): Promise<void>
}

const LIMIT_MS = 10_000

let branches = 0

/** @param server where everything goes. */
export async function udpPeer(server: Where, address = '127.0.0.1'): Promise<WirePeer> {
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  const { port } = socket.address()
  const peer = peerOver('UDP', `${address}:${port}`, {
    send: (octets) => socket.send(octets, server.port, server.address),
    close: async () => void (await new Promise<void>((closed) => socket.close(closed))),
  })
  socket.on('message', (octets) => peer.take(octets))
  return peer
}

/** @param server where it connects. */
export async function tcpPeer(server: Where): Promise<WirePeer> {
  const socket = connect(server.port, server.address)
  await once(socket, 'connect')
  socket.on('error', () => {})
  const framer = createFramer()
  const peer = peerOver('TCP', `127.0.0.1:${socket.localPort}`, {
    send: (octets) => void socket.write(octets),
    close: async () => {
      if (socket.destroyed) return
      socket.destroy()
      await once(socket, 'close')
    },
  })
  socket.on('data', (chunk) => {
    for (const framed of framer.push(Buffer.from(chunk))) if (framed.type === 'message') peer.take(framed.octets)
  })
  return peer
}

type Under = { readonly send: (octets: Buffer) => void; readonly close: () => Promise<void> }

function peerOver(
  transport: 'UDP' | 'TCP',
  at: string,
  under: Under,
): WirePeer & { readonly take: (octets: Buffer) => void } {
  const waiting = new Set<() => void>()
  const came = <M extends SipMessage>(all: readonly M[], fits: (message: M) => boolean, what: string): Promise<M> =>
    new Promise((found, failed) => {
      const limit = setTimeout(() => {
        waiting.delete(check)
        const seen = [...peer.requests.map(({ method }) => method), ...peer.responses.map(({ status }) => status)]
        failed(new Error(`did not come to ${at}: ${what}; what came: ${seen.join(' ')}`))
      }, LIMIT_MS)
      const check = () => {
        const message = all.find(fits)
        if (message === undefined) return
        clearTimeout(limit)
        waiting.delete(check)
        found(message)
      }
      waiting.add(check)
      check()
    })
  const peer: WirePeer & { readonly take: (octets: Buffer) => void } = {
    transport,
    at,
    requests: [],
    responses: [],
    onRequest: () => {},
    onResponse: () => {},
    send: (start, headers, body = '', branch = `z9hG4bKwire${++branches}`) => {
      const lines: readonly Line[] = [
        ['Via', `SIP/2.0/${transport} ${at};rport;branch=${branch}`],
        ['Max-Forwards', '70'],
        ...headers,
        ['Content-Length', String(Buffer.byteLength(body))],
      ]
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      under.send(Buffer.from(`${start} SIP/2.0\r\n${head}\r\n${body}`, 'latin1'))
      return branch
    },
    respond: (request, status, tag, headers = [], body = '') => {
      const type: Line[] = body === '' ? [] : [['Content-Type', 'application/sdp']]
      const parts = { status, toTag: tag, headers: [...headers, ...type], body: Buffer.from(body) }
      under.send(writeResponse(request, parts))
    },
    request: (fits, what) => came(peer.requests, fits, what),
    response: (fits, what) => came(peer.responses, fits, what),
    close: under.close,
    take: (octets) => {
      const parsed = parseMessage(octets)
      if (parsed.kind !== 'message') return
      const { message } = parsed
      if (message.kind === 'response') {
        peer.responses.push(message)
        peer.onResponse(message)
      } else {
        peer.requests.push(message)
        peer.onRequest(message)
      }
      for (const check of [...waiting]) check()
    },
  }
  return peer
}

/** Who a request is from, to and about, as a phone of an account writes it. */
export type Ask = {
  readonly method: string
  readonly uri: string
  readonly to: string
  readonly from: string
  readonly callId: string
  readonly tag: string
  readonly headers?: readonly Line[]
  readonly body?: string
}

/** @returns the 401 answered, when one came: the request is sent again with credentials. @param cseq of the first; the next is one more. */
export async function askAs(
  peer: WirePeer,
  { user, password }: { readonly user: string; readonly password: string },
  ask: Ask,
  cseq = 1,
): Promise<{ readonly response: SipResponse; readonly cseq: number; readonly branch: string }> {
  const { method, uri, to, from, callId, tag, headers = [], body = '' } = ask
  const once = async (number: number, more: readonly Line[]) => {
    const branch = peer.send(
      `${method} ${uri}`,
      [
        ['From', `${from};tag=${tag}`],
        ['To', to],
        ['Call-ID', callId],
        ['CSeq', `${number} ${method}`],
        ...headers,
        ...more,
      ],
      body,
    )
    const isFinal = (response: SipResponse) => response.status >= 200 && branchOf(response) === branch
    const response = await peer.response(isFinal, `an answer to ${method}`)
    return { response, cseq: number, branch }
  }
  const first = await once(cseq, [])
  if (first.response.status !== 401) return first
  if (method === 'INVITE') acknowledgeRefusal(peer, ask, first)
  const asked = first.response.values.filter((_, at) => first.response.names[at] === 'www-authenticate')
  const [challenge] = chooseChallenges(asked)
  if (challenge === undefined) throw new Error('a 401 without a challenge')
  const { value } = authorize(challenge, { user, password: new Secret(password) }, { method, uri }, 'c0ffee')
  return once(cseq + 1, [['Authorization', value]])
}

/** ACK of a refusal: it belongs to the transaction of its INVITE (RFC 3261 section 17.1.1.3). */
function acknowledgeRefusal(
  peer: WirePeer,
  { uri, from, callId, tag }: Ask,
  { response, cseq, branch }: { readonly response: SipResponse; readonly cseq: number; readonly branch: string },
): void {
  peer.send(
    `ACK ${uri}`,
    [
      ['From', `${from};tag=${tag}`],
      ['To', headerOf(response, 'to') ?? ''],
      ['Call-ID', callId],
      ['CSeq', `${cseq} ACK`],
    ],
    '',
    branch,
  )
}

/** @returns the branch of the topmost Via. */
export function branchOf(message: SipMessage): string {
  return /;branch=([^;,\s]+)/i.exec(headerOf(message, 'via') ?? '')?.[1] ?? ''
}

/** Registers a contact of an account. @throws Error when it is refused. @returns the 200. */
export async function registerAs(
  peer: WirePeer,
  credentials: { readonly user: string; readonly password: string },
  domain: string,
  contact: string,
  headers: readonly Line[] = [],
): Promise<SipResponse> {
  const aor = `<sip:${credentials.user}@${domain}>`
  const { response } = await askAs(peer, credentials, {
    method: 'REGISTER',
    uri: `sip:${domain}`,
    to: aor,
    from: aor,
    callId: `register-${peer.at}`,
    tag: 'register',
    headers: [['Contact', contact], ...headers],
  })
  if (response.status !== 200) throw new Error(`registration refused: ${response.status}`)
  return response
}
