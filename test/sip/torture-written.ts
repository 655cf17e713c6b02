/**
 * The messages of RFC 4475 and RFC 5118 that are no files of `fixtures/sip/torture`, written from what those sections say about them: the same
 * trap in each, names and numbers of our own. In the order of the sections.
 */

/** A message of header lines and a body. */
function message(lines: readonly string[], body = ''): Buffer {
  return Buffer.from([...lines, '', body].join('\r\n'), 'latin1')
}

const SDP = [
  'v=0',
  'o=- 7 7 IN IP4 192.0.2.5',
  's=-',
  'c=IN IP4 192.0.2.5',
  't=0 0',
  'm=audio 49217 RTP/AVP 0',
  '',
].join('\r\n')
const SDP_MAPPED = SDP.replaceAll('IN IP4 192.0.2.5', 'IN IP6 ::ffff:192.0.2.5')
const WITH_SDP = ['Content-Type: application/sdp', `Content-Length: ${SDP.length}`]

/** Headers that every request has, for a branch and a method; `more` stands behind them. */
const usual = (name: string, method: string, ...more: string[]): string[] => [
  `Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bK-${name}`,
  'Max-Forwards: 70',
  `From: <sip:caller@example.net>;tag=${name}`,
  'To: <sip:callee@example.com>',
  `Call-ID: ${name}.0ha0isndaksdj@192.0.2.1`,
  `CSeq: 8 ${method}`,
  ...more,
]
/** The same without the header whose place another one takes. */
const but = (lines: readonly string[], ...others: string[]): string[] => {
  const names = others.map((each) => each.slice(0, each.indexOf(':') + 1))
  return [...lines.filter((line) => !names.some((name) => line.startsWith(name))), ...others]
}
const CONTACT = 'Contact: <sip:caller@host1.example.com>'
const NO_BODY = 'Content-Length: 0'

/** Binary in one part: what a part of a signed body looks like (section 3.1.1.11). */
const BINARY = String.fromCharCode(...Array.from({ length: 256 }, (_, octet) => octet))
const PARTS = [
  '--7a9cbec02ceef655',
  'Content-Type: text/plain',
  'Content-Transfer-Encoding: binary',
  '',
  'Hello',
  '--7a9cbec02ceef655',
  'Content-Type: application/octet-stream',
  'Content-Transfer-Encoding: binary',
  '',
  BINARY,
  '--7a9cbec02ceef655--',
  '',
].join('\r\n')
const LONG = 'long'.repeat(20)

export const WRITTEN: Readonly<Record<string, { readonly section: string; readonly octets: Buffer }>> = {
  wsinv: {
    section: 'RFC 4475 3.1.1.1',
    octets: message(
      [
        'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
        'TO :',
        ' sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n',
        'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
        '  ;',
        '  tag = 98asjd8',
        'MaX-fOrWaRdS: 0068',
        'Call-ID: wsinv.ndaksdj@192.0.2.1',
        `Content-Length   : ${SDP.length}`,
        'cseq: 0009',
        '  INVITE',
        'Via  : SIP  /   2.0',
        ' /UDP',
        '    192.0.2.2;branch=z9hG4bK390skdjuw',
        's :',
        'NewFangledHeader:   newfangled value',
        ' continued newfangled value',
        'UnknownHeaderWithUnusualValue: ;;,,;;,;',
        'Content-Type: application/sdp',
        'Route:',
        ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
        'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
        '  branch  =   z9hG4bK9ikj8  ,',
        ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
        ' z9hG4bK30239',
        'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
        '      newvalue ;',
        '  secondparam ; q = 0.33',
      ],
      SDP,
    ),
  },
  esc01: {
    section: 'RFC 4475 3.1.1.3',
    octets: message(
      [
        'INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0',
        ...but(
          usual('esc01', 'INVITE', ...WITH_SDP),
          'To: sip:%75se%72@example.com',
          'From: <sip:I%20have%20spaces@example.net>;tag=938',
          'Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>',
        ),
      ],
      SDP,
    ),
  },
  esc02: {
    section: 'RFC 4475 3.1.1.5',
    octets: message(['RE%47IST%45R sip:registrar.example.com SIP/2.0', ...usual('esc02', 'RE%47IST%45R', NO_BODY)]),
  },
  longreq: {
    section: 'RFC 4475 3.1.1.7',
    octets: message(
      [
        `INVITE sip:user@example.com;${LONG}name=${LONG}value SIP/2.0`,
        ...but(
          usual('longreq', 'INVITE', ...WITH_SDP),
          `To: "I have a user name of ${'extreme'.repeat(10)} proportion" <sip:user@example.com:6000;unknownparam1=very${LONG}value;${LONG}parametername=shortvalue;very${LONG}ParameterNameWithNoValue>`,
          `F: sip:amazinglylongcallername${LONG}@example.net;tag=12${'982'.repeat(50)}424;unknownheaderparam${LONG}name=unknownheaderparam${LONG}value;unknownValueless${LONG}paramname`,
          `Call-ID: longreq.one${'really'.repeat(20)}longcallid`,
          'CSeq: 3882340 INVITE',
          `Unknown-${LONG}-Name: unknown-${LONG}-value; unknown-${LONG}-parameter-name = unknown-${LONG}-parameter-value`,
          ...Array.from({ length: 33 }, (_, at) => `v: SIP/2.0/TCP sip${33 - at}.example.com`),
          `V: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch=very${'long'.repeat(48)}branchvalue`,
          `m: <sip:amazinglylongcallername${LONG}@host5.example.net>`,
        ).filter((line) => !line.startsWith('From:')),
      ],
      SDP,
    ),
  },
  semiuri: {
    section: 'RFC 4475 3.1.1.9',
    octets: message([
      'OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0',
      ...but(usual('semiuri', 'OPTIONS', 'Accept: application/sdp', NO_BODY), 'To: sip:j_user@example.com'),
    ]),
  },
  mpart01: {
    section: 'RFC 4475 3.1.1.11',
    octets: message(
      [
        'MESSAGE sip:kumiko@example.org SIP/2.0',
        ...usual(
          'mpart01',
          'MESSAGE',
          'Content-Type: multipart/mixed;boundary=7a9cbec02ceef655',
          `Content-Length: ${PARTS.length}`,
        ),
      ],
      PARTS,
    ),
  },
  noreason: {
    section: 'RFC 4475 3.1.1.13',
    octets: message(['SIP/2.0 100 ', ...usual('noreason', 'INVITE', NO_BODY)]),
  },
  clerr: {
    section: 'RFC 4475 3.1.2.2',
    octets: message(
      [
        'INVITE sip:user@example.com SIP/2.0',
        ...usual('clerr', 'INVITE', CONTACT, 'Content-Type: application/sdp', 'Content-Length: 9999'),
      ],
      SDP,
    ),
  },
  scalar02: {
    section: 'RFC 4475 3.1.2.4',
    octets: message([
      'REGISTER sip:example.com SIP/2.0',
      ...but(
        usual('scalar02', 'REGISTER', NO_BODY),
        'CSeq: 36893488147419103232 REGISTER',
        'Max-Forwards: 300',
        'Expires: 10000000000000000000000000',
        'Contact: <sip:user@host129.example.com>;expires=280297596632815',
      ),
    ]),
  },
  quotbal: {
    section: 'RFC 4475 3.1.2.6',
    octets: message(
      [
        'INVITE sip:user@example.com SIP/2.0',
        ...but(usual('quotbal', 'INVITE', CONTACT, ...WITH_SDP), 'To: "Mr. J. User <sip:j.user@example.com>'),
      ],
      SDP,
    ),
  },
  lwsruri: {
    section: 'RFC 4475 3.1.2.8',
    octets: message(
      ['INVITE sip:user@example.com; lr SIP/2.0', ...usual('lwsruri', 'INVITE', CONTACT, ...WITH_SDP)],
      SDP,
    ),
  },
  trws: {
    section: 'RFC 4475 3.1.2.10',
    octets: message(['OPTIONS sip:remote-target@example.com SIP/2.0  ', ...usual('trws', 'OPTIONS', NO_BODY)]),
  },
  baddate: {
    section: 'RFC 4475 3.1.2.12',
    octets: message(
      [
        'INVITE sip:user@example.com SIP/2.0',
        ...usual('baddate', 'INVITE', 'Date: Fri, 01 Jan 2010 16:00:00 EST', CONTACT, ...WITH_SDP),
      ],
      SDP,
    ),
  },
  badaspec: {
    section: 'RFC 4475 3.1.2.14',
    octets: message([
      'OPTIONS sip:user@example.org SIP/2.0',
      ...but(
        usual('badaspec', 'OPTIONS', NO_BODY),
        'From: "Bell, Alexander" <sip:a.g.bell@example.com>;tag=433423',
        'To: "Watson, Thomas" < sip:t.watson@example.org >',
      ),
    ]),
  },
  badvers: {
    section: 'RFC 4475 3.1.2.16',
    octets: message([
      'OPTIONS sip:t.watson@example.org SIP/7.0',
      'Via:     SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw',
      ...usual('badvers', 'OPTIONS', 'l: 0').slice(1),
    ]),
  },
  mismatch02: {
    section: 'RFC 4475 3.1.2.18',
    octets: message(
      [
        'NEWMETHOD sip:user@example.com SIP/2.0',
        ...but(usual('mismatch02', 'NEWMETHOD', CONTACT, ...WITH_SDP), 'CSeq: 8 INVITE'),
      ],
      SDP,
    ),
  },
  badbranch: {
    section: 'RFC 4475 3.2.1',
    octets: message([
      'OPTIONS sip:user@example.com SIP/2.0',
      ...but(usual('badbranch', 'OPTIONS', NO_BODY), 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK'),
    ]),
  },
  unkscm: {
    section: 'RFC 4475 3.3.2',
    octets: message([
      'OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0',
      ...but(usual('unkscm', 'OPTIONS', NO_BODY), 'To: <nobodyKnowsThisScheme:totallyopaquecontent>'),
    ]),
  },
  unksm2: {
    section: 'RFC 4475 3.3.4',
    octets: message([
      'REGISTER sip:example.com SIP/2.0',
      ...but(
        usual('unksm2', 'REGISTER', NO_BODY),
        'To: isbn:2983792873',
        'From: <http://www.example.com>;tag=3234233',
        'Contact: <name:John_Smith>',
      ),
    ]),
  },
  invut: {
    section: 'RFC 4475 3.3.6',
    octets: message(
      [
        'INVITE sip:user@example.com SIP/2.0',
        ...usual('invut', 'INVITE', CONTACT, 'Content-Type: application/unknownformat', 'Content-Length: 40'),
      ],
      '<audio><pcmu port="443" chan="1"/></audio>'.slice(0, 40),
    ),
  },
  multi01: {
    section: 'RFC 4475 3.3.8',
    octets: message(
      [
        'INVITE sip:user@company.com SIP/2.0',
        ...usual('multi01', 'INVITE', CONTACT, ...WITH_SDP),
        'CSeq: 59 INVITE',
        'Call-ID: multi01.98asdh@192.0.2.2',
        'Max-Forwards: 5',
        'To: sip:user@example.com',
        'From: sip:other@example.net;tag=3413415',
        'Contact: sip:other@example.net',
      ],
      SDP,
    ),
  },
  bcast: {
    section: 'RFC 4475 3.3.10',
    octets: message(
      [
        'SIP/2.0 200 OK',
        'Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923',
        'Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23',
        ...usual('bcast', 'INVITE', CONTACT, ...WITH_SDP).slice(1),
      ],
      SDP,
    ),
  },
  cparam01: {
    section: 'RFC 4475 3.3.12',
    octets: message([
      'REGISTER sip:example.com SIP/2.0',
      ...usual('cparam01', 'REGISTER', 'Contact: sip:+19725552222@gw1.example.net;unknownparam', NO_BODY),
    ]),
  },
  regescrt: {
    section: 'RFC 4475 3.3.14',
    octets: message([
      'REGISTER sip:example.com SIP/2.0',
      ...usual('regescrt', 'REGISTER', 'Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>', NO_BODY),
    ]),
  },
  inv2543: {
    section: 'RFC 4475 3.4.1',
    octets: message(
      [
        'INVITE sip:UserB@example.com SIP/2.0',
        'Via: SIP/2.0/UDP iftgw.example.com',
        'From: <sip:+13035551111@ift.client.example.net;user=phone>',
        'Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>',
        'To: sip:+16505552222@ss1.example.net;user=phone',
        'Call-ID: inv2543.1717@ift.client.example.com',
        'CSeq: 56 INVITE',
        'Content-Type: application/sdp',
      ],
      SDP,
    ),
  },
  'ipv6-bad': {
    section: 'RFC 5118 4.2',
    octets: message(['REGISTER sip:2001:db8::10 SIP/2.0', ...usual('ipv6-bad', 'REGISTER', CONTACT, NO_BODY)]),
  },
  'port-unambiguous': {
    section: 'RFC 5118 4.4',
    octets: message([
      'REGISTER sip:[2001:db8::10]:5070 SIP/2.0',
      ...usual('unambiguous', 'REGISTER', CONTACT, NO_BODY),
    ]),
  },
  'via-received-param-with-delim': {
    section: 'RFC 5118 4.5',
    octets: message([
      'OPTIONS sip:[2001:db8::10] SIP/2.0',
      'Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3',
      ...usual('with-delim', 'OPTIONS', NO_BODY).slice(1),
    ]),
  },
  'mult-ip-in-header': {
    section: 'RFC 5118 4.7',
    octets: message([
      'BYE sip:user@host.example.net SIP/2.0',
      'Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111',
      'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144',
      'Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200',
      ...but(usual('mult-ip', 'BYE', NO_BODY).slice(1), 'To: <sip:callee@example.com>;tag=1134y8'),
    ]),
  },
  'ipv4-mapped-ipv6': {
    section: 'RFC 5118 4.9',
    octets: message(
      [
        'INVITE sip:user@example.com SIP/2.0',
        'Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19',
        'Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111',
        ...usual(
          'mapped',
          'INVITE',
          'Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>',
          'Content-Type: application/sdp',
          `Content-Length: ${SDP_MAPPED.length}`,
        ).slice(1),
      ],
      SDP_MAPPED,
    ),
  },
  'ipv6-two-colons': {
    section: 'RFC 5118 4.10',
    octets: message(['OPTIONS sip:user@[2001:db8::192.0.2.1] SIP/2.0', ...usual('two-colons', 'OPTIONS', NO_BODY)]),
  },
}
