/** Settings of signalling: where Sotto listens, and how it speaks SIP. */

import { Type } from 'typebox'
import { ADDRESS, AT_START, FILE, group, HOST, networks, ORIGIN, oneOf, port, text, whole } from './config-kinds.ts'

const certificate = group('One more certificate.', {
  certificateFile: text('Certificate, PEM, with the ones between it and its authority behind it.', {
    ...FILE,
    sample: 'tls/branch.pem',
  }),
  keyFile: text('Key of that certificate, PEM, not encrypted.', { ...FILE, sample: 'tls/branch.key' }),
})

const listener = group('One address to listen on.', {
  transport: Type.Enum(['udp', 'tcp', 'tls', 'ws', 'wss'], { description: 'Transport protocol.', default: 'udp' }),
  address: text('Address of this machine; 0.0.0.0 or :: means all, and then sip.announcedAddress must be set.', {
    default: '127.0.0.1',
    ...ADDRESS,
  }),
  port: port('Port; 0 lets the system choose. 5061 is the usual one for TLS, 443 for wss.', 5060),
  announcedAddress: Type.Optional(
    text('Address written into Via and Contact for this listener; sip.announcedAddress when absent.', ADDRESS),
  ),
  announcedPort: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65_535,
      sample: 5060,
      description: 'Port written there, when a router or a proxy has another one than is listened on.',
    }),
  ),
  certificateFile: Type.Optional(
    text(
      'Certificate of a listener for tls or wss, PEM, with the ones between it and its authority behind it. Changed files are taken with the next connection.',
      FILE,
    ),
  ),
  keyFile: Type.Optional(text('Key of that certificate, PEM, not encrypted.', FILE)),
  moreCertificates: Type.Array(certificate, {
    maxItems: 64,
    default: [],
    description: 'More of them, chosen by the name that the client asks for (SNI).',
  }),
  clientCertificates: oneOf(
    'Whether clients must show a certificate of an authority in caFile: "required" refuses those that do not.',
    ['off', 'required'],
    'off',
  ),
  caFile: Type.Optional(text('Authorities of client certificates, PEM.', FILE)),
  origins: Type.Array(text('Origin of a page.', ORIGIN), {
    maxItems: 64,
    uniqueItems: true,
    default: [],
    description:
      'Of which pages browsers may connect by ws or wss, such as https://desk.example.com: scheme, host, and the port unless it is the usual one. Pages from anywhere else are refused.',
  }),
  withoutOrigin: oneOf(
    'What becomes of a client of ws or wss that names no page: phones that are no browser do not.',
    ['accept', 'refuse'],
    'accept',
  ),
})

export const sip = group('Signalling.', {
  listeners: Type.Array(listener, {
    minItems: 1,
    maxItems: 16,
    description: 'Where SIP is heard.',
    default: [
      { transport: 'udp', address: '127.0.0.1', port: 5060 },
      { transport: 'tcp', address: '127.0.0.1', port: 5060 },
    ],
    ...AT_START,
  }),
  connections: group(
    'How many connections may stand at once, over TCP, TLS and WebSocket.',
    {
      perListener: whole('On one listener; the longest idle one that has proved nothing makes room.', 16, 65_536, 4096),
      perSource: whole(
        'From one address, or one /64 of IPv6, on one listener. Phones behind one router share its address; one that has not registered makes room.',
        1,
        65_536,
        1000,
      ),
    },
    AT_START,
  ),
  limits: group(
    "What one address, or one /64 of IPv6, may cost that is no trunk's, and all of them together; a trunk has maxCalls and maxCallsPerSecond. What is above is counted in sotto_sip_total.",
    {
      answersPerSecond: whole(
        'Answers to requests that nothing is kept of (challenges, refusals, OPTIONS); more requests get none. Phones behind one router share its address.',
        1,
        100_000,
        500,
      ),
      burst: whole('How many of them at once, after a quiet time.', 1, 1_000_000, 2000),
      totalPerSecond: whole(
        'The same for all such addresses together over UDP, where they may be forged. As many again go over streams, and to addresses where somebody has signed in.',
        1,
        1_000_000,
        5000,
      ),
      pending: whole(
        'Transactions of one address that are open at once, answered ones that may come again among them; more requests get 503, except BYE.',
        10,
        200_000,
        5000,
      ),
    },
    AT_START,
  ),
  announcedAddress: Type.Optional(
    text('Address written into Via and Contact when it is not the one listened on (NAT).', { ...ADDRESS, ...AT_START }),
  ),
  domains: Type.Array(text('Domain or address.', HOST), {
    maxItems: 100,
    uniqueItems: true,
    default: [],
    description:
      'What phones and trunks call this server, beside its addresses and the realm. A call that names another host leaves by no trunk (404); when empty, phones may also write the name that they are themselves under.',
  }),
  proxies: networks(
    'Proxies that phones come through, such as Kamailio, or nginx for ws and wss: wrong passwords and, over WebSocket, connections count against whom they pass on, and not against all of them together. They are believed who that is (received in the Via below theirs, X-Forwarded-For), and must overwrite what they are sent.',
    AT_START,
  ),
  tls: group('Far ends that are connected to over TLS; a trunk may have its own.', {
    caFile: Type.Optional(text('Authorities trusted for them, PEM; those that come with Node when absent.', FILE)),
  }),
  realm: text('Realm of digest authentication. Stored hashes of phones are made with it.', {
    default: 'sotto',
    pattern: '^[^"\\\\\\r\\n]{1,128}$',
    says: 'text without quotes or backslashes',
    ...AT_START,
  }),
  userAgent: text('Value of User-Agent and Server. Best without a version.', {
    default: 'Sotto',
    pattern: '^[\\x20-\\x7e]{1,128}$',
    says: 'plain ASCII text',
    ...AT_START,
  }),
  pickUp: oneOf(
    'What a phone may pick up while it rings at another one: "workgroup" what rings at phones of one workgroup with it, "account" what rings at other phones of its own account.',
    ['workgroup', 'account', 'nobody'],
    'workgroup',
  ),
  pickUpCode: text(
    'Dialled to pick a call up: this and the number or account that rings, or this alone for the call that rings longest.',
    {
      default: '*8',
      pattern: '^[*#][0-9*#]{0,7}$',
      says: '* or # and up to seven more keys',
    },
  ),
  messages: oneOf(
    'What becomes of texts that people write (SIP MESSAGE): "pass" passes plain text from one side to the other, its card numbers masked, and not during a secure session; "refuse" answers 405, and blanks it unread.',
    ['pass', 'refuse'],
    'pass',
    AT_START,
  ),
  digestAlgorithms: Type.Array(Type.Enum(['SHA-256', 'MD5']), {
    minItems: 1,
    maxItems: 2,
    uniqueItems: true,
    description:
      'How phones may prove their password, best first. Old phones that give up at the sight of SHA-256 need MD5 alone.',
    default: ['SHA-256', 'MD5'],
  }),
  nonceSeconds: whole('How long a digest nonce may be used.', 10, 86_400, 300),
  lockOut: group(
    'Against guessing of passwords. Behind an address where a phone has signed in ten times as many may fail.',
    {
      failures: whole('Wrong passwords from one address until it is not listened to any more.', 1, 10_000, 10),
      seconds: whole('How long it is not, and how long a wrong password counts.', 1, 86_400, 300),
    },
  ),
  ringSeconds: whole('How long a phone rings before the caller is told that nobody answers.', 5, 600, 60),
  failOver: group(
    'Far ends that do not answer, when there is another one to ask: further addresses of a name (SRV, A), or further targets.',
    {
      patienceSeconds: whole('How long one may be silent until the next is asked.', 1, 32, 5),
      setAsideSeconds: whole(
        'How long one that did not answer, or said 503 without Retry-After, is asked after the others; 0 for not at all.',
        0,
        3600,
        60,
      ),
    },
  ),
  ping: group(
    'OPTIONS by which Sotto sees whether the places that calls are sent to are there. One that is down is passed over.',
    {
      seconds: whole('From one to the next, of trunks and of URIs in routes; 0 sends none.', 0, 3600, 0),
      failures: whole('How many in a row may stay without an answer, or get 503, until the place is down.', 1, 100, 3),
    },
  ),
  dns: group('How names are looked up (RFC 3263: NAPTR, SRV, A, AAAA).', {
    servers: Type.Array(
      text('Address of a name server, and its port.', {
        pattern: '^(?:[0-9A-Fa-f:.]+|\\[[0-9A-Fa-f:.]+\\]:\\d{1,5}|\\d{1,3}(?:\\.\\d{1,3}){3}:\\d{1,5})$',
        says: 'an address such as 192.0.2.53 or 192.0.2.53:5353',
      }),
      { maxItems: 8, default: [], description: 'Name servers; those of the system when empty.' },
    ),
  }),
  registration: group('How phones register.', {
    minSeconds: whole('Shortest interval; shorter ones are answered 423.', 10, 3600, 60),
    maxSeconds: whole('Longest interval; longer ones are shortened.', 60, 86_400, 3600),
    defaultSeconds: whole('Interval when the phone names none.', 10, 86_400, 600),
    contactsPerAccount: whole('How many phones one account may be signed in on.', 1, 20, 5),
  }),
})

/** What may become of a leg's sound on its way. */
