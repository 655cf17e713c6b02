import t from 'tap'
import { readConfig } from '../../src/base/config.ts'
import { isLoopback } from '../../src/base/config-checks.ts'

const PHONES = 'phones: [{account: a, password: x}, {account: b, password: y}]\n'
const TRUNK = 'trunks: [{name: t, addresses: [192.0.2.1], outbound: {uri: sip:192.0.2.1}, allowDestinations: ["*"]}]\n'
const TLS = 'sip: {listeners: [{transport: tls, certificateFile: a, keyFile: b}]}\n'
const UDP = 'sip: {listeners: [{transport: udp}]}\n'
const HASH = 'a'.repeat(64)

const rows: readonly [name: string, text: string, key: string][] = [
  ['an address out of range', 'media: {address: 300.0.0.1}', 'media.address'],
  [
    'all addresses, none announced: SIP',
    'sip: {listeners: [{transport: udp, address: 0.0.0.0}]}',
    'sip.listeners[0].address',
  ],
  ['all addresses, none announced: media', 'media: {address: "::"}', 'media.address'],
  [
    'announced in another family',
    'media: {address: 192.0.2.1, announcedAddress: 2001:db8::1}',
    'media.announcedAddress',
  ],
  ['nobody reaches the announced address', 'sip: {announcedAddress: 0.0.0.0}', 'sip.announcedAddress'],
  [
    'a public name that the door does not know',
    'people: {openidConnect: {issuer: "https://login.example.com", clientId: a, publicUrl: "https://desk.example.com"}}',
    'people.openidConnect.publicUrl',
  ],
  ['emergency numbers without a trunk', 'emergency: {numbers: ["112"]}', 'emergency.numbers'],
  ['emergency numbers for a trunk that nobody knows', 'emergency: {numbers: ["112"], trunk: t}', 'emergency.trunk'],
  [
    'emergency numbers from a trunk that nobody knows',
    `${TRUNK}emergency: {numbers: ["112"], trunk: t, fromTrunks: [u]}`,
    'emergency.fromTrunks[0]',
  ],
  ['TLS without a certificate', 'sip: {listeners: [{transport: tls, keyFile: a}]}', 'sip.listeners[0]'],
  ['a certificate without TLS', 'sip: {listeners: [{transport: tcp, certificateFile: a}]}', 'sip.listeners[0]'],
  [
    'client certificates of nobody',
    'sip: {listeners: [{transport: tls, certificateFile: a, keyFile: b, clientCertificates: required}]}',
    'sip.listeners[0]',
  ],
  [
    'an authority of nobody',
    'sip: {listeners: [{transport: tls, certificateFile: a, keyFile: b, caFile: c}]}',
    'sip.listeners[0].caFile',
  ],
  [
    'TCP and TLS on one port',
    'sip: {listeners: [{transport: tcp}, {transport: tls, certificateFile: a, keyFile: b}]}',
    'sip.listeners[1].port',
  ],
  ['a way over TLS without a listener', 'routes: [{number: "1", to: {uri: sips:a.example}}]', 'routes[0].to.uri'],
  ['a route over TLS to an address', `${TLS}routes: [{number: "1", to: {uri: sips:192.0.2.1}}]`, 'routes[0].to.uri'],
  [
    'a trunk over TLS without a listener',
    'trunks: [{name: t, addresses: [192.0.2.1], outbound: {uri: sips:a.example}}]',
    'trunks[0].outbound.uri',
  ],
  [
    'a trunk over TLS at an address',
    `${TLS}trunks: [{name: t, addresses: [192.0.2.1], outbound: {uri: "sip:192.0.2.1;transport=tls"}}]`,
    'trunks[0].outbound.uri',
  ],
  [
    'a trunk over UDP without a listener',
    `${TLS}trunks: [{name: t, addresses: [192.0.2.1], outbound: {uri: sip:192.0.2.1}}]`,
    'trunks[0].outbound.uri',
  ],
  [
    'a trunk over TCP without a listener',
    `${UDP}trunks: [{name: t, addresses: [192.0.2.1], outbound: {uri: "sip:a.example;transport=tcp"}}]`,
    'trunks[0].outbound.uri',
  ],
  [
    'one more target over IPv6 without a listener',
    'trunks: [{name: t, addresses: [192.0.2.1], outbound: {uri: sip:192.0.2.1, moreTargets: [{uri: "sip:[2001:db8::1]"}]}}]',
    'trunks[0].outbound.moreTargets[0].uri',
  ],
  [
    'a route over IPv4 without a listener',
    'sip: {listeners: [{transport: udp, address: "::1"}]}\nroutes: [{number: "1", to: {uri: sip:192.0.2.1}}]',
    'routes[0].to.uri',
  ],
  [
    'a named port without a listener for UDP',
    `${TLS}routes: [{number: "1", to: {uri: sip:a.example}, moreTargets: [{uri: sip:b.example:5060}]}]`,
    'routes[0].moreTargets[0].uri',
  ],
  [
    'a registrar over TLS without a listener',
    'trunks: [{name: t, registration: {uri: sips:a.example, user: u}}]',
    'trunks[0].registration.uri',
  ],
  [
    'a proxy of a registration without a listener',
    `${UDP}trunks: [{name: t, registration: {uri: sip:a.example, user: u, proxies: ["sip:a.example;transport=tcp"]}}]`,
    'trunks[0].registration.proxies[0]',
  ],
  [
    'an address where a domain belongs',
    `${TLS}trunks: [{name: t, addresses: [192.0.2.1], outbound: {uri: sips:192.0.2.1, tls: {serverName: 192.0.2.1}}}]`,
    'trunks[0].outbound.tls.serverName',
  ],
  [
    'a client certificate without its key',
    `${TLS}trunks: [{name: t, addresses: [192.0.2.1], outbound: {uri: sips:a.example, tls: {certificateFile: a}}}]`,
    'trunks[0].outbound.tls',
  ],
  [
    'TLS of a trunk without TLS',
    'trunks: [{name: t, addresses: [192.0.2.1], outbound: {uri: sip:a.example, tls: {caFile: a}}}]',
    'trunks[0].outbound.tls',
  ],
  ['wss without a certificate', 'sip: {listeners: [{transport: wss, port: 5443}]}', 'sip.listeners[0]'],
  [
    'pages on a listener without WebSocket',
    'sip: {listeners: [{transport: tcp, origins: ["https://a.example"]}]}',
    'sip.listeners[0]',
  ],
  [
    'an origin with a path',
    'sip: {listeners: [{transport: ws, origins: ["https://a.example/"]}]}',
    'sip.listeners[0].origins[0]',
  ],
  ['a proxy that is no network', 'sip: {proxies: [10.0.0.0/33]}', 'sip.proxies[0]'],
  ['a reverse proxy that is no network', 'http: {proxies: [300.0.0.1]}', 'http.proxies[0]'],
  ['a network that is none', 'media: {latchNetworks: [10.0.0.0/33]}', 'media.latchNetworks[0]'],
  [
    'networks that nobody learns from',
    'media: {latch: sdp}\ntrunks: [{name: t, addresses: [192.0.2.1], latchNetworks: [10.0.0.0/8]}]',
    'trunks[0].latchNetworks',
  ],
  ['an odd first port', 'media: {portMin: 20001}', 'media.portMin'],
  ['too few ports', 'media: {portMin: 20000, portMax: 20006}', 'media.portMax'],
  ['ports in the wrong order', 'media: {portMin: 20000, portMax: 10001}', 'media.portMax'],
  ['SIP among the media ports', 'sip: {listeners: [{transport: udp, port: 20000}]}', 'sip.listeners[0].port'],
  ['the same listener twice', 'sip: {listeners: [{transport: udp}, {transport: udp}]}', 'sip.listeners[1].port'],
  ['SIP and HTTP on one port', 'http: {port: 5060}', 'http.port'],
  ['intervals out of order', 'sip: {registration: {minSeconds: 700}}', 'sip.registration.defaultSeconds'],
  ['an account twice', 'phones: [{account: a, password: x}, {account: a, password: y}]', 'phones[1].account'],
  [
    'a token name twice',
    `http: {tokens: [{name: a, token: ${HASH}}, {name: a, token: ${HASH}}]}`,
    'http.tokens[1].name',
  ],
  ['a trunk called phones', 'trunks: [{name: phones, addresses: [192.0.2.1]}]', 'trunks[0].name'],
  [
    'an address in two trunks',
    'trunks: [{name: t, addresses: [192.0.2.1]}, {name: u, addresses: [192.0.2.2, 192.0.2.1]}]',
    'trunks[1].addresses[1]',
  ],
  [
    'an address in two trunks, written in two ways',
    'trunks: [{name: t, addresses: ["2001:db8::1"]}, {name: u, addresses: ["2001:DB8:0:0:0:0:0:1"]}]',
    'trunks[1].addresses[0]',
  ],
  ['a phone without a password', 'phones: [{account: a}]', 'phones[0]'],
  ['a phone with both', `phones: [{account: a, password: x, ha1Sha256: ${HASH}}]`, 'phones[0]'],
  ['a group of nobody known', `${PHONES}workgroups: [{name: g, phones: [a, c]}]`, 'workgroups[0].phones[1]'],
  ['a phone twice in a group', `${PHONES}workgroups: [{name: g, phones: [a, a]}]`, 'workgroups[0].phones[1]'],
  ['a route from nowhere', `${PHONES}routes: [{from: t, number: 1, to: {phone: a}}]`, 'routes[0].from'],
  ['a route to nothing', 'routes: [{number: 1, to: {}}]', 'routes[0].to'],
  ['a route to two places', `${PHONES}routes: [{number: 1, to: {phone: a, uri: sip:b@example.com}}]`, 'routes[0].to'],
  ['a route to an unknown phone', `${PHONES}routes: [{number: 1, to: {phone: c}}]`, 'routes[0].to.phone'],
  ['a route to an unknown group', 'routes: [{number: 1, to: {workgroup: g}}]', 'routes[0].to.workgroup'],
  ['a route to an unknown trunk', 'routes: [{number: 1, to: {trunk: t}}]', 'routes[0].to.trunk'],
  [
    'a route to a trunk that takes no calls',
    'trunks: [{name: t, addresses: [192.0.2.1]}]\nroutes: [{number: 1, to: {trunk: t}}]',
    'routes[0].to.trunk',
  ],
  [
    'a route to a trunk that allows nothing',
    'trunks: [{name: t, addresses: [192.0.2.1], outbound: {uri: sip:192.0.2.1}}]\nroutes: [{number: 1, to: {trunk: t}}]',
    'routes[0].to.trunk',
  ],
  ['a URL that is none', 'secureInput: {validation: {url: "https://:99999/"}}', 'secureInput.validation.url'],
  [
    'a host that is not allowed',
    'secureInput: {validation: {url: "https://a.example/", allowHosts: [b.example]}}',
    'secureInput.validation.url',
  ],
  ['a certificate without its key', 'secureInput: {validation: {clientCertFile: c.pem}}', 'secureInput.validation'],
  ['a sealed request without a key', 'secureInput: {validation: {format: sealed}}', 'secureInput.validation.format'],
  [
    'a key and nothing to seal',
    'secureInput: {validation: {format: json, publicKeyFile: k.pem}}',
    'secureInput.validation.publicKeyFile',
  ],
  [
    'to be tried again, not once',
    'secureInput: {validation: {retry: idempotent, retries: 0}}',
    'secureInput.validation.retries',
  ],
  ['a pin that is none', 'secureInput: {validation: {pins: [abc]}}', 'secureInput.validation.pins[0]'],
  ['a feature code that is dialled by chance', 'secureInput: {featureCode: 71}', 'secureInput.featureCode'],
]

t.test('keys that do not go together', async (t) => {
  for (const [name, text, key] of rows) {
    const outcome = readConfig({ text, env: {} })
    t.strictSame('problems' in outcome && outcome.problems.map((problem) => problem.key), [key], name)
    t.match(outcome, { problems: [{ says: /^[A-Z].*\.$/, advice: /^[A-Z].*\.$/, line: Number }] }, name)
  }
})

t.test('keys that do', async (t) => {
  const texts: readonly [string, string][] = [
    [
      'everything that leads somewhere',
      `${PHONES}${TRUNK}workgroups: [{name: g, phones: [b, a], strategy: one-after-another}]\nroutes: [{from: t, number: "*", to: {workgroup: g}}, {from: phones, number: 0*, to: {trunk: t}}, {number: 1, to: {uri: sip:x@pbx.example.com}}]`,
    ],
    [
      'all addresses with one announced',
      'sip: {announcedAddress: 192.0.2.1, listeners: [{transport: udp, address: 0.0.0.0}]}\nmedia: {address: 0.0.0.0, announcedAddress: 192.0.2.1}',
    ],
    ['IPv6', 'sip: {listeners: [{transport: tcp, address: 2001:db8::1}]}\nmedia: {address: 2001:db8::1}'],
    ['hashes', `phones: [{account: a, ha1Sha256: ${HASH}, ha1Md5: ${HASH.slice(32)}}]`],
    [
      'port 0 as often as wanted',
      'sip: {listeners: [{transport: udp, port: 0}, {transport: udp, port: 0}, {transport: tcp, port: 0}]}\nhttp: {port: 0}',
    ],
    [
      'far ends that a listener reaches',
      'sip: {listeners: [{transport: udp, address: "::", announcedAddress: "2001:db8::1"}]}\ntrunks: [{name: t, registration: {uri: "sip:192.0.2.1;transport=tcp", user: u, proxies: ["sip:[2001:db8::2]"]}}]\nroutes: [{number: 1, to: {uri: "sip:a.example"}}, {number: 2, to: {uri: sip:192.0.2.1}}]',
    ],
    ['a password that is not taken for a port', `${TLS}routes: [{number: 1, to: {uri: "sip:user:5060@a.example"}}]`],
    ['an allowed host', 'secureInput: {validation: {url: "https://A.example:444/x", allowHosts: [a.example]}}'],
    [
      'own passwords on an open address',
      'sip: {listeners: [{transport: udp, address: 192.0.2.1}]}\nphones: [{account: alice, password: x}]',
    ],
  ]
  for (const [name, text] of texts) {
    const outcome = readConfig({ text, env: {} })
    t.strictSame('problems' in outcome ? outcome.problems : [], [], name)
  }
})

t.test('isLoopback', async (t) => {
  for (const address of ['127.0.0.1', '127.255.0.9', '::1', '0:0:0:0:0:0:0:1']) t.ok(isLoopback(address), address)
  for (const address of ['0.0.0.0', '::', '192.0.2.1', '128.0.0.1', 'localhost', ''])
    t.notOk(isLoopback(address), address)
})
