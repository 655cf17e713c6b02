import t from 'tap'
import { safeHead } from '../../src/sip/safe-head.ts'

const message = (...lines: readonly string[]) => Buffer.from(lines.join('\r\n'), 'latin1')

t.test('start line and headers are shown, the body is not', async (t) => {
  const sdp = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0'
  const shown = safeHead(
    message('INVITE sip:100@a SIP/2.0', 'Call-ID: abc@d', 'X-Odd: 1', 'Content-Length: 50', '', sdp),
  )
  t.strictSame(shown, {
    head: 'INVITE sip:100@a SIP/2.0\r\nCall-ID: abc@d\r\nX-Odd: 1\r\nContent-Length: 50\r\n\r\n',
    sipCallId: 'abc@d',
  })
  t.equal(
    safeHead(message('', '', 'SIP/2.0 200 OK', 'i : x', '', ''))?.sipCallId,
    'x',
    'short form, after a keep-alive',
  )
})

t.test('what authenticates is hidden, folded and in any case', async (t) => {
  const names = [
    'Authorization',
    'PROXY-AUTHORIZATION',
    'www-authenticate',
    'Proxy-Authenticate',
    'Authentication-Info',
  ]
  for (const name of names) {
    const folded = message(
      'REGISTER sip:a SIP/2.0',
      `${name}: Digest`,
      ' nonce="SECRET",',
      '\tresponse="SECRET"',
      'CSeq: 1 REGISTER',
      '',
      '',
    )
    const { head = '' } = safeHead(folded) ?? {}
    t.match(head, `${name}: [hidden]\r\nCSeq: 1 REGISTER\r\n`)
    t.notMatch(head, /SECRET/)
  }
  const uris = message(
    'INVITE sip:bob:SECRET@a SIP/2.0',
    'From: <sips:ann:SECRET@b;x=1>',
    'To: "a:b@c" <sip:bob@a>',
    '',
    '',
  )
  t.equal(
    safeHead(uris)?.head,
    'INVITE sip:bob:[hidden]@a SIP/2.0\r\nFrom: <sips:ann:[hidden]@b;x=1>\r\nTo: "a:b@c" <sip:bob@a>\r\n\r\n',
  )
})

t.test('of a text the Subject says nothing, and is not changed', async (t) => {
  const octets = message('MESSAGE sip:a@b SIP/2.0', 'Subject: 4111', ' 1111', 'Call-ID: abc', 's:x', '', 'hello')
  const before = Buffer.from(octets)
  const { head = '' } = safeHead(octets) ?? {}
  t.equal(head.replaceAll(/ +/g, ' '), 'MESSAGE sip:a@b SIP/2.0\r\nSubject: \r\nCall-ID: abc\r\ns: \r\n\r\n')
  t.ok(octets.equals(before))
})

t.test('of an INFO no more than which dialog it is of, however it is made', async (t) => {
  const of = (...rest: readonly string[]) =>
    safeHead(message('INFO sip:a@b SIP/2.0', 'Call-ID: abc', 'CSeq: 9 INFO', 'Signal: 5', 'Subject: 5', ...rest))?.head
  const shown = 'INFO sip:a@b SIP/2.0\r\nCall-ID: abc\r\nCSeq: 9 INFO\r\n\r\n'
  t.equal(of('Content-Type: application/dtmf-relay', '', 'Signal=5'), shown)
  t.equal(of('Via: x\nContent-Length: 9\n\nSignal=5', '', ''), shown, 'a body that begins where only some would see it')
  t.equal(of('To: x\rSignal=5', '', ''), shown)
  t.equal(of('Signal=5'), 'INFO sip:a@b SIP/2.0\r\n\r\n', 'without an empty line: nothing behind the first')
})

t.test('card numbers are cut out, and what is no SIP is not shown at all', async (t) => {
  t.notMatch(safeHead(message('INVITE sip:4111111111111111@a SIP/2.0', '', ''))?.head, /4111/)
  for (const octets of [
    '',
    '\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'INVITE sip:a SIP/2.0',
    `SIP/2.0 2000 OK\r\n\r\n`,
    '\u0000'.repeat(99),
  ])
    t.equal(safeHead(Buffer.from(octets, 'latin1')), undefined, JSON.stringify(octets.slice(0, 20)))
})

t.test('any cut of a message is a text or nothing', async (t) => {
  const whole = message('SIP/2.0 401 Unauthorized', 'Call-ID: a', 'WWW-Authenticate: Digest nonce="SECRET"', '', 'BODY')
  for (let length = 0; length <= whole.length; length++)
    t.notMatch(safeHead(whole.subarray(0, length))?.head ?? '', /SECRET|BODY/, {
      passed: true,
      message: `${length} octets`,
    })
})
