import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import fc from 'fast-check'
import t from 'tap'
import { answerStun, isStun } from '../../src/sip/stun.ts'
import { UdpTransport } from '../../src/sip/udp-transport.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { realEndpoint, until } from './real-endpoint.ts'

/** Of the sample answers in RFC 5769 sections 2.2 and 2.3. */
const TRANSACTION = 'b7e7a701bc34d686fa87dfae'

/** A Binding request. @param attributes in hexadecimal. */
function request(attributes = '', type = '0001'): Buffer {
  const length = (attributes.length / 2).toString(16).padStart(4, '0')
  return Buffer.from(`${type}${length}2112a442${TRANSACTION}${attributes}`, 'hex')
}
const answered = (octets: Buffer, address = '192.0.2.1', port = 32_853) =>
  isStun(octets) ? answerStun(octets, address, port)?.toString('hex') : 'no STUN'
const HEAD = `2112a442${TRANSACTION}`

t.test('a request is told where it came from (RFC 5769)', async (t) => {
  t.equal(answered(request()), `0101000c${HEAD}002000080001a147e112a643`)
  const v6 = '002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9'
  t.equal(answered(request(), '2001:db8:1234:5678:11:2233:4455:6677'), `01010018${HEAD}${v6}`)
  t.equal(answered(request(), '::ffff:192.0.2.1'), answered(request()), 'an IPv4 address that was mapped')
  t.equal(answered(request(), '::1', 0)?.slice(56), '2112a442b7e7a701bc34d686fa87dfaf')
  t.equal(
    answered(request(), '64:ff9b::192.0.2.1', 0)?.slice(56),
    answered(request(), '64:ff9b::c000:201', 0)?.slice(56),
  )
})

t.test('a fingerprint is checked, and answered with one', async (t) => {
  // Of crc32, as another program (Python's zlib) counts it over this request and its answer.
  const good = request('80280004fdf6ae02')
  t.equal(answered(good), `01010014${HEAD}002000080001a147e112a643802800047d281f59`)
  t.equal(answered(request('80280004fdf6ae03')), undefined, 'a wrong one')
  t.equal(answered(request('80280004fdf6ae0280220000')), undefined, 'one that is not the last')
})

t.test('what it does not know it says, and the rest it does not answer', async (t) => {
  t.equal(
    answered(request('0003000400000006')),
    `01110010${HEAD}0009000400000414000a000200030000`,
    'CHANGE-REQUEST, which asks for an answer from elsewhere',
  )
  t.equal(answered(request('802200057465737421000000')), answered(request()), 'SOFTWARE may be ignored')
  t.equal(answered(request('0006000361626300')), answered(request()), 'and who it claims to be')
  for (const [what, octets] of [
    ['an indication', request('', '0011')],
    ['an answer', request('', '0101')],
    ['an error', request('', '0111')],
    ['another method', request('', '0003')],
    ['an attribute longer than all', request('80220010')],
    ['half an attribute', Buffer.concat([request('8022000474657374'), Buffer.alloc(0)]).fill(0xff, 22, 24)],
  ] as const)
    t.equal(answered(octets), undefined, what)
  for (const [what, octets] of [
    ['SIP', Buffer.from('OPTIONS sip:a SIP/2.0\r\n\r\n')],
    ['a ping', Buffer.from('\r\n\r\n')],
    ['a wrong length', Buffer.concat([request(), Buffer.alloc(4)])],
    ['no cookie', Buffer.from(request()).fill(0, 4, 8)],
    ['too short', request().subarray(0, 16)],
  ] as const)
    t.equal(answered(octets), 'no STUN', what)
})

t.test('whatever comes, the answer is short and never a request', (t) => {
  const attribute = fc.tuple(fc.nat(0xffff), fc.uint8Array({ maxLength: 40 }), fc.nat(0xffff), fc.boolean())
  fc.assert(
    fc.property(fc.array(attribute, { maxLength: 8 }), (attributes) => {
      const body = attributes
        .map(([type, value, length, lies]) => {
          const padded = Buffer.concat([value, Buffer.alloc((4 - (value.length % 4)) % 4)]).toString('hex')
          const hex = (number: number) => number.toString(16).padStart(4, '0')
          return `${hex(type)}${hex(lies ? length : value.length)}${padded}`
        })
        .join('')
      const asked = request(body)
      const answer = answerStun(asked, '2001:db8::1', 5060)
      return answer === undefined || (answer.length <= asked.length + 24 && (answer.readUInt8(0) & 0x01) === 1)
    }),
  )
  t.end()
})

t.test('on the port of SIP, over IPv4 and IPv6, beside SIP', async (t) => {
  for (const [address, from] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::', '127.0.0.1'],
  ] as const) {
    const server = await realEndpoint(() => {}, { listeners: [{ transport: 'udp', address, port: 0 }], trunks: [] })
    const socket = createSocket(from.includes(':') ? 'udp6' : 'udp4')
    socket.bind(0, from)
    await once(socket, 'listening')
    socket.send(request(), server.port, from)
    const [answer] = await once(socket, 'message')
    t.equal(answer.toString('hex'), answered(request(), from, socket.address().port), address)
    socket.send(
      'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;rport;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: i\r\nCSeq: 1 OPTIONS\r\n\r\n',
      server.port,
      from,
    )
    const [response] = await once(socket, 'message')
    t.match(response.toString('latin1'), /^SIP\/2\.0 200/)
    socket.close()
    await server.sip.close()
  }
})

t.test('so often from one address, no more', async (t) => {
  const clock = steppedClock()
  const counted: string[] = []
  const listener = { transport: 'udp', address: '127.0.0.1', port: 0 } as const
  const transport = new UdpTransport({ listener, index: 0, clock, count: (name) => counted.push(name) })
  await transport.open(() => t.fail('it is no SIP'))
  const socket = createSocket('udp4')
  t.teardown(async () => {
    socket.close()
    await transport.close()
  })
  const ask = async (count: number, octets = request()) => {
    for (let i = 0; i < count; i++)
      await new Promise<void>((sent) => socket.send(octets, transport.local.port, '127.0.0.1', () => sent()))
  }
  // Time stands still: the burst, and then nothing.
  await ask(300)
  t.ok(await until(() => counted.length === 100))
  clock.step(500)
  await ask(60)
  t.ok(await until(() => counted.length === 110), 'half a second later fifty more')
  t.ok(counted.every((name) => name === 'flood'))
  await ask(1, request('', '0011'))
  t.ok(await until(() => counted.at(-1) === 'dropped-stun'))
})
