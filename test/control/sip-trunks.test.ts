import t from 'tap'
import { readConfig } from '../../src/base/config.ts'
import { createLog } from '../../src/base/log.ts'
import { route } from '../../src/call/route.ts'
import { sipResolver } from '../../src/control/sip-resolver.ts'
import { sipTargets, sipTrunks } from '../../src/control/sip-trunks.ts'
import { logTrunkEvent } from '../../src/control/trunk-log.ts'
import { trunkFamilies } from '../../src/control/trunk-metrics.ts'

const TEXT = `
sip:
  ping: { seconds: 30, failures: 2 }
  dns: { servers: ["127.0.0.1:5353", "::1"] }
phones: [{ account: a, password: a-password-of-tests }]
trunks:
  - name: carrier
    registration: { uri: "sip:carrier.example", proxies: ["sip:192.0.2.1"] }
    credentials: { user: account, password: a-password-of-tests }
    outbound:
      uri: "sip:192.0.2.1"
      weight: 3
      pingSeconds: 5
      moreTargets: [{ uri: "sip:192.0.2.2", priority: 1 }]
    allowDestinations: ["+49*"]
  - { name: plain, addresses: [192.0.2.9], outbound: { uri: "sip:192.0.2.9" } }
routes:
  - { number: "+49*", to: { trunk: carrier } }
  - { number: "300", to: { uri: "sip:pbx.example" }, moreTargets: [{ uri: "sip:192.0.2.8", weight: 2 }] }
  - { number: "301", to: { uri: "sip:pbx.example" } }
`

function read(text: string) {
  return readConfig({ text, env: {} })
}
function good(text: string) {
  const outcome = read(text)
  if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems))
  return outcome.config
}

t.test('trunks, targets and name servers as the configuration has them', async (t) => {
  const config = good(TEXT)
  t.match(sipTrunks(config), [
    {
      name: 'carrier',
      addresses: [],
      registration: {
        registrar: 'sip:carrier.example',
        proxies: ['sip:192.0.2.1'],
        user: 'account',
        expiresSeconds: 600,
        retrySeconds: 30,
      },
    },
    { name: 'plain', addresses: ['192.0.2.9'] },
  ])
  t.strictSame(
    sipTargets(config).map((each) => [each.trunk, each.uri, each.priority, each.weight, each.pingMs]),
    [
      ['carrier', 'sip:192.0.2.1', 0, 3, 5000],
      ['carrier', 'sip:192.0.2.2', 1, 1, 5000],
      ['plain', 'sip:192.0.2.9', 0, 1, 30_000],
      [undefined, 'sip:pbx.example', 0, 1, 30_000],
      [undefined, 'sip:192.0.2.8', 0, 2, 30_000],
    ],
  )
  const resolver = sipResolver(config.sip.dns.servers)
  t.strictSame(resolver.servers(), ['127.0.0.1:5353', '::1'])
  resolver.ask(['192.0.2.53'])
  t.strictSame(resolver.servers(), ['192.0.2.53'], 'servers that a reload brings are asked')
  resolver.ask([])
  t.notSame(resolver.servers(), ['192.0.2.53'], 'those of the system')
})

t.test('a number leads to every target, each with a Request-URI of its own', async (t) => {
  const config = good(TEXT)
  t.match(route(config, { kind: 'phone', account: 'a' }, '+4930'), {
    stages: [
      {
        targets: [
          {
            uri: 'sip:+4930@192.0.2.1',
            choices: [
              { uri: 'sip:+4930@192.0.2.1', key: 'sip:192.0.2.1', priority: 0, weight: 3 },
              { uri: 'sip:+4930@192.0.2.2', key: 'sip:192.0.2.2', priority: 1, weight: 1 },
            ],
          },
        ],
      },
    ],
  })
  const one = route(config, { kind: 'phone', account: 'a' }, '301')
  t.match(one, { stages: [{ targets: [{ kind: 'uri', uri: 'sip:301@pbx.example' }] }] })
  t.notMatch(JSON.stringify(one), 'choices')
})

t.test('what does not belong together', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['trunks: [{ name: a }]', 'trunks[0]'],
    ['trunks: [{ name: a, registration: { uri: "sip:x" } }]', 'trunks[0].registration'],
    ['trunks: [{ name: a, registration: { uri: "sips:x", user: u } }]', 'trunks[0].registration'],
    [
      'trunks: [{ name: a, addresses: [192.0.2.1], outbound: { uri: "sip:x", moreTargets: [{ uri: "sips:y" }] } }]',
      'trunks[0].outbound.moreTargets[0].uri',
    ],
    [
      'phones: [{ account: a, password: b }]\nroutes: [{ number: "1", to: { phone: a }, moreTargets: [{ uri: "sip:y" }] }]',
      'routes[0].moreTargets',
    ],
    ['sip: { dns: { servers: [ns.example] } }', 'sip.dns.servers[0]'],
    ['sip: { dns: { servers: ["192.0.2.53:70000"] } }', 'sip.dns.servers[0]'],
    ['sip: { dns: { servers: ["300.0.2.53"] } }', 'sip.dns.servers[0]'],
    ['sip: { dns: { servers: ["[2001:db8::53]:53", "[2001:db8:::53]:53"] } }', 'sip.dns.servers[1]'],
  ]
  for (const [text, key] of rows) {
    const outcome = read(text)
    t.match('problems' in outcome ? outcome.problems.map((problem) => problem.key) : [], [key], text)
  }
})

t.test('news of trunks in the log, and their state in the metrics', async (t) => {
  const lines: string[] = []
  const log = createLog({ level: 'debug', write: (line) => lines.push(line), wallMs: () => 0, process: 'control' })
  const at = { atMs: 1, trunk: 'carrier' }
  logTrunkEvent(log, { type: 'trunk.registered', ...at, seconds: 60 })
  logTrunkEvent(log, {
    type: 'trunk.registration-failed',
    ...at,
    fault: 'sip.registration-refused',
    status: 500,
    retrySeconds: 9,
    stillRegistered: 'yes',
  })
  logTrunkEvent(log, { type: 'trunk.registration-lost', ...at })
  logTrunkEvent(log, { type: 'trunk.unregistered', ...at })
  logTrunkEvent(log, { type: 'trunk.target-down', ...at, target: 'sip:192.0.2.1' })
  logTrunkEvent(log, { type: 'trunk.target-up', ...at, target: 'sip:192.0.2.1' })
  t.match(
    lines.map((line) => JSON.parse(line)),
    [
      { event: 'trunk.registered', trunk: 'carrier', seconds: 60 },
      { event: 'trunk.registration-failed', fault: 'sip.registration-refused', status: 500, retryAfterSeconds: 9 },
      { event: 'trunk.registration-lost' },
      { event: 'trunk.unregistered' },
      { event: 'trunk.target-down', target: 'sip:192.0.2.1', fault: 'sip.target-down' },
      { event: 'trunk.target-up' },
    ],
  )
  const target = { uri: 'sip:192.0.2.1', priority: 0, weight: 1, failedPings: 0, setAsideSeconds: 3 }
  const families = trunkFamilies(
    [{ name: 'carrier', registration: { state: 'waiting', registrar: 'sip:x', failures: 2 } }, { name: 'plain' }],
    [
      { ...target, trunk: 'carrier', state: 'down' },
      { ...target, state: 'not-pinged' },
    ],
  )
  t.strictSame(
    families.map(({ name, samples }) => [name, samples.map(([, value]) => value)]),
    [
      ['sotto_trunk_registered', [0]],
      ['sotto_trunk_registration_failures', [2]],
      ['sotto_target_up', [0]],
      ['sotto_target_set_aside', [1, 1]],
    ],
  )
})
