import t, { type Test } from 'tap'
import { readConfig } from '../../src/base/config.ts'
import { decideChanges, isSameSetting } from '../../src/base/config-changes.ts'
import { configSchema } from '../../src/base/config-schema.ts'
import type { SchemaNode } from '../../src/base/config-sources.ts'
import { Secret } from '../../src/base/secret.ts'

const BASE = `
phones:
  - { account: alice, password: first-password }
  - { account: bob, password: bobs-password }
trunks:
  - { name: carrier, addresses: [192.0.2.1], maxCalls: 10 }
  - { name: pbx, addresses: [192.0.2.2] }
routes:
  - { number: "1", to: { phone: alice } }
http: { tokens: [{ name: desk, token: token-of-the-desk-1 }] }
`

function good(text: string) {
  const outcome = readConfig({ text, env: {} })
  if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems))
  return outcome.config
}

function fits(t: Test, before: string, after: string) {
  const decision = decideChanges(good(before), good(after))
  if (decision.result !== 'fits') throw new Error(JSON.stringify(decision.problems))
  t.ok(Object.isFrozen(decision.config), 'nobody changes what was decided')
  const words = (changes: typeof decision.applied) => changes.map(({ setting, change }) => `${change} ${setting}`)
  return { ...decision, now: words(decision.applied), later: words(decision.needsRestart) }
}

t.test('nothing is changed by the same text', async (t) => {
  t.match(fits(t, BASE, BASE), { now: [], later: [] })
})

const rows: readonly (readonly [from: string, to: string, now: readonly string[]])[] = [
  ['first-password', 'other-password', ['changed phones[alice].password']],
  ['maxCalls: 10', 'maxCalls: 20', ['changed trunks[carrier].maxCalls']],
  [', maxCalls: 10', '', ['removed trunks[carrier].maxCalls']],
  ['[192.0.2.2] }', '[192.0.2.2], maxCallsPerSecond: 5 }', ['added trunks[pbx].maxCallsPerSecond']],
  ['  - { name: pbx, addresses: [192.0.2.2] }\n', '', ['removed trunks[pbx]']],
  ['trunks:\n', 'trunks:\n  - { name: new, addresses: [192.0.2.3] }\n', ['added trunks[new]']],
  ['number: "1"', 'number: "2"', ['changed routes']],
  ['token-of-the-desk-1', 'token-of-the-desk-2', ['changed http.tokens[desk].token']],
  ['http:', 'log: { level: warn }\nhttp:', ['changed log.level']],
  [
    'http:',
    'sip: { ringSeconds: 30, ping: { seconds: 9 } }\nhttp:',
    ['changed sip.ringSeconds', 'changed sip.ping.seconds'],
  ],
  [
    'http:',
    'secureInput: { sessionSeconds: 60, validation: { timeoutSeconds: 3 } }\nhttp:',
    ['changed secureInput.sessionSeconds', 'changed secureInput.validation.timeoutSeconds'],
  ],
]
for (const [from, to, now] of rows) {
  t.test(`applied now: ${now.join(', ')}`, async (t) => {
    const after = BASE.replace(from, to)
    t.not(after, BASE)
    const decision = fits(t, BASE, after)
    t.strictSame(decision.now, now)
    t.strictSame(decision.later, [])
    t.ok(isSameSetting(decision.config, good(after)), 'all of the new one counts')
    t.notMatch(JSON.stringify(decision.applied), /password-of|other-password|token-of/, 'no value is told')
  })
}

t.test('what needs a restart is named and stays, and the rest is applied', async (t) => {
  const after = BASE.replace('http:', `http:\n  port: 9090`).replace('{ tokens', ' tokens').replace(' }] }', ' }]')
  const text = `${after.replace(/http:[\s\S]*/, '')}http: { port: 9090, tokens: [{ name: desk, token: token-of-the-desk-2 }] }
media: { portMin: 30000, portMax: 30999, latch: sdp }
sip: { listeners: [{ port: 5070 }], realm: other }
history: { keepDays: 5, hideDigits: 3, file: /elsewhere/calls.sqlite }
`
  const { now, later, config } = fits(t, BASE, text)
  t.strictSame(later, [
    'changed sip.listeners',
    'changed sip.realm',
    'changed media.portMin',
    'changed media.portMax',
    'changed history.file',
    'changed http.port',
  ])
  t.strictSame(now, [
    'changed media.latch',
    'changed history.keepDays',
    'changed history.hideDigits',
    'changed http.tokens[desk].token',
  ])
  const before = good(BASE)
  t.strictSame(config.sip.listeners, before.sip.listeners)
  t.equal(config.sip.realm, 'sotto')
  t.equal(config.media.portMin, 20_000)
  t.equal(config.media.latch, 'sdp')
  t.equal(config.history.file, before.history.file)
  t.equal(config.history.keepDays, 5)
  t.equal(config.http.port, 8080)
  t.ok(config.http.tokens[0]?.token instanceof Secret && config.http.tokens[0].token.matches('token-of-the-desk-2'))
})

t.test('a group that comes or goes is one change', async (t) => {
  const added = `${BASE.replace('http: {', 'http: { tls: { certFile: a.pem, keyFile: a.key },')}`
  t.strictSame(fits(t, BASE, added).later, ['added http.tls'])
  t.strictSame(fits(t, added, BASE).later, ['removed http.tls'])
  t.notOk('tls' in fits(t, BASE, added).config.http)
  const file = added.replace('a.key', 'b.key')
  t.strictSame(fits(t, added, file).later, ['changed http.tls.keyFile'], 'below a group that needs one, too')
})

t.test('rows that change places are told as that', async (t) => {
  const swapped = BASE.replace(/( {2}- \{ name: carrier.*\n)( {2}- \{ name: pbx.*\n)/, '$2$1')
  t.strictSame(fits(t, BASE, swapped).now, ['changed trunks'])
})

t.test('what is applied must fit what stays', async (t) => {
  const before = `${BASE}sip: { listeners: [{ address: 0.0.0.0 }], announcedAddress: 192.0.2.99 }\n`
  const own = before.replace('account: alice, password: first-password', 'account: alice, password: alice-on-loopback')
  const after = own.replace('listeners: [{ address: 0.0.0.0 }], announcedAddress: 192.0.2.99', 'ringSeconds: 20')
  const decision = decideChanges(good(before), good(after))
  t.match(decision, { result: 'misfit', problems: [{ key: 'sip.listeners[0].address', advice: /restart/ }] })
  t.notMatch(JSON.stringify(decision), 'alice-on-loopback')
})

t.test('every setting is marked once at most on its way down, and never inside a list that is applied', async (t) => {
  const look = (node: SchemaNode, path: string, above: boolean, inList: boolean): number => {
    if (node.restart === true) {
      t.notOk(above, `${path} is marked above too`)
      t.notOk(inList, `${path} stands in a list, whose rows are applied whole`)
    }
    const inner = Object.entries(node.properties ?? {})
    const [isMarked, isListed] = [
      above || node.restart === true,
      inList || (node.items !== undefined && node.restart !== true),
    ]
    const below = inner.reduce((sum, [name, child]) => sum + look(child, `${path}.${name}`, isMarked, isListed), 0)
    return (
      below +
      (node.items === undefined ? 0 : look(node.items, `${path}[]`, isMarked, isListed)) +
      (node.restart === true ? 1 : 0)
    )
  }
  t.ok(look(configSchema as object as SchemaNode, '', false, false) > 20)
})
