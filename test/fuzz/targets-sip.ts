/** Fuzzed readers of signalling: messages, streams of them, addresses, digest fields, descriptions, keys by INFO, and a whole endpoint. */

import { infoKey } from '../../src/base/info-key.ts'
import { parseDigest } from '../../src/sip/digest-fields.ts'
import { createFramer, type Framed } from '../../src/sip/framer.ts'
import { judgeContent, judgeForm } from '../../src/sip/gatekeeper.ts'
import { cutInfo } from '../../src/sip/info-cut.ts'
import { fromWire } from '../../src/sip/lexical.ts'
import {
  callIdOf,
  contactOf,
  cseqOf,
  fromOf,
  headerOf,
  requestUriOf,
  routesOf,
  type SipMessage,
  type SipRequest,
  sdpOf,
  toOf,
  viaOf,
} from '../../src/sip/message.ts'
import { parseNameAddrList, toParty, writeParty } from '../../src/sip/name-addr.ts'
import { acceptAnswer, answerOffer, makeOffer } from '../../src/sip/offer-answer.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { readCrypto, writeCrypto } from '../../src/sip/sdes.ts'
import { parseSdp } from '../../src/sip/sdp.ts'
import { escapeUser, MAX_URI, parseUri, userOf } from '../../src/sip/uri.ts'
import { parseVia } from '../../src/sip/via.ts'
import { writeRequest, writeResponse } from '../../src/sip/write-message.ts'
import { endpoint } from '../sip/endpoints.ts'
import { memoryNet } from '../sip/memory-wire.ts'
import { localMedia, sdpPairs } from '../sip/sdp-pairs.ts'
import { TORTURE } from '../sip/torture-rows.ts'
import { holds, type Target } from './target.ts'

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const usual = (method: string, more: string, body = '') =>
  latin1(
    `${method} sip:42@10.0.0.2;user=phone SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1;rport, SIP/2.0/TCP [2001:db8::1];branch=z9hG4bK2\r\nMax-Forwards: 70\r\n` +
      `From: "A, \\"B\\"" <sip:+4930123@10.0.0.1;npdi;rn=+1>;tag=1\r\nTo: <sip:42@10.0.0.2>\r\nCall-ID: fuzz@10.0.0.1\r\nCSeq: 1 ${method}\r\nContact: <sip:a@10.0.0.1:5060;transport=udp>;q=0.5\r\n` +
      `Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nSupported: 100rel, timer\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`,
  )
const SDP = sdpPairs.map(({ offer }) => offer)
const MULTIPART = `--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x\r\nContent-Type: application/sdp\r\n\r\n${SDP[0]}\r\n--x--\r\n`
const DIGEST =
  'Digest username="alice", realm="sotto", nonce="abc", uri="sip:42@10.0.0.2", response="0123456789abcdef0123456789abcdef", algorithm=MD5, cnonce="x", qop=auth, nc=00000001'
const REQUESTS = [
  usual(
    'INVITE',
    'Content-Type: application/sdp\r\nSession-Expires: 1800;refresher=uac\r\nP-Asserted-Identity: <tel:+4930>\r\n',
    SDP[0],
  ),
  usual('INVITE', 'Content-Type: multipart/mixed;boundary="x"\r\n', MULTIPART),
  usual('REGISTER', `Authorization: ${DIGEST}\r\nExpires: 600\r\n`),
  usual('OPTIONS', 'Accept: application/sdp\r\n'),
  usual('INFO', 'Content-Type: application/dtmf-relay\r\n', 'Signal=5\r\nDuration=160\r\n'),
  usual('MESSAGE', 'Subject: s\r\nContent-Type: text/plain\r\n', 'pay with 4111111111111111'),
  usual('PRACK', 'RAck: 1 1 INVITE\r\n'),
  usual('CANCEL', 'Reason: SIP;cause=200;text="elsewhere"\r\n'),
]
const MESSAGES = [...TORTURE.map(({ octets }) => octets), ...REQUESTS]

/** What must hold of whatever was read as a message: its getters give a value or none, and what is written out of it reads the same. */
function checkMessage(message: SipMessage): void {
  for (const getter of [fromOf, toOf, viaOf, cseqOf, contactOf, sdpOf]) getter(message)
  for (const name of ['route', 'record-route'] as const) routesOf(message, name)
  for (const value of message.values) parseDigest(value)
  if (message.kind === 'response') return
  requestUriOf(message)
  judgeContent(message, true, true)
  if (judgeForm(message) !== undefined) return
  checkAnswer(message)
  const kept = message.names
    .map((name, at) => [name, message.values[at] ?? ''] as const)
    .filter(([name]) => name !== 'content-length')
  const written = parseMessage(
    writeRequest({ method: message.method, uri: message.uri, via: 'SIP/2.0/UDP x', headers: kept, body: message.body }),
  )
  // With the Via and the length that writing adds, it may be too long.
  if (written.kind === 'refused' && ['headers too long', 'too many headers'].includes(written.why)) return
  holds(written.kind === 'message' && written.message.kind === 'request', 'what was written is a request')
  holds(
    written.message.uri === message.uri && written.message.method === message.method,
    'the request line reads the same',
  )
  holds(Buffer.compare(written.message.body, message.body) === 0, 'the body reads the same')
  const again = written.message.names.slice(1, -1).map((name, at) => [name, written.message.values[at + 1]])
  holds(JSON.stringify(again) === JSON.stringify(kept), 'the headers read the same')
}

function checkAnswer(request: SipRequest): void {
  const answer = parseMessage(writeResponse(request, { status: 200, toTag: 'ours' }))
  holds(answer.kind === 'message' && answer.message.kind === 'response', 'an answer is a response')
  for (const name of ['via', 'from', 'call-id', 'cseq'])
    holds(headerOf(answer.message, name) === headerOf(request, name), `${name} goes back as it came`)
  holds(
    viaOf(answer.message)?.branch === viaOf(request)?.branch && callIdOf(answer.message) === callIdOf(request),
    'it is matched',
  )
}

const messages: Target = {
  name: 'sip',
  seeds: MESSAGES,
  check: (octets) => {
    for (const framed of [false, true]) {
      const parsed = parseMessage(octets, framed)
      if (parsed.kind === 'refused') holds(parsed.status >= 400 && parsed.status < 600, 'a refusal has a status')
      if (parsed.kind === 'message') checkMessage(parsed.message)
    }
  },
}

const cutOut = (framer: ReturnType<typeof createFramer>, chunks: readonly Buffer[]): string[] =>
  chunks
    .flatMap((chunk): Framed[] => framer.push(Buffer.from(chunk)))
    .map(
      (each) =>
        `${each.type} ${each.type === 'message' ? each.octets.toString('latin1') : each.type === 'broken' ? each.why : ''}`,
    )

const streams: Target = {
  name: 'framer',
  cuts: 300,
  rounds: 800,
  seeds: [
    Buffer.concat(REQUESTS),
    Buffer.concat([latin1('\r\n\r\n'), ...REQUESTS.slice(3), latin1('\r\n')]),
    ...TORTURE.filter(({ breaksStream }) => breaksStream).map(({ octets }) => Buffer.concat([octets, octets])),
  ],
  check: (octets) => {
    const whole = cutOut(createFramer(), [octets])
    // Small pieces at the front, where the splits inside a header matter, then larger ones.
    const pieces: Buffer[] = []
    for (let at = 0, size = 1; at < octets.length; at += size, size = at < 2000 ? 1 + (at % 7) : 4096)
      pieces.push(octets.subarray(at, at + size))
    const split = cutOut(createFramer(), pieces)
    holds(
      JSON.stringify(messagesIn(split)) === JSON.stringify(messagesIn(whole)),
      'a stream is the same however it is split',
    )
  },
}
const messagesIn = (framed: readonly string[]) => framed.filter((each) => each.startsWith('message'))

const addresses: Target = {
  name: 'address',
  seeds: [
    'sip:alice:secret@example.com:5060;transport=tcp;lr?Route=%3Csip:a%3E&x=y',
    'sips:+49%2830%29;npdi;rn=+1@[2001:db8::1]:5061',
    'tel:+1-201-555-0123;phone-context=example.com;ext=7',
    '"Quoted \\"name\\", with" <sip:a@b;x=y>;tag=1;q=0.7, Plain <sip:c@d>, sip:e@f;tag=2',
    'SIP / 2.0 / UDP first.example.com: 4000;ttl=16;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1;rport',
    DIGEST,
  ].map(latin1),
  check: (octets) => {
    const text = octets.toString('latin1')
    parseVia(text)
    parseDigest(text)
    for (const address of parseNameAddrList(text) ?? []) {
      const again = parseNameAddrList(writeParty(toParty(address), 'x'))
      holds(
        again?.length === 1 && fromWire(again[0]?.uri ?? '') === fromWire(address.uri),
        'a party that is written is one address, with its URI',
      )
    }
    const uri = parseUri(text)
    if (uri === undefined) return
    const user = userOf(uri)
    const written = `sip:${escapeUser(user)}@example.com`
    const again = parseUri(written)
    holds(
      user === '' || written.length > MAX_URI || (again !== undefined && userOf(again) === user),
      'a user that is escaped reads the same',
    )
  },
}

const descriptions: Target = {
  name: 'sdp',
  seeds: [...SDP, makeOffer(localMedia({}))].map(latin1),
  check: (octets) => {
    const text = octets.toString('utf8')
    for (const line of text.split('\r\n').slice(0, 100)) checkCrypto(line.slice(line.indexOf(':') + 1))
    const session = parseSdp(text)
    if (session === undefined) return
    const local = localMedia({})
    acceptAnswer(local, session)
    const outcome = answerOffer(session, local)
    if (outcome.result === 'refused') return
    const answer = parseSdp(outcome.body)
    holds(answer !== undefined, 'an answer is a description')
    holds(answer.media.length === session.media.length, 'an answer has a line for each that was offered')
    holds(
      [answer.audio, answer.secureAudio].filter((each) => each !== undefined && each.port > 0).length === 1,
      'and takes one',
    )
  },
}

function checkCrypto(value: string): void {
  const read = readCrypto(value)
  if (read.result !== 'usable') return
  const again = readCrypto(writeCrypto(read.line))
  holds(
    again.result === 'usable' && Buffer.compare(again.line.master, read.line.master) === 0,
    'a key that is written reads the same',
  )
}

const info: Target = {
  name: 'info',
  seeds: [
    usual('INFO', 'Content-Type: application/dtmf-relay\r\n', 'Signal= #\r\nDuration= 160\r\n'),
    usual('INFO', 'c: application/dtmf\r\n', '*'),
    usual('INFO', 'Content-Type: text/plain\r\n', '4111111111111111'),
  ],
  check: (octets) => {
    for (const form of ['dtmf', 'dtmf-relay'] as const) {
      const key = infoKey(form, octets, 0, octets.length)
      holds(Number.isInteger(key) && key >= -1 && key <= 15, 'a key is a key or none')
    }
    const whole = octets.length
    cutInfo(octets)
    holds(octets.length === whole, 'what is cut keeps its place')
    const parsed = parseMessage(octets)
    if (parsed.kind !== 'message' || parsed.message.kind !== 'request' || parsed.message.method !== 'INFO') return
    // What a reader behind the cut may take for a body that keys come in is blank.
    if (/^application\/dtmf/i.test(headerOf(parsed.message, 'content-type') ?? ''))
      holds(
        parsed.message.body.every((octet) => octet === 0),
        'the body of keys is blank',
      )
  },
}

/** The whole of signalling on a network in memory: what comes in is answered or dropped, and nothing of it stays. */
async function wholeEndpoint(): Promise<Target> {
  const net = memoryNet()
  const phones = { realm: 'sotto', accountOf: () => undefined, nonceKey: new Uint8Array(32) }
  const server = await endpoint(net, '10.0.0.2', () => undefined, {
    phones,
    events: {
      onIncoming: (session) => session.reject(486),
      onText: (text) => text.respond(202),
      onRegistrationChanged: () => undefined,
    },
  })
  let taken = 0
  return {
    name: 'endpoint',
    seeds: MESSAGES,
    check: (octets) => {
      taken += 1
      net.inject(
        octets,
        { transport: 'udp', address: taken % 2 === 0 ? '10.0.0.1' : '10.9.9.9', port: 5060 },
        '10.0.0.2',
      )
      net.log.length = 0
      const defect = server.defects.pop()
      if (defect !== undefined) throw defect
    },
    settle: async () => {
      await net.run(70_000, 2000)
      const { clientTransactions = 0, serverTransactions = 0, dialogs = 0, sessions = 0 } = server.sip.stats()
      holds(clientTransactions + serverTransactions + dialogs + sessions === 0, 'nothing stays')
      net.log.length = 0
    },
  }
}

/** Made anew for each run: an endpoint keeps what it has seen. */
export async function sipTargets(): Promise<readonly Target[]> {
  return [messages, streams, addresses, descriptions, info, await wholeEndpoint()]
}
