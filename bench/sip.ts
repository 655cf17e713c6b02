/**
 * What SIP costs: microseconds of CPU to read a message, beside sip.js's parser in the same run, and calls a second from one
 * endpoint to another in this process over UDP on loopback. A call there is both halves of what a B2BUA does for one call:
 * one leg as server and one as client. Prints a table and, last, one line of JSON. Usage: node bench/sip.ts [calls]
 */

import { randomBytes } from 'node:crypto'
import { LoggerFactory, Parser } from 'sip.js/lib/core/index.js'
import { clockFrom } from '../src/base/clock.ts'
import { createSip, type IncomingSession, type SessionEvents, type Sip } from '../src/sip/index.ts'
import { contactOf, cseqOf, fromOf, requestUriOf, sdpOf, toOf, viaOf } from '../src/sip/message.ts'
import { parseMessage } from '../src/sip/parse-message.ts'

const CALLS = Number(process.argv[2] ?? 20_000)
const IN_FLIGHT = 50
const ROUNDS = 5

const SDP =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n'
const BASE = `From: "Caller" <sip:+15550100@192.0.2.1>;tag=abc123\r\nTo: <sip:42@198.51.100.1>\r\nCall-ID: 4711-0815@192.0.2.1\r\n`
const VIA = 'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1234-1-0;rport\r\n'
const BODY = `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`

const messages: readonly (readonly [what: string, text: string])[] = [
  [
    'INVITE',
    `INVITE sip:42@198.51.100.1 SIP/2.0\r\n${VIA}Max-Forwards: 70\r\n${BASE}CSeq: 1 INVITE\r\nContact: <sip:192.0.2.1:5060>\r\n${BODY}`,
  ],
  [
    'INVITE of a trunk',
    `INVITE sip:42@198.51.100.1 SIP/2.0\r\n${VIA}${VIA}${VIA}Max-Forwards: 68\r\nRecord-Route: <sip:192.0.2.9;lr>\r\n${BASE}CSeq: 1 INVITE\r\nContact: <sip:192.0.2.1:5060>\r\n` +
      Array.from({ length: 18 }, (_, at) => `X-Header-${at}: some value of a middling length\r\n`).join('') +
      BODY,
  ],
  ['200 with SDP', `SIP/2.0 200 OK\r\n${VIA}${BASE}CSeq: 1 INVITE\r\nContact: <sip:198.51.100.1:5060>\r\n${BODY}`],
  [
    'BYE',
    `BYE sip:198.51.100.1:5060 SIP/2.0\r\n${VIA}Max-Forwards: 70\r\n${BASE}CSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n`,
  ],
]

/** Best of some rounds, since the others had company on the machine. @returns CPU microseconds a go. */
function best(goes: number, go: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = process.cpuUsage()
    for (let n = 0; n < goes; n += 1) go()
    const spent = process.cpuUsage(begun)
    least = Math.min(least, (spent.user + spent.system) / goes)
  }
  return least
}

function readAll(octets: Buffer): void {
  const parsed = parseMessage(octets)
  if (parsed.kind !== 'message') throw new Error('not read')
  const { message } = parsed
  if (message.kind === 'request') requestUriOf(message)
  const parts = [viaOf(message), fromOf(message), toOf(message), cseqOf(message), contactOf(message), sdpOf(message)]
  if (parts.length !== 6) throw new Error('not read')
}

function parseRows(): { what: string; sottoUs: number; sipJsUs: number }[] {
  const factory = new LoggerFactory()
  factory.builtinEnabled = false
  const logger = factory.getLogger('bench')
  return messages.map(([what, text]) => {
    const octets = Buffer.from(text)
    const sottoUs = best(20_000, () => readAll(octets))
    const sipJsUs = best(200, () => {
      if (Parser.parseMessage(text, logger) === undefined) throw new Error('sip.js did not read it')
    })
    return { what: `${what}, ${octets.length} octets`, sottoUs, sipJsUs }
  })
}

const nothing: SessionEvents = {
  onProgress: () => {},
  onAnswered: () => {},
  onRefused: () => {},
  onConfirmed: () => {},
  offer: () => SDP,
  onReoffer: (reoffer) => reoffer.reject(488),
  onKey: () => {},
  onInfo: (_type, _body, respond) => respond(200),
  onText: (text) => text.respond(200),
  onReferral: (referral) => referral.reject(603),
  onEnded: () => {},
}

async function endpoint(onIncoming: (session: IncomingSession) => void): Promise<Sip> {
  const sip = createSip({
    listeners: [{ transport: 'udp', address: '127.0.0.1', port: 0 }],
    trunks: [{ name: 'loopback', addresses: ['127.0.0.1'] }],
    clock: clockFrom({ now: () => performance.now(), setTimeout, clearTimeout }),
    random: (count) => randomBytes(count),
    events: { onIncoming, onRegistrationChanged: () => {} },
    onDefect: (thrown) => {
      throw thrown
    },
  })
  await sip.listen()
  return sip
}

/** Calls, `IN_FLIGHT` at once, each ended as soon as it stands. */
async function runCalls(
  calls: number,
): Promise<{ seconds: number; cpuUs: number; failed: number; retransmitted: number; heapKbPerCall: number }> {
  const callee = await endpoint((session) => {
    session.attach(nothing)
    session.progress(180)
    session.accept(SDP)
  })
  const caller = await endpoint(() => {})
  const uri = `sip:42@127.0.0.1:${callee.listening[0]?.port}`
  const from = { displayName: 'Bench', uri: 'sip:bench@127.0.0.1', user: 'bench' }
  let begun = 0
  let over = 0
  let failed = 0
  const heap = process.memoryUsage().heapUsed
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  await new Promise<void>((done) => {
    const next = () => {
      if (begun === calls) return
      begun += 1
      const finished = (isFailed: boolean) => {
        over += 1
        if (isFailed) failed += 1
        if (over === calls) done()
        else next()
      }
      const session = caller.invite({
        target: { uri },
        from,
        body: SDP,
        events: {
          ...nothing,
          onAnswered: () => session.end(),
          onRefused: () => finished(true),
          onReferral: (referral) => referral.reject(603),
          onEnded: (end) => finished(end.by !== 'us'),
        },
      })
    }
    for (let n = 0; n < IN_FLIGHT; n += 1) next()
  })
  const spent = process.cpuUsage(cpu)
  const seconds = (performance.now() - startMs) / 1000
  const heapKbPerCall = (process.memoryUsage().heapUsed - heap) / 1024 / calls
  const retransmitted = (caller.stats()['retransmitted'] ?? 0) + (callee.stats()['retransmitted'] ?? 0)
  await Promise.all([caller.close(), callee.close()])
  return { seconds, cpuUs: (spent.user + spent.system) / calls, failed, retransmitted, heapKbPerCall }
}

const rows = parseRows()
for (const { what, sottoUs, sipJsUs } of rows) {
  process.stdout.write(
    `${what.padEnd(34)} ${sottoUs.toFixed(1).padStart(8)} us   sip.js ${sipJsUs.toFixed(0).padStart(6)} us   ${(sipJsUs / sottoUs).toFixed(0)} times\n`,
  )
}
await runCalls(Math.min(2000, CALLS))
const ran = await runCalls(CALLS)
process.stdout.write(
  `${CALLS} calls, both ends in one process: ${(CALLS / ran.seconds).toFixed(0)} calls/s, ${ran.cpuUs.toFixed(0)} us CPU a call, ` +
    `${ran.failed} failed, ${ran.retransmitted} retransmissions, ${ran.heapKbPerCall.toFixed(1)} kB heap a call while its timers run\n`,
)
process.stdout.write(
  `${JSON.stringify({ bench: 'sip', parse: rows, calls: { count: CALLS, perSecond: CALLS / ran.seconds, ...ran } })}\n`,
)
