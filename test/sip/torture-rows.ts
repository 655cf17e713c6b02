/**
 * Every message of RFC 4475 and RFC 5118, octet for octet as in their archives, with the one reaction that Sotto has to it. Where the RFC leaves a
 * choice, the stricter side is here, unless a reason stands beside it.
 *
 * Sotto as these messages meet it: phones register with it (REGISTER is challenged), the sender is a trunk (an INVITE that is in order becomes a call).
 */

import { readFileSync } from 'node:fs'

/** `call`: it reached whoever takes calls. `none`: nothing is sent. Else the status of the one final answer. */
export type Reaction = 'call' | 'none' | `${number}`

export type TortureRow = {
  readonly name: string
  readonly section: string
  readonly octets: Buffer
  readonly datagram: Reaction
  /** Over TCP and TLS: each answer in turn, since the octets may be two messages. */
  readonly stream: readonly Reaction[]
  /** After it nobody knows where the next message begins: the connection is closed. */
  readonly breaksStream: boolean
  /** What the answer must say. */
  readonly says: readonly RegExp[]
}

type Expected = {
  readonly datagram: Reaction
  readonly stream?: readonly Reaction[]
  readonly breaksStream?: true
  readonly says?: readonly RegExp[]
}

const FOLDER = new URL('../fixtures/sip/torture/', import.meta.url)
type Filed = {
  readonly file: string
  readonly section: string
  readonly acceptable: readonly string[]
  readonly sha256: string
}
/** The list that came with the files; its `acceptable` is what each reaction is held against. */
export const FILED: Readonly<Record<string, Filed>> = JSON.parse(
  readFileSync(new URL('expected.json', FOLDER), 'utf8'),
).messages

const ALLOW = /\r\nAllow: INVITE, /
const CHALLENGED = { datagram: '401', says: [/\r\nWWW-Authenticate: Digest realm=/] } as const

const EXPECTED: Readonly<Record<string, Expected>> = {
  // Valid messages (section 3.1.1 of RFC 4475).
  wsinv: {
    datagram: '481',
    says: [
      /\r\nVia: SIP \/ 2\.0 \/UDP 192\.0\.2\.2;branch=390skdjuw;/,
      / SIP {2}\/ {4}2\.0 {3}\/ UDP {2}192\.168\.255\.111 /,
    ],
  },
  intmeth: { datagram: '405', says: [ALLOW] },
  esc01: { datagram: 'call' },
  escnull: CHALLENGED,
  esc02: { datagram: '405', says: [ALLOW] },
  lwsdisp: { datagram: '200' },
  longreq: { datagram: 'call', says: [/;received=192\.0\.2\.5;branch=verylonglong/] },
  // A stream has two messages; the second has no Contact, and more behind it than its length says.
  dblreq: { ...CHALLENGED, stream: ['401', '400'], breaksStream: true },
  semiuri: { datagram: '200' },
  transports: {
    datagram: '200',
    says: [
      /\r\nVia: SIP\/2\.0\/UDP t1\./,
      /\r\nVia: SIP\/2\.0\/SCTP t2\./,
      /\r\nVia: SIP\/2\.0\/TLS t3\./,
      /\r\nVia: SIP\/2\.0\/UNKNOWN t4\./,
      /\r\nVia: SIP\/2\.0\/TCP t5\./,
    ],
  },
  mpart01: { datagram: '405', says: [ALLOW] },
  unreason: { datagram: 'none' },
  noreason: { datagram: 'none' },
  // Invalid messages (3.1.2).
  badinv01: { datagram: '400' },
  clerr: { datagram: '400', stream: [] },
  ncl: { datagram: '400', breaksStream: true },
  scalar02: { datagram: '400' },
  scalarlg: { datagram: 'none' },
  quotbal: { datagram: '400' },
  ltgtruri: { datagram: '400' },
  lwsruri: { datagram: '400' },
  lwsstart: { datagram: '400' },
  trws: { datagram: '400' },
  escruri: { datagram: '400' },
  // Nothing here is done with a Date, so that a wrong one may be taken as absent, as the section says.
  baddate: { datagram: 'call' },
  regbadct: { datagram: '400' },
  badaspec: { datagram: '400' },
  // Without its empty line: a stream waits for the rest.
  baddn: { datagram: '400', stream: [] },
  badvers: { datagram: '505', says: [/\r\nVia: SIP\/7\.0\/UDP c\.example\.com/] },
  mismatch01: { datagram: '400' },
  mismatch02: { datagram: '400' },
  bigcode: { datagram: 'none' },
  // A request line without a version, in no section of the RFC: not SIP, so that nothing is said.
  test: { datagram: 'none', stream: [], breaksStream: true },
  // Transactions, applications, old peers (3.2 to 3.4).
  badbranch: { datagram: '200' },
  insuf: { datagram: '400' },
  unkscm: { datagram: '416' },
  novelsc: { datagram: '416' },
  unksm2: CHALLENGED,
  bext01: { datagram: '420', says: [/\r\nUnsupported: nothingSupportsThis, nothingSupportsThisEither\r\n/] },
  invut: { datagram: '415', says: [/\r\nAccept: application\/sdp\r\n/] },
  regaut01: CHALLENGED,
  multi01: { datagram: '400' },
  mcl01: { datagram: '400', breaksStream: true },
  bcast: { datagram: 'none' },
  // An end of the line takes it as if there were hops left.
  zeromf: { datagram: '200' },
  cparam01: CHALLENGED,
  cparam02: CHALLENGED,
  regescrt: CHALLENGED,
  sdp01: { datagram: '406', says: [/\r\nAccept: application\/sdp\r\n/] },
  // Without Content-Length, which a stream must have.
  inv2543: { datagram: 'call', stream: ['400'], breaksStream: true },
  // RFC 5118.
  'ipv6-good': CHALLENGED,
  'ipv6-bad': { datagram: '400' },
  'port-ambiguous': CHALLENGED,
  'port-unambiguous': CHALLENGED,
  'via-received-param-no-delim': { datagram: '200' },
  'via-received-param-with-delim': { datagram: '481' },
  'ipv6-in-sdp': { datagram: 'call' },
  'mult-ip-in-header': { datagram: '481' },
  'mult-ip-in-sdp': { datagram: 'call' },
  'ipv4-mapped-ipv6': { datagram: 'call' },
  'ipv6-bug-abnf-3-colons': { datagram: '200' },
  'ipv6-correct-abnf-2-colons': { datagram: '200' },
}

/** All 62. */
export const TORTURE: readonly TortureRow[] = Object.entries(EXPECTED).map(([name, expected]) => {
  const { datagram, stream, breaksStream = false, says = [] } = expected
  return {
    name,
    ...messageOf(name),
    datagram,
    stream: stream ?? (datagram === 'none' ? [] : [datagram]),
    breaksStream,
    says,
  }
})

function messageOf(name: string): { readonly section: string; readonly octets: Buffer } {
  const filed = FILED[name]
  if (filed === undefined) throw new Error(`no message ${name}`)
  return { section: filed.section, octets: readFileSync(new URL(filed.file, FOLDER)) }
}

/** @returns whether a status is among those that the list of the files takes for right. */
export function isAcceptable(reaction: Reaction, acceptable: readonly string[]): boolean {
  const status = reaction === 'call' ? '404' : reaction
  const forbidden = acceptable.filter((each) => each.startsWith('!')).map((each) => each.slice(1))
  if (acceptable.includes(status)) return true
  return forbidden.length > 0 && status !== 'none' && !forbidden.includes(status)
}
