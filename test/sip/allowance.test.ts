/** What somebody gets who writes a trunk's address on an INVITE and never hears an answer, and what a trunk gets that hears them late. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import { clockFrom } from '../../src/base/clock.ts'
import { Allowance } from '../../src/sip/allowance.ts'
import type { IncomingSession } from '../../src/sip/index.ts'
import { endpoint, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'
import { realEndpoint, until } from './real-endpoint.ts'
import { INVITE, inDialog, scriptedPeer } from './scripted-peer.ts'

const BODY =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n'
const FORGED = '10.0.0.1'

const LENGTHS = {
  'as short as can be': (more: string) =>
    `INVITE sip:a SIP/2.0\r\nv:SIP/2.0/UDP ${FORGED};branch=z9hG4bKf\r\nf:sip:a;tag=1\r\nt:sip:a\r\ni:f\r\nCSeq:1 INVITE\r\nm:<sip:${FORGED}>\r\n${more}\r\n`,
  short: (more: string) =>
    `INVITE sip:42@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP ${FORGED};branch=z9hG4bKf\r\nMax-Forwards: 70\r\nFrom: <sip:a@${FORGED}>;tag=1\r\nTo: <sip:42@10.0.0.2>\r\nCall-ID: forged@${FORGED}\r\nCSeq: 1 INVITE\r\nContact: <sip:a@${FORGED}>\r\n${more}\r\n`,
  'of a usual length': (more: string) =>
    `INVITE sip:42@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP ${FORGED};branch=z9hG4bKf;rport\r\nMax-Forwards: 70\r\nFrom: <sip:a@${FORGED}>;tag=1\r\nTo: <sip:42@10.0.0.2>\r\nCall-ID: forged@${FORGED}\r\nCSeq: 1 INVITE\r\nContact: <sip:a@${FORGED}>\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE\r\nSupported: timer\r\nUser-Agent: trunk\r\n${more}Content-Type: application/sdp\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
} as const

type Turn = { readonly at: IncomingSession; after(ms: number, run: () => void): void }

/** What the owner of the call does. */
const TURNS: Readonly<Record<string, (turn: Turn) => void>> = {
  'refused at once': ({ at }) => at.reject(404),
  'refused after it rang': ({ at, after }) => {
    at.progress(180)
    after(20_000, () => at.reject(404))
  },
  'answered, and no ACK': ({ at }) => at.accept(BODY),
  'answered after ten minutes, and no ACK': ({ at, after }) => {
    at.progress(183, BODY)
    after(600_000, () => at.accept(BODY))
  },
  'answered and ended': ({ at, after }) => {
    at.accept(BODY)
    after(1000, () => at.end())
    after(1500, () => at.info('application/media_control+xml', Buffer.alloc(400, 0x20)))
  },
}

for (const [length, write] of Object.entries(LENGTHS)) {
  for (const [what, act] of Object.entries(TURNS)) {
    for (const more of ['', 'Require: 100rel\r\n']) {
      t.test(`a forged INVITE ${length} that is ${what}${more === '' ? '' : ', with 100rel'}`, async (t) => {
        const net = memoryNet()
        const server = await endpoint(net, '10.0.0.2', (at) =>
          act({ at, after: (ms, run) => net.clock.after(ms, run) }),
        )
        const invite = write(more)
        let asked = 0
        const ask = (text: string) => {
          asked += text.length
          net.inject(Buffer.from(text), { transport: 'udp', address: FORGED, port: 5060 }, '10.0.0.2')
        }
        const isWithin = () => {
          const times = net.log.reduce((sum, each) => sum + each.text.length, 0) / asked
          t.ok(times <= 10, `${times.toFixed(1)} octets for one`)
        }
        ask(invite)
        await net.run(2000, 250)
        t.ok(net.log.length > 1, 'answered')
        isWithin()
        ask(invite)
        // Its branch is known to who has forged it, the tag of our answer is not.
        const ack = invite.replace(/^INVITE/, 'ACK').replace('1 INVITE', '1 ACK')
        ask(ack.replace(/(t:sip:a|To: [^\r]*)/, '$1;tag=guess'))
        await net.run(700_000, 500)
        isWithin()
        t.match(server.sip.stats(), { clientTransactions: 0, serverTransactions: 0, sessions: 0, dialogs: 0 })
        t.strictSame(server.defects, [])
      })
    }
  }
}

t.test('over a real socket: a short INVITE, and silence', async (t) => {
  // Time runs forty times as fast, so that what takes half a minute takes a second.
  const fast = 40
  const clock = clockFrom({
    now: () => performance.now() * fast,
    setTimeout: (run: () => void, ms: number) => setTimeout(run, ms / fast),
    clearTimeout,
  })
  const told = notes()
  const server = await realEndpoint(
    (session) => {
      session.attach(told)
      session.progress(180)
      session.accept(BODY)
    },
    { clock },
  )
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(async () => {
    socket.close()
    await server.sip.close()
  })
  const got: string[] = []
  socket.on('message', (octets) => got.push(octets.toString('latin1')))
  const { port } = socket.address()
  const invite = LENGTHS.short('').replaceAll(FORGED, `127.0.0.1:${port}`)
  socket.send(invite, server.port, '127.0.0.1')
  t.ok(await until(() => told.told.includes('ended timeout')))
  t.ok(
    await until(() => {
      const { sessions, clientTransactions, serverTransactions } = server.sip.stats()
      return sessions === 0 && clientTransactions === 0 && serverTransactions === 0
    }),
    'the timers come to their end',
  )
  const out = got.reduce((sum, each) => sum + each.length, 0)
  t.ok(
    ['SIP/2.0 180', 'SIP/2.0 200', 'BYE '].every((start) => got.some((each) => each.startsWith(start))),
    'each has had its turn',
  )
  t.ok(out <= 10 * invite.length, `${out} octets for ${invite.length}: ${(out / invite.length).toFixed(1)}`)
  t.ok((server.sip.stats()['dropped-amplifying'] ?? 0) > 0)
  t.strictSame(server.defects, [])
})

t.test('a trunk that hears its 200 late is answered, and nothing is bounded from its ACK on', async (t) => {
  const net = memoryNet()
  const told = notes()
  const server = await endpoint(net, '10.0.0.2', (session) => {
    session.attach(told)
    session.progress(180)
    session.accept(BODY)
  })
  const peer = await scriptedPeer(net, '10.0.0.3', '10.0.0.2')
  let lost = 0
  net.lose = (text) => {
    if (!text.startsWith('SIP/2.0 200') || lost === 5) return false
    lost += 1
    return true
  }
  const more = [
    ['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, REFER, NOTIFY'],
    ['Supported', 'timer, replaces, 100rel'],
    ['User-Agent', 'a trunk as there are many'],
    ['P-Asserted-Identity', '"A caller" <sip:+12025550123@carrier.example;user=phone>'],
  ] as const
  peer.send('INVITE sip:42@10.0.0.2', [...INVITE, ...more], BODY)
  await net.run(17_000, 250)
  const ok = peer.responses.find(({ status }) => status === 200)
  t.equal(lost, 5, 'five are lost')
  if (ok === undefined) throw new Error('and no other came')
  t.equal(server.incoming[0]?.isProved, false)
  peer.send('ACK sip:42@10.0.0.2', inDialog(INVITE, ok, '1 ACK', 'ack'))
  await net.run(50)
  t.strictSame(told.told, ['confirmed undefined'])
  t.equal(told.proved, 1)
  t.equal(server.incoming[0]?.isProved, true)
  server.incoming[0]?.end()
  await net.run(40_000, 250)
  t.equal(peer.count('BYE'), 11, 'a BYE that is not answered is said again as often as ever')
  t.match(server.sip.stats(), { sessions: 0, dialogs: 0 })
})

t.test('what may be sent', async (t) => {
  let withheld = 0
  const allowance = new Allowance(100, () => {
    withheld += 1
  })
  t.ok(allowance.takes(600, 'provisional'))
  t.notOk(allowance.takes(1, 'provisional'), 'the rest is kept for the answer')
  t.ok(allowance.takes(300, 'final'))
  t.notOk(allowance.takes(1, 'final'), 'and for a BYE')
  t.ok(allowance.takes(100, 'request'))
  t.notOk(allowance.takes(1, 'request'))
  allowance.came(100)
  t.ok(allowance.takes(200, 'provisional'), 'once more asked')
  t.equal(withheld, 3)
  allowance.heard()
  t.ok(allowance.takes(100_000, 'provisional'))
})
