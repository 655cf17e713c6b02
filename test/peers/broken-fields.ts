/**
 * INVITEs with one broken field each, and their teardown, by rule: every field of a usual INVITE and of its description in turn is overlong, empty, a number
 * out of range, or made of signs that mean something to some reader. In the manner of the PROTOS suite c07-sip, whose cases are not used here: their
 * licence is another one.
 */

/** One case. Numbers of Call-ID and branch are the case's own. */
export type BrokenField = {
  readonly name: string
  /** What is sent. @param of the server's address, and our own. */
  invite(of: Ends): Buffer
  /** With the same broken field, where that stands in such a message too. */
  teardown(method: 'CANCEL' | 'ACK', of: Ends): Buffer
}

export type Ends = {
  readonly transport: 'udp' | 'tcp'
  readonly server: string
  readonly own: string
  /** Number that is called. */
  readonly number: string
  /** Tells one sending of a case from another. */
  readonly run: string
}

/** Repeated up to each of the lengths: what a reader copies, counts, formats, unescapes or looks for. */
const SIGNS = ['a', '0', ' ', '\t', '%s', '%n', '%00', '%', '\xff', '"', '<', '>', '@', ':', ';', ',', '=', '[', '(', '\\', '../', '\r\n ', '\0', '\xc0\xaf', '/', '.', '-', '?', '&'] // biome-ignore format: a dictionary
const LENGTHS = [1, 40, 1030, 20_000]
const NUMBERS = ['-1', '0', '00', '+1', '1e9', '1.5', '0x7f', '65535', '65536', '2147483648', '4294967295', '4294967296', '18446744073709551616', '9'.repeat(400)] // biome-ignore format: a dictionary
const OTHERS = [
  '',
  '\xd9\xa3',
  '\xef\xbb\xbf',
  '<>',
  '"\\',
  '*',
  'sip:',
  'sip:@',
  'sip:[::1',
  'tel:',
  'SIP/2.0',
  '\r\n\r\n',
  '\n',
  '\r',
  '-',
  "'",
  '<!--',
  '\x1b[0m',
]
const ANOMALIES: readonly string[] = [
  ...SIGNS.flatMap((sign) => LENGTHS.map((length) => sign.repeat(Math.max(1, Math.floor(length / sign.length))))),
  ...NUMBERS,
  ...OTHERS,
]

/** Fields by name, with what a sound message has there. */
const USUAL = {
  method: 'INVITE',
  scheme: 'sip',
  user: '{number}',
  host: '{server}',
  version: 'SIP/2.0',
  'via protocol': 'SIP/2.0/{transport}',
  'via host': '{own}',
  branch: 'z9hG4bK{id}',
  'via parameter': 'rport',
  'from name': '"Caller"',
  'from URI': 'sip:caller@{own}',
  'from tag': 'from-{id}',
  'to name': '"Called"',
  'to URI': 'sip:{number}@{server}',
  'call id': '{id}@{own}',
  cseq: '1',
  'cseq method': '{method}',
  'contact name': '"Caller"',
  'contact URI': 'sip:caller@{own}',
  expires: '1200',
  'max forwards': '70',
  'content type': 'application/sdp',
  'content length': '{length}',
  'header name': 'Subject',
  v: '0',
  'o user': 'caller',
  'o version': '1',
  'o address': 'IN IP4 {own}',
  s: '-',
  c: 'IN IP4',
  'c address': '{own}',
  t: '0 0',
  'm type': 'audio',
  'm port': '9876',
  'm profile': 'RTP/AVP',
  'm formats': '0',
  a: 'rtpmap:0 PCMU/8000',
} as const
type Field = keyof typeof USUAL

/** Every case, in an order that is always the same. */
export function brokenFields(): readonly BrokenField[] {
  return (Object.keys(USUAL) as Field[]).flatMap((field) =>
    ANOMALIES.map((anomaly, nth) => brokenField(field, anomaly, `${field.replaceAll(' ', '-')}-${nth}`)),
  )
}

function brokenField(field: Field, anomaly: string, name: string): BrokenField {
  const fill = (text: string, of: Ends, more: Readonly<Record<string, string>>): string => {
    const known: Readonly<Record<string, string>> = {
      ...{ number: of.number, server: of.server, own: of.own, transport: of.transport.toUpperCase() },
      ...{ id: `${name}-${of.run}`, ...more },
    }
    return text.replace(/\{(\w+)\}/g, (_, key: string) => known[key] ?? '')
  }
  const values = (of: Ends, more: Readonly<Record<string, string>>) => (which: Field) =>
    which === field ? anomaly : fill(USUAL[which], of, more)
  return {
    name,
    invite: (of) => {
      const plain = values(of, {})
      const body = bodyOf(plain)
      const value = values(of, { length: String(body.length), method: 'INVITE' })
      return Buffer.from(`${headOf(value, value('method'))}${contentOf(value)}\r\n${body}`, 'latin1')
    },
    teardown: (method, of) =>
      Buffer.from(`${headOf(values(of, { method }), method)}Content-Length: 0\r\n\r\n`, 'latin1'),
  }
}

type Values = (which: Field) => string

function headOf(value: Values, method: string): string {
  return (
    `${method} ${value('scheme')}:${value('user')}@${value('host')} ${value('version')}\r\n` +
    `Via: ${value('via protocol')} ${value('via host')};branch=${value('branch')};${value('via parameter')}\r\n` +
    `From: ${value('from name')} <${value('from URI')}>;tag=${value('from tag')}\r\n` +
    `To: ${value('to name')} <${value('to URI')}>\r\nCall-ID: ${value('call id')}\r\n` +
    `CSeq: ${value('cseq')} ${value('cseq method')}\r\nMax-Forwards: ${value('max forwards')}\r\n`
  )
}

function contentOf(value: Values): string {
  return (
    `Contact: ${value('contact name')} <${value('contact URI')}>\r\nExpires: ${value('expires')}\r\n${value('header name')}: none\r\n` +
    `Content-Type: ${value('content type')}\r\nContent-Length: ${value('content length')}\r\n`
  )
}

function bodyOf(value: Values): string {
  return (
    `v=${value('v')}\r\no=${value('o user')} 1 ${value('o version')} ${value('o address')}\r\ns=${value('s')}\r\n` +
    `c=${value('c')} ${value('c address')}\r\nt=${value('t')}\r\n` +
    `m=${value('m type')} ${value('m port')} ${value('m profile')} ${value('m formats')}\r\na=${value('a')}\r\n`
  )
}
