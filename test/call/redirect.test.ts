/** A trunk that answers 3xx: nobody goes there by default, and by policy only where it is allowed. */

import t from 'tap'
import { headerOf } from '../../src/sip/message.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { askOutside } from '../peers/sip-outside.ts'
import { offerOf, type Scene, SOTTO, sipScene } from '../peers/sip-scene.ts'
import { type ScriptedPeer, scriptedPeer } from '../sip/scripted-peer.ts'

const CONFIG = (redirects: string) => `
sip: { announcedAddress: ${SOTTO} }
media: { address: ${SOTTO}, codecs: [PCMA, PCMU] }
phones: [{ account: alice, password: a-password-of-tests }]
trunks:
  - name: carrier
    addresses: [10.0.0.1]
    outbound: { uri: 'sip:10.0.0.3' }
    credentials: { user: us, password: a-password-of-tests }
    allowDestinations: ['+49*']
    denyDestinations: ['+49900*']
    ${redirects}
routes: [{ from: phones, number: '+*', to: { trunk: carrier } }]
`
const FOLLOWED = CONFIG('redirects: { allowHosts: [10.0.0.3, 10.0.0.7], maxHops: 2 }')

/** A phone has dialled; the trunk says where else to look, and `other` is whom it names. */
async function dialled(text: string): Promise<readonly [Scene, ScriptedPeer]> {
  const scene = await sipScene(text)
  const other = await scriptedPeer(scene.net, '10.0.0.7', SOTTO)
  await askOutside(scene, 'phone', { method: 'INVITE', uri: `sip:+4930@${SOTTO}`, body: offerOf('caller') })
  return [scene, other]
}
const to = (...uris: string[]): readonly Line[] => [['Contact', uris.map((uri) => `<${uri}>`).join(', ')]]
const moved = async ({ peers, run }: Scene, contacts: readonly Line[], status = 302) => {
  peers.agent.respond(peers.agent.last('INVITE'), status, 'moved', contacts)
  await run(200)
}

const nowhere: readonly (readonly [says: string, text: string, contacts: readonly Line[]])[] = [
  ['by default', CONFIG(''), to('sip:+4931@10.0.0.7')],
  ['to a host that is not allowed', FOLLOWED, to('sip:+4931@10.0.0.66')],
  ['to a number of another country', FOLLOWED, to('sip:+881@10.0.0.7')],
  ['to a premium number', FOLLOWED, to('sip:+49900@10.0.0.7')],
  ['to what is no number', FOLLOWED, to('sip:+49%0D%0AX-Evil:1@10.0.0.7')],
  ['with headers for the next INVITE', FOLLOWED, to('sip:+4931@10.0.0.7?X-Evil=1')],
  ['to another scheme', FOLLOWED, to('tel:+4931', 'mailto:a@10.0.0.7')],
  ['to where it came from', FOLLOWED, to('sip:+4930@10.0.0.3')],
  ['to nobody', FOLLOWED, []],
  ['to what cannot be read', FOLLOWED, [['Contact', '<sip:+4931@10.0.0.7']]],
]
for (const [says, text, contacts] of nowhere) {
  t.test(`a call that is redirected ${says} is refused`, async (t) => {
    const [scene, other] = await dialled(text)
    await moved(scene, contacts)
    t.equal(other.count('INVITE') + scene.peers.agent.count('INVITE'), 1, 'nobody else is called')
    t.equal(scene.state(), 'over')
    t.match(scene.bench.events.at(-1), { type: 'call.ended', status: 480 })
    t.same(await scene.close(), [])
  })
}

t.test('a call that is redirected to an allowed host goes there, and shows no password', async (t) => {
  const [scene, other] = await dialled(FOLLOWED)
  await moved(scene, to('sip:+4931@10.0.0.7'))
  const invite = other.last('INVITE')
  t.equal(invite.uri, 'sip:+4931@10.0.0.7')
  other.respond(invite, 407, 'other', [['Proxy-Authenticate', 'Digest realm="r", nonce="n", qop="auth"']])
  await scene.run()
  t.equal(other.count('INVITE'), 1, 'a challenge is not answered')
  t.equal(headerOf(invite, 'proxy-authorization'), undefined)
  t.equal(scene.state(), 'over')
  t.same(await scene.close(), [])
})

t.test('the best is tried first, and the next when it refuses', async (t) => {
  const [scene, other] = await dialled(FOLLOWED)
  await moved(scene, [['Contact', '<sip:+491@10.0.0.7>;q=0.2, <sip:+492@10.0.0.7>;q=0.9']])
  t.equal(other.last('INVITE').uri, 'sip:+492@10.0.0.7')
  other.respond(other.last('INVITE'), 480, 'other')
  await scene.run(200)
  t.equal(other.last('INVITE').uri, 'sip:+491@10.0.0.7')
  other.respond(other.last('INVITE'), 200, 'last', [['Contact', '<sip:+491@10.0.0.7>']], offerOf('agent'))
  await scene.run(200)
  t.equal(scene.state(), 'bridged')
  other.onRequest = (request) => {
    if (request.method === 'BYE') other.respond(request, 200, 'last')
  }
  t.same(await scene.close(), [])
})

t.test('a call is sent on so many times and no more', async (t) => {
  const [scene] = await dialled(FOLLOWED)
  for (const uri of ['sip:+491@10.0.0.3', 'sip:+492@10.0.0.3', 'sip:+493@10.0.0.3']) await moved(scene, to(uri))
  t.same(
    scene.peers.agent.requests.filter(({ method }) => method === 'INVITE').map(({ uri }) => uri),
    ['sip:+4930@10.0.0.3', 'sip:+491@10.0.0.3', 'sip:+492@10.0.0.3'],
  )
  t.equal(scene.state(), 'over')
  t.same(await scene.close(), [])
})

t.test('who hangs up while the call is sent on ends it', async (t) => {
  const [scene, other] = await dialled(FOLLOWED)
  await moved(scene, to('sip:+4931@10.0.0.7'))
  other.respond(other.last('INVITE'), 180, 'other')
  await scene.run()
  const callId = scene.bench.calls.list()[0]?.callId ?? ''
  scene.bench.calls.hangUp(callId)
  await scene.run(200)
  t.equal(other.count('CANCEL'), 1)
  other.respond(other.last('CANCEL'), 200, 'other')
  other.respond(other.last('INVITE'), 487, 'other')
  t.same(await scene.close(), [])
})
