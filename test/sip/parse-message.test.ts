import t from 'tap'
import { parseDigits, parseParams, splitList } from '../../src/sip/lexical.ts'
import { contentTypeOf, cseqOf, fromOf, headerOf, listOf, sdpOf, viaOf } from '../../src/sip/message.ts'
import { parseNameAddr, toParty, writeParty } from '../../src/sip/name-addr.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { reasonIn, reasonLines } from '../../src/sip/reason.ts'
import { escapeUser, parseUri, userOf } from '../../src/sip/uri.ts'
import { markReceived, parseBrokenVia, parseVia } from '../../src/sip/via.ts'

function read(text: string) {
  const parsed = parseMessage(Buffer.from(text))
  if (parsed.kind !== 'message') throw new Error(`${parsed.kind}: ${parsed.why}`)
  return parsed.message
}
const HEAD =
  'Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: i\r\nCSeq: 7 INVITE\r\n'

t.test('headers: compact, folded, repeated, by any case', async (t) => {
  const message = read(
    'INVITE sip:a@b SIP/2.0\r\nV: SIP/2.0/UDP h;branch=z9hG4bKx\r\nf:\r\n "A, B"\r\n\t<sip:a@b>;tag=1\r\nk: x , y\r\nSUPPORTED: z\r\ns:\r\n\r\n',
  )
  t.equal(viaOf(message)?.branch, 'z9hG4bKx')
  t.equal(fromOf(message)?.displayName, 'A, B')
  t.strictSame(listOf(message, 'supported'), ['x', 'y', 'z'])
  t.equal(headerOf(message, 'subject'), '')
})

t.test('the body is cut by octets, not by characters', async (t) => {
  const body = 'é€'
  const message = read(`INVITE sip:a@b SIP/2.0\r\n${HEAD}c: application/SDP ;x=y\r\nl: 5\r\n\r\n${body}and more`)
  t.equal(contentTypeOf(message), 'application/sdp')
  t.equal(sdpOf(message), body)
  t.equal(cseqOf(message)?.number, 7)
})

t.test('SDP out of a multipart body', async (t) => {
  const body =
    '--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b1--\r\n'
  t.equal(
    sdpOf(read(`INVITE sip:a@b SIP/2.0\r\n${HEAD}Content-Type: multipart/mixed;boundary="b1"\r\n\r\n${body}`)),
    'v=0\r\n',
  )
  t.equal(sdpOf(read(`INVITE sip:a@b SIP/2.0\r\n${HEAD}Content-Type: multipart/mixed\r\n\r\n${body}`)), undefined)
})

t.test('URIs keep their escapes', async (t) => {
  const rows: readonly (readonly [uri: string, user: string | undefined])[] = [
    ['sip:+1415;npdi;rn=+1..@x', '+1415;npdi;rn=+1..'],
    ['sip:a%25b@h', 'a%b'],
    ['sip:u:secret@h', 'u'],
    ['sip:%C3%A9@h', 'é'],
    ['sip:null-%00-null@example.com', 'null-\0-null'],
    ['tel:+1-201-555-0123;phone-context=x', '+1-201-555-0123'],
    ['sip:[2001:db8::1]:5070;lr', ''],
    ['sip:a@h:99999', undefined],
    ['sip:@h', undefined],
    ['sip:a b@h', undefined],
    ['no uri', undefined],
  ]
  for (const [text, user] of rows) {
    const uri = parseUri(text)
    t.equal(uri === undefined ? undefined : userOf(uri), user, text)
  }
  t.equal(parseUri('sip:[2001:db8::1]:5070;lr')?.host, '2001:db8::1')
  t.equal(escapeUser('a b@c%é'), 'a%20b%40c%25%C3%A9')
})

t.test('addresses', async (t) => {
  t.equal(parseNameAddr('"a \\" b"<sip:x@y>;tag=1;q=0.5')?.displayName, 'a " b')
  t.equal(parseNameAddr('sip:x@y;tag=1')?.uri, 'sip:x@y', 'without brackets the parameters are the header’s')
  for (const bad of [
    '"open <sip:x@y>',
    'sip:x@y?a=b',
    '<sip:x y>',
    '<sip:x@y',
    'a, b <sip:x@y>',
    '',
    '<>',
    '<sip:x@y>;;',
  ])
    t.equal(parseNameAddr(bad), undefined, bad)
  t.equal(
    writeParty({ displayName: 'a"\r\nb', uri: 'sip:x@y>\r\nEvil: 1', user: '' }, 't'),
    '"a\\" b" <sip:x@yEvil:1>;tag=t',
    'nothing breaks out of its line',
  )
  const party = toParty(
    parseNameAddr(Buffer.from('"Zoë" <sip:z@h>').toString('latin1')) ?? { displayName: '', uri: '', params: [] },
  )
  t.strictSame(party, { displayName: 'Zoë', uri: 'sip:z@h', user: 'z' })
})

t.test('Via: received and rport', async (t) => {
  const mark = (value: string) => {
    const via = parseVia(splitList(value)?.[0] ?? '')
    return via === undefined ? undefined : markReceived(value, via, '192.0.2.1', 4321)
  }
  t.equal(mark('SIP/2.0/UDP h;rport;branch=z9hG4bKx'), 'SIP/2.0/UDP h;rport=4321;branch=z9hG4bKx;received=192.0.2.1')
  t.equal(mark('SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx'), 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx')
  t.equal(
    mark('SIP/2.0/UDP h;received=10.0.0.66;branch=z9, SIP/2.0/TCP i'),
    'SIP/2.0/UDP h;branch=z9;received=192.0.2.1, SIP/2.0/TCP i',
  )
  for (const bad of ['SIP/2.0/UDP', 'SIP/x/UDP h', 'HTTP/2.0/UDP h', 'SIP/2.0/UDP h;;', 'SIP/2.0/UDP 2001:db8::1', ''])
    t.equal(parseVia(bad), undefined, bad)
  t.match(
    parseVia('SIP/7.0/UDP h;branch=x'),
    { version: '7.0', host: 'h' },
    'what is of another version has a way back',
  )
  t.match(parseBrokenVia('SIP/2.0/UDP h:5062;;,;,,'), { host: 'h', port: 5062, branch: '' })
  t.equal(parseBrokenVia(';;'), undefined)
})

t.test('small pieces', async (t) => {
  t.strictSame(splitList('a, "b,c" , <d,e>'), ['a', '"b,c"', '<d,e>'])
  for (const bad of ['a,,b', ',', '"open, x', Array(66).fill('x').join()]) t.equal(splitList(bad), undefined)
  t.strictSame(parseParams(' ; a = b;C;d="x;y"', 0), [
    ['a', 'b'],
    ['c', undefined],
    ['d', 'x;y'],
  ])
  for (const bad of [';', ';a=', 'a', ';a=b"c', ';x'.repeat(65)]) t.equal(parseParams(bad, 0), undefined)
  t.strictSame(
    ['12', '', '1x', '-1', '99999999999', '256'].map((each) => parseDigits(each, 255)),
    [12, undefined, undefined, undefined, undefined, undefined],
  )
})

t.test('Reason goes there and back', async (t) => {
  const reason = { protocol: 'Q.850', cause: 16, text: 'a "b", é' } as const
  const [line] = reasonLines(reason)
  const there = parseMessage(Buffer.from(`BYE sip:a@b SIP/2.0\r\n${HEAD}Reason: foo;x, ${line?.[1]}\r\n\r\n`, 'latin1'))
  if (there.kind !== 'message') throw new Error('not read')
  t.strictSame(reasonIn(there.message), reason)
  t.strictSame(reasonLines(undefined), [])
})
