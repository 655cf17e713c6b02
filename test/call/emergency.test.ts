/** Calls to emergency numbers, over the real stack: nothing refuses them, and nothing acts within them. */

import t from 'tap'
import type { SipOptions } from '../../src/sip/index.ts'
import { askOutside, type Sender } from '../peers/sip-outside.ts'
import { offerOf, type Scene, SOTTO, sipScene } from '../peers/sip-scene.ts'

const CONFIG = (from = '') => `
sip: { announcedAddress: ${SOTTO} }
media: { address: ${SOTTO}, codecs: [PCMA, PCMU] }
phones: [{ account: alice, password: a-password-of-tests, allowDestinations: [] }]
trunks:
  - { name: carrier, addresses: [10.0.0.1], maxCalls: 1, denyDestinations: ['1*'], outbound: { uri: 'sip:10.0.0.3' } }
routes:
  - { number: '42', to: { uri: 'sip:10.0.0.3' } }
  - { number: '*', to: { phone: alice } }
emergency: { numbers: ['112'], trunk: carrier, fromTrunks: [${from}] }
`
const INVITE = { method: 'INVITE', uri: `sip:112@${SOTTO}`, body: offerOf('caller') } as const
const CALLED = 'the agent is called'

const rows: readonly (readonly [says: string, sender: Sender, expected: string, from?: string, uri?: string])[] = [
  ['a phone', 'phone', CALLED],
  ['a phone that writes another host', 'phone', CALLED, '', 'sip:112@sos.example'],
  ['a phone that dials a tel URI', 'phone', CALLED, '', 'tel:112'],
  ['a phone that dials a longer number', 'phone', '480', '', `sip:1120@${SOTTO}`],
  ['a trunk that may', 'trunk', CALLED, 'carrier'],
  ['a trunk that may not', 'trunk', '480'],
  ['a trunk that may, while no calls are taken', 'draining', CALLED, 'carrier'],
  ['a trunk that may not, while no calls are taken', 'draining', '503 Retry-After'],
  ['a stranger', 'stranger', '401'],
]
for (const [says, sender, expected, from, uri = INVITE.uri] of rows) {
  t.test(`${says}: ${expected}`, async (t) => {
    const scene = await sipScene(CONFIG(from))
    if (sender === 'draining') scene.sip.drain(30)
    t.equal(await askOutside(scene, sender, { ...INVITE, uri }), expected)
    if (expected === CALLED) t.equal(scene.peers.agent.last('INVITE').uri, 'sip:112@10.0.0.3')
    t.same(await scene.close(), [])
  })
}

const FULL: readonly (readonly [says: string, options: Partial<SipOptions>, isMediaFull: boolean, refused: string])[] =
  [
    ['the server is too late for new calls', { isBusy: () => true }, false, '503 Retry-After'],
    ['as many sessions stand as may', { maxSessions: 0 }, false, '503 Retry-After'],
    ['every media process is late', {}, true, '503 Retry-After'],
  ]
for (const [says, options, isMediaFull, refused] of FULL) {
  t.test(`${says}: an emergency number passes, and no other`, async (t) => {
    for (const [number, expected] of [
      ['112', CALLED],
      ['42', refused],
    ] as const) {
      const scene = await sipScene(CONFIG(), options)
      scene.bench.media.full = isMediaFull
      t.equal(await askOutside(scene, 'phone', { ...INVITE, uri: `sip:${number}@${SOTTO}` }), expected, number)
      t.same(await scene.close(), [])
    }
    const scene = await sipScene(CONFIG(), options)
    t.equal(await askOutside(scene, 'stranger', INVITE), '401', 'who calls has to prove it all the same')
    t.same(await scene.close(), [])
  })
}

t.test('neither the pace nor the number of calls of its trunk stops it', async (t) => {
  const text = CONFIG('carrier').replace('maxCalls: 1', 'maxCalls: 1, maxCallsPerSecond: 1')
  const scene = await sipScene(text)
  await scene.invite()
  scene.peers.agent.requests.length = 0
  t.match(await askOutside(scene, 'trunk', { ...INVITE, uri: `sip:42@${SOTTO}` }), /^(?:486|503)/, 'no other')
  const other = await sipScene(text)
  await other.invite()
  other.peers.agent.requests.length = 0
  t.equal(await askOutside(other, 'trunk', INVITE), CALLED)
  for (const each of [scene, other]) t.same(await each.close(), [])
})

/** A phone has called the emergency number while the server drains and its trunk is full, and was answered. */
async function answered(): Promise<Scene> {
  const scene = await sipScene(CONFIG())
  await scene.invite()
  scene.peers.agent.requests.length = 0
  scene.sip.drain(30)
  void scene.bench.calls.drain()
  await askOutside(scene, 'phone', INVITE)
  scene.answer(200, { sdp: true })
  await scene.run()
  return scene
}

t.test('neither a full trunk nor draining refuses it, and it stands in the record', async (t) => {
  const scene = await answered()
  t.match(
    scene.bench.calls.list().map(({ to, state, isEmergency }) => [to, state, isEmergency]),
    [
      ['42', 'ringing', false],
      ['112', 'bridged', true],
    ],
  )
  t.match(scene.bench.calls.trunks(), [{ trunk: 'carrier', calls: 1 }], 'it takes no line')
  const arrived = scene.bench.events.filter(({ type }) => type === 'call.arrived')
  t.same(
    arrived.map((event) => 'isEmergency' in event && event.isEmergency),
    [false, true],
  )
  t.same(await scene.close(), [])
})

t.test('no feature code is listened for, and no secure session starts', async (t) => {
  const scene = await answered()
  t.same(
    scene.bench.media.ports.map(({ listens }) => listens),
    scene.bench.media.ports.map(() => false),
  )
  const callId = scene.bench.calls.list().at(-1)?.callId ?? ''
  const request = { fields: [], startedBy: { by: 'token' } } as const
  t.equal(scene.bench.calls.whyNot(callId, request)[0], 'secure.emergency-call')
  await t.rejects(scene.bench.calls.startSecureSession(callId, request), { code: 'secure.emergency-call' })
  t.same(await scene.close(), [])
})
