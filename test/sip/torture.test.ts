import { hash } from 'node:crypto'
import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { dialogOfRequest } from '../../src/sip/dialog.ts'
import { contactOf, cseqOf, fromOf, headerOf, type SipMessage, toOf, viaOf } from '../../src/sip/message.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { parseUri, userOf } from '../../src/sip/uri.ts'
import { ownCpuMs } from '../peers/process-times.ts'
import { type Endpoint, endpoint } from './endpoints.ts'
import { type MemoryNet, memoryNet, seeded } from './memory-wire.ts'
import { FILED, isAcceptable, TORTURE } from './torture-rows.ts'

const corpus = TORTURE.map(({ octets }) => octets)
const TRUNK = { transport: 'udp', address: '10.0.0.1', port: 5060 } as const
const STRANGER = { transport: 'udp', address: '10.9.9.9', port: 5060 } as const

/** @returns the reaction to octets: status of the final answer, or that they became a call, which is refused with 404. */
function answerTo(net: MemoryNet, server: Endpoint, octets: Uint8Array, from: typeof TRUNK | typeof STRANGER): string {
  net.log.length = 0
  net.inject(octets, from, '10.0.0.2')
  const calls = server.incoming.splice(0)
  for (const session of calls) session.reject(404)
  const finals = net.log.map((each) => each.text.slice(8, 11)).filter((status) => status >= '200')
  return calls.length > 0 ? 'call' : (finals.at(-1) ?? 'none')
}

const request = (start: string, ...headers: string[]) => Buffer.from([start, ...headers, '', ''].join('\r\n'), 'latin1')
const PLAIN = [
  'Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKplain',
  'Max-Forwards: 70',
  'From: <sip:a@10.9.9.9>;tag=1',
  'To: <sip:b@10.0.0.2>',
  'Call-ID: plain',
  'CSeq: 1 OPTIONS',
]
/** The plain headers with some in place of others, by name; an empty value takes one away. */
const withHeaders = (...changed: string[]) => {
  const names = changed.map((each) => each.slice(0, each.indexOf(':') + 1))
  return [
    ...PLAIN.filter((each) => !names.some((name) => each.startsWith(name))),
    ...changed.filter((each) => !each.endsWith(': ')),
  ]
}

t.test('RFC 4475 and RFC 5118, from a trunk and from a stranger', async (t) => {
  t.equal(TORTURE.length, 62)
  t.strictSame(Object.keys(FILED).sort(), TORTURE.map(({ name }) => name).sort(), 'no file is left out')
  for (const { name, octets } of TORTURE) t.equal(hash('sha256', octets), FILED[name]?.sha256, `${name} is as it was`)
  for (const from of [TRUNK, STRANGER]) {
    const net = memoryNet()
    const phones = { realm: 'sotto', accountOf: () => undefined, nonceKey: new Uint8Array(32) }
    const server = await endpoint(net, '10.0.0.2', () => {}, { phones })
    for (const { name, section, octets, datagram, says } of TORTURE) {
      // Who is no trunk has to prove himself before he calls.
      const expected = datagram === 'call' && from === STRANGER ? '401' : datagram
      t.equal(answerTo(net, server, octets, from), expected, `${name} (${section})`)
      for (const each of says) t.match(net.log.at(-1)?.text, each, name)
      const alive = request('OPTIONS sip:10.0.0.2 SIP/2.0', ...withHeaders(`Call-ID: alive-${name}`))
      t.equal(answerTo(net, server, alive, from), '200', 'still answers')
    }
    await net.run(60_000, 1000)
    t.strictSame(server.defects, [])
    t.match(server.sip.stats(), { clientTransactions: 0, serverTransactions: 0, dialogs: 0, sessions: 0 })
  }
  for (const { name, datagram } of TORTURE) {
    t.ok(isAcceptable(datagram, FILED[name]?.acceptable ?? []), `${name}: ${datagram} is right by its list`)
  }
})

t.test('what the messages hold is read as it was meant', (t) => {
  const messageOf = (name: string): SipMessage => {
    const parsed = parseMessage(TORTURE.find((row) => row.name === name)?.octets ?? new Uint8Array(0))
    if (parsed.kind === 'message') return parsed.message
    throw new Error(`${name} is ${parsed.kind}`)
  }
  const userIn = (uri: string | undefined) => {
    const parsed = parseUri(uri ?? '')
    return parsed === undefined ? undefined : userOf(parsed)
  }
  const requestUriIn = (name: string) => {
    const message = messageOf(name)
    return message.kind === 'request' ? message.uri : ''
  }
  const tortuous = messageOf('wsinv')
  t.match(fromOf(tortuous), {
    displayName: 'J Rosenberg \\"',
    uri: 'sip:jdrosen@example.com',
    params: [['tag', '98asjd8']],
  })
  t.match(toOf(tortuous), { uri: 'sip:vivekg@chair-dnrc.example.com', params: [['tag', '1918181833n']] })
  t.match(cseqOf(tortuous), { number: 9, method: 'INVITE' })
  t.match(viaOf(tortuous), { transport: 'UDP', host: '192.0.2.2', branch: '390skdjuw' })
  t.match(contactOf(tortuous), {
    displayName: 'Quoted string ""',
    params: [['newparam', 'newvalue'], ['secondparam'], ['q', '0.33']],
  })
  t.match(headerOf(tortuous, 'newfangledheader'), 'newfangled value continued newfangled value')
  t.equal(userIn(requestUriIn('esc01')), 'sips:user@example.com', 'an escaped colon begins no scheme and no password')
  t.equal(userIn(toOf(messageOf('esc01'))?.uri), 'user')
  t.equal(userIn(toOf(messageOf('escnull'))?.uri), 'null-\0-null', 'a NUL ends no text')
  t.equal(userIn(requestUriIn('semiuri')), 'user;par=u@example.net')
  t.equal(fromOf(messageOf('lwsdisp'))?.displayName, 'caller')
  t.equal(messageOf('mpart01').body.length, Number(headerOf(messageOf('mpart01'), 'content-length')))
  t.match([messageOf('noreason'), messageOf('unreason')], [{ status: 100 }, { status: 200 }])
  t.equal(parseUri(requestUriIn('port-ambiguous'))?.port, undefined, '5070 is of the address')
  t.match(parseUri(requestUriIn('port-unambiguous')), { host: '2001:db8::10', port: 5070 })
  t.match(viaOf(messageOf('ipv4-mapped-ipv6')), { host: '::ffff:192.0.2.10', port: 19_823 })
  const old = messageOf('inv2543')
  t.match(old.kind === 'request' && dialogOfRequest(old, 'x'), {
    remoteTarget: 'sip:+13035551111@ift.client.example.net;user=phone',
    remoteTag: '',
  })
  t.end()
})

t.test('more that those sections warn of', async (t) => {
  const net = memoryNet()
  const server = await endpoint(net, '10.0.0.2')
  const invite = (...changed: string[]) => withHeaders('CSeq: 1 INVITE', 'Contact: <sip:a@10.9.9.9>', ...changed)
  const cases: readonly (readonly [what: string, status: string, octets: Uint8Array])[] = [
    [
      '3.1.2.4 CSeq too large',
      '400',
      request('OPTIONS sip:a@b SIP/2.0', ...withHeaders('CSeq: 36893488147419103232 OPTIONS')),
    ],
    ['3.1.2.4 Max-Forwards above 255', '400', request('OPTIONS sip:a@b SIP/2.0', ...withHeaders('Max-Forwards: 300'))],
    [
      '3.1.2.2 Content-Length beyond the datagram',
      '400',
      request('OPTIONS sip:a@b SIP/2.0', ...PLAIN, 'Content-Length: 9999'),
    ],
    [
      '3.1.2.6 an open quote in To',
      '400',
      request('OPTIONS sip:a@b SIP/2.0', ...withHeaders('To: "Mr. J. User <sip:j.user@example.com>')),
    ],
    ['3.1.2.16 another version', '505', request('OPTIONS sip:a@b SIP/7.0', ...PLAIN)],
    [
      '3.1.2.18 CSeq of another method than an unknown one',
      '400',
      request('NEWMETHOD sip:a@b SIP/2.0', ...withHeaders('CSeq: 1 INVITE')),
    ],
    ['3.3.2 an unknown scheme', '416', request('OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0', ...PLAIN)],
    [
      '3.3.4 unknown schemes in From and To',
      '200',
      request(
        'OPTIONS sip:a@b SIP/2.0',
        ...withHeaders('To: isbn:2983792873', 'From: <http://www.example.com>;tag=3234233'),
      ),
    ],
    [
      '3.3.6 an unknown Content-Type of an INVITE',
      '415',
      Buffer.concat([
        request('INVITE sip:a@b SIP/2.0', ...invite('Content-Type: application/unknownformat', 'Content-Length: 4')),
        Buffer.from('body'),
      ]),
    ],
    ['3.3.8 two values where one must be', '400', request('OPTIONS sip:a@b SIP/2.0', ...PLAIN, 'Call-ID: another')],
    [
      '3.3.12 REGISTER where nobody registers',
      '405',
      request(
        'REGISTER sip:b SIP/2.0',
        ...withHeaders('CSeq: 1 REGISTER', 'Contact: <sip:+19725552222@gw1.example.net;unknownparam>'),
      ),
    ],
    [
      '3.4.1 RFC 2543: no tag, no branch, no Max-Forwards',
      'call',
      request(
        'INVITE sip:b@10.0.0.2 SIP/2.0',
        'Via: SIP/2.0/UDP iftgw.example.com',
        'From: <sip:+13035551111@ift.example.net;user=phone>',
        'Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>',
        'To: sip:b@10.0.0.2',
        'Call-ID: inv2543.1717@ift',
        'CSeq: 56 INVITE',
        'Contact: <sip:a@10.9.9.9>',
      ),
    ],
    [
      'RFC 5118 4.2 an IPv6 address without brackets',
      '400',
      request('REGISTER sip:2001:db8::10 SIP/2.0', ...withHeaders('CSeq: 1 REGISTER')),
    ],
    ['RFC 5118 4.9 an IPv4-mapped address', '200', request('OPTIONS sip:[::ffff:192.0.2.10] SIP/2.0', ...PLAIN)],
    ['an ACK is never answered', 'none', request('ACK sip:a@b SIP/2.0', ...withHeaders('CSeq: 1 INVITE'))],
    ['a BYE of no dialog', '481', request('BYE sip:a@b SIP/2.0', ...withHeaders('CSeq: 1 BYE', 'To: <sip:b@b>;tag=x'))],
    ['a CANCEL of nothing', '481', request('CANCEL sip:a@b SIP/2.0', ...withHeaders('CSeq: 1 CANCEL'))],
    ['MESSAGE', '405', request('MESSAGE sip:a@b SIP/2.0', ...withHeaders('CSeq: 1 MESSAGE'))],
    ['SUBSCRIBE', '489', request('SUBSCRIBE sip:a@b SIP/2.0', ...withHeaders('CSeq: 1 SUBSCRIBE'))],
    ['headers of 17 kB', '513', request('OPTIONS sip:a@b SIP/2.0', ...PLAIN, `X: ${'x'.repeat(17_000)}`)],
    [
      '201 header lines',
      '400',
      request('OPTIONS sip:a@b SIP/2.0', ...PLAIN, ...Array.from({ length: 200 }, () => 'X: y')),
    ],
    ['a URI of 5 kB', '414', request(`OPTIONS sip:${'a'.repeat(5000)}@b SIP/2.0`, ...PLAIN)],
  ]
  for (const [what, status, octets] of cases) t.equal(answerTo(net, server, octets, TRUNK), status, what)
  t.strictSame(server.defects, [])
})

t.test('strangers', async (t) => {
  const net = memoryNet()
  const accounts = new Map([['alice', { password: new Secret('secret') }]])
  const phones = { realm: 'sotto', accountOf: (user: string) => accounts.get(user), nonceKey: new Uint8Array(32) }
  const server = await endpoint(net, '10.0.0.2', () => {}, { phones })
  const octets = (user: string) =>
    request(
      `INVITE sip:${user}@10.0.0.2 SIP/2.0`,
      ...withHeaders(
        'CSeq: 1 INVITE',
        'Contact: <sip:a@10.9.9.9>',
        `From: <sip:${user}@10.0.0.2>;tag=1`,
        `Call-ID: ${user}`,
      ),
    )
  const answers = ['alice', 'nobody'].map((user) => {
    t.equal(answerTo(net, server, octets(user), STRANGER), '401')
    return net.log.map((each) => each.text.replaceAll(user, 'user').replace(/nonce="[^"]*"|tag=\w+/g, '')).join()
  })
  t.equal(answers[0], answers[1], 'a known and an unknown account get the same answer')
  net.log.length = 0
  const ask = octets('alice')
  for (let i = 0; i < 7; i += 1) net.inject(ask, STRANGER, '10.0.0.2')
  await net.run(60_000, 1000)
  const out = net.log.reduce((sum, each) => sum + each.text.length, 0)
  t.ok(out <= 3 * 7 * ask.length, `at most three octets out per octet in: ${(out / 7 / ask.length).toFixed(2)}`)
  t.equal(net.log.length, 7, 'no answer is repeated on our own account')
  t.match(server.sip.stats(), { serverTransactions: 0, sessions: 0 }, 'nothing is kept')

  net.log.length = 0
  for (let i = 0; i < 3000; i += 1) net.inject(ask, STRANGER, '10.0.0.2')
  t.equal(net.log.length, 2000, 'a flood from one address is answered up to its limit')
})

t.test('hostile octets', async (t) => {
  const net = memoryNet()
  const server = await endpoint(net, '10.0.0.2')
  const all = corpus
  const take = (octets: Uint8Array) => {
    net.log.length = 0
    net.inject(octets, TRUNK, '10.0.0.2')
    for (const session of server.incoming.splice(0)) session.reject(486)
  }
  t.test('cut off at every octet', async (t) => {
    for (const octets of all) for (let end = 0; end < octets.length; end += 1) take(octets.subarray(0, end))
    t.strictSame(server.defects, [])
  })
  t.test('mutated, seed 20261', async (t) => {
    const chance = seeded(20_261)
    const below = (limit: number) => Math.floor(chance() * limit)
    let slowestMs = 0
    for (let i = 0; i < 20_000; i += 1) {
      const octets = Buffer.from(all[below(all.length)] ?? [])
      for (let n = below(6); n >= 0; n -= 1)
        octets[below(octets.length)] = below(3) === 0 ? (octets[below(octets.length)] ?? 0) : below(256)
      const startMs = ownCpuMs()
      take(octets)
      slowestMs = Math.max(slowestMs, ownCpuMs() - startMs)
      if (i % 1000 === 0) await net.run(40_000, 5000)
    }
    t.strictSame(server.defects.slice(0, 3), [])
    t.ok(slowestMs < 100, `slowest ${slowestMs.toFixed(1)} ms`)
  })
  t.test('64 kB of one thing stays under 50 ms', async (t) => {
    const fill = (head: string, unit: string, tail = '') =>
      Buffer.from(`${head}${unit.repeat(Math.floor(60_000 / unit.length))}${tail}\r\n\r\n`, 'latin1')
    const start = `OPTIONS sip:a@b SIP/2.0\r\n${PLAIN.join('\r\n')}\r\n`
    const packets = [
      fill('OPTIONS sip:a@b', ';p=1', ' SIP/2.0'),
      fill(`${start}Contact: <sip:a@b>`, ',<sip:a@b>'),
      fill(`${start}Contact: "`, 'x'),
      fill(start, 'Record-Route: <sip:a;lr>\r\n'),
      fill('OPTIONS sip:a@b SIP/2.0\r\nFrom: <sip:a@b>', ';p=1'),
      fill(`${start}X: y`, '\r\n z'),
      fill(`OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a`, ' ', ';branch=x'),
      fill(`OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a`, '\n', 'b:'),
      fill(`OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a`, '\n ', 'b:'),
      fill(`${start}Contact: <sip:a@b>`, ';p=1'),
      fill(`OPTIONS sip:a@b SIP/2.0\r\nFrom: "`, '\\'),
      fill(`${start}Require: a`, ',a'),
      fill(`${start}Authorization: Digest a=b`, ',a=b'),
      fill(`${start}Authorization: Digest a="`, '\\"'),
      fill(`${start}X: `, ' '),
      fill('', '\r\n'),
      fill(start, ':'),
    ]
    // Below the limit on headers, where every octet is really read.
    const within = packets.map((each) => Buffer.concat([each.subarray(0, 16_000), Buffer.from('\r\n\r\n')]))
    for (const [index, packet] of [...packets, ...within].entries()) {
      const startMs = ownCpuMs()
      take(packet)
      const ms = ownCpuMs() - startMs
      t.ok(ms < 50, `packet ${index}: ${ms.toFixed(2)} ms`)
    }
    t.strictSame(server.defects, [])
  })
  t.test('the parser takes any octets at all', async (t) => {
    const chance = seeded(5)
    for (let i = 0; i < 2000; i += 1) {
      const octets = Uint8Array.from({ length: Math.floor(chance() * 300) }, () => Math.floor(chance() * 256))
      t.ok(['message', 'refused', 'garbage'].includes(parseMessage(octets).kind)) || t.fail(`seed 5, round ${i}`)
    }
  })
})
