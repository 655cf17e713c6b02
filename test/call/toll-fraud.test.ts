/** Tries to make calls at our cost, or to put words into those that we make, over the real stack: nobody is called, and nothing goes where it should not. */

import t from 'tap'
import { headerOf, type SipRequest } from '../../src/sip/message.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { askOutside, type Outside, type Sender } from '../peers/sip-outside.ts'
import { offerOf, type Scene, SOTTO, sipScene } from '../peers/sip-scene.ts'

const CONFIG = (sip = '') => `
sip: { announcedAddress: ${SOTTO}, realm: calls.example ${sip} }
media: { address: ${SOTTO}, codecs: [PCMA, PCMU] }
phones:
  - { account: alice, password: a-password-of-tests }
  - { account: bob, password: a-password-of-tests, allowDestinations: ['+4930*'] }
trunks:
  - { name: carrier, addresses: [10.0.0.1], sendIdentity: true, allowDestinations: ['+49*'], denyDestinations: ['+49900*'], outbound: { uri: 'sip:10.0.0.3' } }
routes:
  - { from: phones, number: '+*', to: { trunk: carrier } }
  - { number: '0*', to: { uri: 'sip:10.0.0.3' } }
`
const CALLED = 'the agent is called'
const INVITE = { method: 'INVITE', body: offerOf('caller') } as const

/** Nothing is sent but to who asked and to the trunk, and no line that the test made up goes on. */
function isClean(t: { same(a: unknown, b: unknown, says: string): unknown }, { net, peers }: Scene): void {
  const elsewhere = net.log.filter(
    ({ from, to }) => from === SOTTO && !['10.0.0.1', '10.0.0.3', '10.0.0.9'].includes(to),
  )
  t.same(elsewhere, [], 'nothing goes anywhere else')
  const evil = peers.agent.requests.flatMap(({ names }) => names.filter((name) => /evil|replaces|refer/.test(name)))
  t.same(evil, [], 'no header of theirs goes on')
}

type Row = readonly [says: string, sender: Sender, uri: string, expected: string, account?: string]
const numbers: readonly Row[] = [
  ['a number that is allowed', 'phone', `sip:+493012@${SOTTO}`, CALLED],
  ['the same by the realm', 'phone', 'sip:+493012@calls.example', CALLED],
  ['the same as tel URI', 'phone', 'tel:+49-30-12', CALLED],
  ['a stranger', 'stranger', `sip:+493012@${SOTTO}`, '401'],
  ['a stranger with a tel URI', 'stranger', 'tel:+493012', '401'],
  ['the trunk, which would call out through itself', 'trunk', `sip:+493012@${SOTTO}`, '404'],
  ['the trunk, by a tel URI', 'trunk', 'tel:+493012', '404'],
  ['another country', 'phone', `sip:+881612@${SOTTO}`, '403'],
  ['another country as tel URI', 'phone', 'tel:+881612', '403'],
  ['a premium number below an allowed beginning', 'phone', `sip:+499001234@${SOTTO}`, '403'],
  ['a premium number with separators', 'phone', `sip:+49-900.1234@${SOTTO}`, '403'],
  ['a premium number as tel URI', 'phone', 'tel:+49(900)1234', '403'],
  ['a number that this phone may not call', 'phone', `sip:+498912@${SOTTO}`, '403', 'bob'],
  ['one that it may', 'phone', `sip:+493012@${SOTTO}`, CALLED, 'bob'],
  ['the host of somebody else', 'phone', 'sip:+493012@evil.example', '404'],
  ['the address of somebody else', 'phone', 'sip:+493012@10.0.0.66', '404'],
  ['the address of somebody else with a port', 'phone', 'sip:+493012@10.0.0.66:5070;transport=tcp', '404'],
  ['a parameter behind an allowed number', 'phone', `sip:+493012;phone-context=+1900@${SOTTO}`, '403'],
  ['an escaped parameter', 'phone', `sip:+493012%3Bphone-context=+1900@${SOTTO}`, '403'],
  ['an escaped host', 'phone', `sip:+493012%4010.0.0.66@${SOTTO}`, '403'],
  ['escaped line ends', 'phone', `sip:+493012%0D%0AX-Evil:%201@${SOTTO}`, '403'],
  ['an escaped end of a text', 'phone', `sip:+493012%00@${SOTTO}`, '403'],
  ['headers in the URI', 'phone', `sip:+493012@${SOTTO}?X-Evil=1`, '400'],
]
for (const [says, sender, uri, expected, account] of numbers) {
  t.test(`${says}: ${expected}`, async (t) => {
    const scene = await sipScene(CONFIG())
    t.equal(await askOutside(scene, sender, { ...INVITE, uri }, account), expected)
    isClean(t, scene)
    t.same(await scene.close(), [])
  })
}

t.test('with domains configured nothing else is ours', async (t) => {
  for (const [uri, expected] of [
    ['sip:+493012@sip.example', CALLED],
    [`sip:+493012@${SOTTO}`, CALLED],
    ['sip:+493012@other.example', '404'],
  ] as const) {
    const scene = await sipScene(CONFIG(', domains: [sip.example]'))
    const headers: readonly Line[] = [['From', '<sip:alice@other.example>;tag=outside']]
    t.equal(await askOutside(scene, 'phone', { ...INVITE, uri, headers }), expected, uri)
    await scene.close()
  }
})

t.test('without domains a phone may write the name that it is under itself', async (t) => {
  const scene = await sipScene(CONFIG())
  const headers: readonly Line[] = [['From', '<sip:alice@sip.example>;tag=outside']]
  t.equal(await askOutside(scene, 'phone', { ...INVITE, uri: 'sip:+493012@sip.example', headers }), CALLED)
  await scene.close()
})

const tricks: readonly (readonly [says: string, sender: Sender, request: Partial<Outside>])[] = [
  ['line ends in the number, sent on to a PBX', 'trunk', { uri: `sip:0%0D%0AX-Evil:%201%0D%0A@${SOTTO}` }],
  ['brackets in the number, sent on to a PBX', 'trunk', { uri: `sip:0%3E%3Bevil@${SOTTO}` }],
  ['line ends in who calls', 'trunk', { headers: [['From', '<sip:e%0D%0AX-Evil:1@10.0.0.1>;tag=outside']] }],
  [
    'line ends in the name of who calls',
    'trunk',
    { headers: [['From', '"e\\\r\\\nX-Evil: 1" <sip:e@10.0.0.1>;tag=outside']] },
  ],
  [
    'line ends in an asserted identity',
    'trunk',
    { headers: [['P-Asserted-Identity', '"e%0d%0aX-Evil: 1" <sip:e%0D%0AX-Evil:1@x>']] },
  ],
  ['a header with a space before its colon', 'trunk', { headers: [['X-Evil ', '1']] }],
  ['a Route to somebody else', 'trunk', { headers: [['Route', '<sip:10.0.0.66;lr>']] }],
  ['a call to be replaced', 'trunk', { headers: [['Replaces', '*']] }],
  [
    'a Record-Route and a Contact of somebody else',
    'phone',
    {
      headers: [
        ['Record-Route', '<sip:10.0.0.66;lr>'],
        ['Contact', '<sip:a@10.0.0.66>'],
      ],
    },
  ],
]
for (const [says, sender, request] of tricks) {
  t.test(`${says}: nothing of it goes on`, async (t) => {
    const scene = await sipScene(CONFIG())
    const seen = await askOutside(scene, sender, { ...INVITE, uri: `sip:012@${SOTTO}`, ...request })
    t.match(seen, /^(?:the agent is called|4\d\d)$/)
    isClean(t, scene)
    await scene.close()
  })
}

t.test('a phone cannot say who it is', async (t) => {
  const scene = await sipScene(CONFIG())
  const headers: readonly Line[] = [['P-Asserted-Identity', '<sip:boss@calls.example>']]
  t.equal(await askOutside(scene, 'phone', { ...INVITE, uri: `sip:+493012@${SOTTO}`, headers }), CALLED)
  const invite: SipRequest = scene.peers.agent.last('INVITE')
  t.equal(headerOf(invite, 'p-asserted-identity'), `<sip:alice@${SOTTO}>`, 'it is the account that it proved')
  isClean(t, scene)
  await scene.close()
})

t.test('a trunk says whose call it is only where that is believed', async (t) => {
  for (const [trusted, from] of [
    [false, 'alice'],
    [true, '+4917'],
  ] as const) {
    const config = CONFIG().replace('sendIdentity: true', `sendIdentity: true, trustIdentity: ${trusted}`)
    const scene = await sipScene(config)
    const headers: readonly Line[] = [['P-Asserted-Identity', '<sip:+4917@elsewhere.example>']]
    t.equal(await askOutside(scene, 'trunk', { ...INVITE, uri: `sip:012@${SOTTO}`, headers }), CALLED)
    t.match(
      scene.bench.events.find(({ type }) => type === 'call.arrived'),
      { from },
    )
    await scene.close()
  }
})

t.test('a caller who asks for privacy is anonymous to the agent and in the list of calls', async (t) => {
  for (const [privacy, from] of [
    ['id', 'anonymous'],
    ['none', 'alice'],
    ['session; user ;critical', 'anonymous'],
  ] as const) {
    const scene = await sipScene(CONFIG())
    const headers: readonly Line[] = [['Privacy', privacy]]
    t.equal(await askOutside(scene, 'trunk', { ...INVITE, uri: `sip:012@${SOTTO}`, headers }), CALLED)
    t.match(
      scene.bench.events.find(({ type }) => type === 'call.arrived'),
      { from },
    )
    const invite: SipRequest = scene.peers.agent.last('INVITE')
    t.equal(/alice/.test(headerOf(invite, 'from') ?? ''), from === 'alice', privacy)
    await scene.close()
  }
})

t.test('a trunk that gets the identity of such a caller is told to keep it', async (t) => {
  const scene = await sipScene(CONFIG())
  const headers: readonly Line[] = [['Privacy', 'id']]
  t.equal(await askOutside(scene, 'phone', { ...INVITE, uri: `sip:+493012@${SOTTO}`, headers }), CALLED)
  const invite: SipRequest = scene.peers.agent.last('INVITE')
  t.match(headerOf(invite, 'from'), /anonymous@anonymous\.invalid/)
  t.match(headerOf(invite, 'p-asserted-identity'), /alice/)
  t.equal(headerOf(invite, 'privacy'), 'id')
  await scene.close()
})
