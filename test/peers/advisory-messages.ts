/**
 * Messages of the kinds that security advisories for SIP servers and stacks tell of: lengths that do not fit, lists that do not end, parts of a header
 * that are not there, addresses of somebody who has no part in it. Written for these tests after the kind of flaw, not after anybody's code.
 */

/** @param third whom nothing may be sent to. */
export type AdvisoryEnds = {
  readonly server: string
  readonly own: string
  readonly third: string
  readonly number: string
}

export type AdvisoryMessage = { readonly name: string; readonly octets: Buffer; readonly isResponse: boolean }

type Part = {
  readonly start?: string
  readonly via?: string
  readonly from?: string
  readonly to?: string
  readonly cseq?: string
  readonly contact?: string
  readonly more?: string
  readonly type?: string
  readonly body?: string
  readonly length?: string
}

const line = (name: string, value: string): string => `${name}: ${value}\r\n`
const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'
const AUDIO = 'm=audio 9876 RTP/AVP 0 8 101\r\n'
const DIGEST =
  'Digest username="agent", realm="sotto", nonce="x", uri="sip:a", response="0123456789abcdef0123456789abcdef"'

/** All of them, for these ends. */
export function advisoryMessages({ server, own, third, number }: AdvisoryEnds): readonly AdvisoryMessage[] {
  const uri = `sip:${number}@${server}`
  const offer = (media: string): Part => ({
    start: `INVITE ${uri} SIP/2.0`,
    type: 'application/sdp',
    body: `${SDP}${media}`,
  })
  const invite = (part: Part): Part => ({ ...offer(AUDIO), ...part })
  const ask = (method: string, part: Part = {}): Part => ({
    start: `${method} ${uri} SIP/2.0`,
    cseq: `1 ${method}`,
    ...part,
  })
  const answer = (status: string, part: Part = {}): Part => ({ start: `SIP/2.0 ${status}`, ...part })
  const rows: Readonly<Record<string, Part>> = {
    // Lengths.
    'length-negative': invite({ length: '-1' }),
    'length-2-31': invite({ length: '2147483648' }),
    'length-2-32-and-some': invite({ length: '4294967300' }),
    'length-2-64': invite({ length: '18446744073709551615' }),
    'length-in-words': invite({ length: 'all of it' }),
    'length-twice': invite({ more: line('Content-Length', '0') }),
    'length-beyond': ask('OPTIONS', { length: '5000' }),
    // Via.
    'via-comma': invite({ via: `SIP/2.0/UDP ,` }),
    'via-empty-port': invite({ via: `SIP/2.0/UDP ${own}:;branch=z9hG4bKa` }),
    'via-port-70000': invite({ via: `SIP/2.0/UDP 127.0.0.1:70000;branch=z9hG4bKb` }),
    'via-nothing': invite({ via: '' }),
    'via-a-thousand': invite({ more: line('Via', `SIP/2.0/UDP ${third};branch=z9hG4bKc`).repeat(150) }),
    'via-maddr': ask('OPTIONS', { via: `SIP/2.0/UDP ${own};maddr=${third};branch=z9hG4bKd` }),
    'via-maddr-refused': invite({ via: `SIP/2.0/UDP ${own};maddr=${third};branch=z9hG4bKe`, contact: 'x' }),
    'via-received': ask('OPTIONS', { via: `SIP/2.0/UDP ${own};received=${third};branch=z9hG4bKf` }),
    'via-third': ask('OPTIONS', { via: `SIP/2.0/UDP ${third};branch=z9hG4bKg` }),
    'via-branch-long': ask('OPTIONS', { via: `SIP/2.0/UDP ${own};branch=z9hG4bK${'x'.repeat(4000)}` }),
    'via-branch-empty': ask('OPTIONS', { via: `SIP/2.0/UDP ${own};branch=` }),
    'via-parameters': ask('OPTIONS', { via: `SIP/2.0/UDP ${own}${';a=b'.repeat(2000)}` }),
    // From, To, CSeq, Contact.
    'to-parameter-alone': invite({ to: ';tag' }),
    'to-empty': ask('REGISTER', { to: '' }),
    'from-empty': invite({ from: '' }),
    'from-tag-empty': ask('REGISTER', { from: `<sip:a@${own}>;tag=` }),
    'from-tags': ask('OPTIONS', { from: `<sip:a@${own}>;tag=1;tag=2;tag=` }),
    'from-quote-open': ask('OPTIONS', { from: `"${'\\'.repeat(3001)}" <sip:a@${own}>;tag=1` }),
    'cseq-number-alone': invite({ cseq: '1' }),
    'cseq-method-alone': invite({ cseq: 'INVITE' }),
    'cseq-long': invite({ cseq: `1 ${'A'.repeat(5000)}` }),
    'cseq-2-31': invite({ cseq: '2147483648 INVITE' }),
    'contact-star': invite({ contact: '*' }),
    'contact-none': invite({ contact: '' }),
    'contact-many': ask('REGISTER', { contact: Array.from({ length: 300 }, (_, at) => `<sip:${at}@${third}>`).join(',') }),
    'contact-third': ask('REGISTER', { contact: `<sip:a@${third}>;expires=4294967296` }),
    'contact-q': ask('REGISTER', { contact: `<sip:a@${own}>;q=1.${'9'.repeat(2000)}` }),
    // Ways that lead elsewhere.
    'route-third': ask('OPTIONS', { more: line('Route', `<sip:${third};lr>`) }),
    'route-many': ask('OPTIONS', { more: line('Route', Array(80).fill(`<sip:${third};lr>`).join(', ')) }),
    'route-to-us-again': invite({ more: line('Route', Array(40).fill(`<sip:${server};lr>`).join(', ')) }),
    'record-route-third': ask('OPTIONS', { more: line('Record-Route', `<sip:${third}>`) }),
    'uri-third': { ...offer(AUDIO), start: `INVITE sip:1@${third} SIP/2.0` },
    'uri-loop': { ...offer(AUDIO), start: `INVITE sip:1@${server};maddr=${third} SIP/2.0` },
    'refer-third': ask('REFER', { more: line('Refer-To', `<sip:1@${third}?Replaces=x>`) }),
    'notify-third': ask('SUBSCRIBE', { contact: `<sip:a@${third}>`, more: line('Event', 'dialog') }),
    'publish-third': ask('PUBLISH', { contact: `<sip:a@${third}>`, more: line('Event', 'presence') }),
    'replaces-star': invite({ more: line('Replaces', '*') }),
    'replaces-long': invite({ more: line('Replaces', `${'x'.repeat(3000)};to-tag=;from-tag=`) }),
    'error-info': ask('MESSAGE', { more: line('Call-Info', `<http://${third}/>`), type: 'text/plain', body: 'x'.repeat(9000) }),
    // Lists of the many-headers kind.
    'accepts-many': ask('SUBSCRIBE', { more: line('Event', 'presence') + line('Accept', 'a/b').repeat(60) }),
    'require-many': invite({ more: line('Require', Array(900).fill('x').join(',')) }),
    'supported-empty': invite({ more: line('Supported', ',,,,') }),
    'digest-nothing': ask('REGISTER', { more: line('Authorization', 'Digest') }),
    'digest-comma': ask('REGISTER', { more: line('Authorization', 'Digest ,') }),
    'digest-open': ask('REGISTER', { more: line('Authorization', 'Digest username="a') }),
    'digest-many': ask('REGISTER', { more: line('Authorization', DIGEST).repeat(40) }),
    'digest-qop': ask('REGISTER', { more: line('Authorization', `${DIGEST}, qop=auth-int, nc=zzzzzzzz, cnonce=""`) }),
    'session-timer': invite({ more: `${line('Session-Expires', '0')}${line('Min-SE', '4294967296')}` }),
    'forwards-negative': invite({ more: line('Max-Forwards', '-1') }),
    // Bodies.
    'multipart-no-boundary': invite({ type: 'multipart/mixed', body: '--x\r\n\r\n--x--' }),
    'multipart-nested': invite({ type: 'multipart/mixed;boundary=x', body: '--x\r\nContent-Type: multipart/mixed;boundary=x\r\n\r\n'.repeat(200) }),
    'multipart-open': invite({ type: 'multipart/mixed;boundary="', body: '--\r\n--\r\n' }),
    'sdp-no-line-end': invite({ body: `${SDP}m=audio 9` }),
    'sdp-no-media': offer(''),
    'sdp-formats': offer(`m=audio 9876 RTP/AVP ${Array.from({ length: 2000 }, (_, at) => at % 300).join(' ')}\r\n`),
    'sdp-media-lines': offer('m=audio 9876 RTP/AVP 0\r\n'.repeat(500)),
    'sdp-rtpmap': offer(`${AUDIO}a=rtpmap:\r\na=rtpmap:0\r\na=rtpmap:8 /\r\na=rtpmap:101 telephone-event/0/0/0\r\n`),
    'sdp-fmtp': offer(`${AUDIO}a=fmtp:\r\na=fmtp:101\r\na=fmtp:101 0-4294967296,-1\r\na=fmtp:0 ${'x=y;'.repeat(1000)}\r\n`),
    'sdp-crypto': offer('m=audio 9876 RTP/SAVP 0\r\na=crypto:\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\r\n'),
    'sdp-ptime': offer(`${AUDIO}a=ptime:0\r\na=maxptime:4294967296\r\n`),
    'sdp-t38': offer('m=image 4294967295 udptl t38\r\na=T38FaxMaxBuffer:-1\r\n'),
    'sdp-address-third': offer(`c=IN IP4 ${third}\r\n`),
    'sdp-address-broad': invite({ body: `${SDP.replace('192.0.2.1\r\nt', '255.255.255.255\r\nt')}${AUDIO}` }),
    'sdp-ice': offer(`${AUDIO}a=candidate:1 1 UDP 1 ${third} 9 typ host\r\na=candidate:\r\n`),
    'info-key-huge': ask('INFO', { type: 'application/dtmf-relay', body: `Signal=${'5'.repeat(5000)}\r\nDuration=4294967296` }),
    // Beginnings that are none.
    'start-nothing': { start: ' ' },
    'start-response-0': answer('0 '),
    'start-version': { start: `OPTIONS ${uri} SIP/2.0SIP/2.0` },
    'start-of-http': { start: 'GET / HTTP/1.1' },
    'start-null': { start: `OPTIONS sip:\0@${server} SIP/2.0` },
    // Responses to nothing that we asked.
    'stray-100': answer('100 Trying'),
    'stray-180': answer('180 Ringing', { contact: `<sip:a@${third}>`, more: line('RSeq', '1') + line('Require', '100rel') }),
    'stray-200': answer('200 OK', { contact: `<sip:a@${third}>`, type: 'application/sdp', body: `${SDP}${AUDIO}` }),
    'stray-302': answer('302 Moved', { contact: `<sip:a@${third}>` }),
    'stray-401': answer('401 Unauthorized', { more: line('WWW-Authenticate', 'Digest realm="sotto", nonce="a", qop="auth"') }),
    'stray-407-bye': answer('407 No', { cseq: '2 BYE', more: line('Proxy-Authenticate', 'Digest realm="a", nonce="b"') }),
    'stray-503': answer('503 Busy', { more: line('Retry-After', '4294967296') }),
    'stray-699': answer('699 X', { via: `SIP/2.0/UDP ${server};branch=z9hG4bKours, SIP/2.0/UDP ${third}` }),
  } // biome-ignore format: a table
  return Object.entries(rows).map(([name, part]) => ({
    name,
    octets: Buffer.from(written(part, name, own), 'latin1'),
    isResponse: part.start?.startsWith('SIP/2.0') === true,
  }))
}

function written(part: Part, name: string, own: string): string {
  const { via = `SIP/2.0/UDP ${own};branch=z9hG4bK${name};rport`, body = '', type } = part
  const { from = `<sip:a@${own}>;tag=${name}`, to = '<sip:b@sotto.example>', cseq = '1 INVITE' } = part
  const { contact = `<sip:a@${own}>`, more = '', length = String(body.length) } = part
  const usual = [['Via', via], ['Max-Forwards', '70'], ['From', from], ['To', to], ['Call-ID', `${name}@${own}`], ['CSeq', cseq], ['Contact', contact]] as const // biome-ignore format: a table
  const head = usual
    .filter(([header]) => !more.startsWith(`${header}: `) || header === 'Via')
    .map(([header, value]) => line(header, value))
  const content = type === undefined ? '' : line('Content-Type', type)
  return `${part.start}\r\n${head.join('')}${more}${content}${line('Content-Length', length)}\r\n${body}`
}
