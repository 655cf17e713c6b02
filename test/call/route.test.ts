import t from 'tap'
import { plainNumber, type RouteResult, route, withUser } from '../../src/call/route.ts'
import type { SipOrigin } from '../../src/sip/session.ts'
import { CONFIG_TEXT, configOf } from '../peers/call-bench.ts'

const config = configOf()
const carrier: SipOrigin = { kind: 'trunk', trunk: 'carrier' }
const agent: SipOrigin = { kind: 'phone', account: 'agent' }
const second: SipOrigin = { kind: 'phone', account: 'second' }

function words(result: RouteResult): string {
  if (result.result === 'refused') return result.fault
  const stages = result.stages.map(({ targets, ringMs }) => {
    const names = targets.map((target) => (target.kind === 'phone' ? target.account : target.uri))
    return `${names.join('+')} ${ringMs / 1000}s`
  })
  return `${stages.join(', ')}; caller is ${result.callerLeg}`
}

const rows: readonly (readonly [says: string, origin: SipOrigin, dialled: string, expected: string])[] = [
  ['the trunk dials a phone', carrier, '100', 'agent 60s; caller is placing'],
  ['the number has separators', carrier, '1-0.0', 'agent 60s; caller is placing'],
  ['a workgroup rings all at once', carrier, '200', 'agent+second 20s; caller is placing'],
  ['a workgroup rings one after the other', carrier, '300', 'agent 10s, second 10s, third 10s; caller is placing'],
  ['a member calls its own group', second, '200', 'agent 20s; caller is placing'],
  ['a PBX gets the number as user', carrier, '400', 'sip:400@pbx.example:5080 60s; caller is placing'],
  ['a phone calls out', agent, '+49301', 'sip:+49301@192.0.2.7:5060 60s; caller is placed'],
  ['a phone calls out with separators', agent, '+49 (30) 1', 'sip:+49301@192.0.2.7:5060 60s; caller is placed'],
  ['a phone calls where nobody may', agent, '+4412', 'sip.forbidden'],
  ['a parameter hides behind an allowed beginning', agent, '+49;phone-context=evil', 'sip.forbidden'],
  ['the trunk calls out through itself', carrier, '+49301', 'sip.not-found'],
  ['nobody has the number', carrier, '999', 'sip.not-found'],
  ['a phone dials an account', agent, 'third', 'third 60s; caller is placing'],
  ['the trunk dials an account', carrier, 'third', 'sip.not-found'],
  ['nothing is dialled', carrier, '', 'sip.not-found'],
]
for (const [says, origin, dialled, expected] of rows) {
  t.test(`${says}: ${dialled}`, async (t) => {
    t.equal(words(route(config, origin, dialled)), expected)
  })
}

const more = configOf(
  `${CONFIG_TEXT}
  - { from: silent, number: '+4989*', to: { trunk: carrier } }
  - { number: '+49*', to: { trunk: carrier } }
  - { number: '600', to: { workgroup: alone } }
  - { number: '0*', to: { uri: 'sip:fixed@pbx.example' } }
`.replace('workgroups:', 'workgroups:\n  - { name: alone, phones: [agent] }'),
)

t.test('a trunk reaches another trunk only by a route that names it', async (t) => {
  const silent: SipOrigin = { kind: 'trunk', trunk: 'silent' }
  t.equal(words(route(more, silent, '+49891')), 'sip:+49891@192.0.2.7:5060 60s; caller is placed')
  t.equal(words(route(more, silent, '+49301')), 'sip.forbidden')
  t.equal(words(route(more, carrier, '+49891')), 'sip.forbidden')
})

t.test('who is alone in a group finds nobody there', async (t) => {
  t.equal(words(route(more, agent, '600')), 'sip.not-registered')
})

t.test('a URI with a user keeps it', async (t) => {
  t.equal(words(route(more, carrier, '0815')), 'sip:fixed@pbx.example 60s; caller is placing')
})

t.test('a user part is escaped into a URI', async (t) => {
  t.equal(withUser('sip:host', 'a b\r\n<>'), 'sip:a%20b%0D%0A%3C%3E@host')
  t.equal(withUser('sips:host:5061;transport=tcp', '+1'), 'sips:+1@host:5061;transport=tcp')
  t.equal(plainNumber('agent.one'), 'agent.one', 'a name keeps its dot')
})
