/** Session-ID (RFC 7989) through the whole of signalling: what both far ends are told of each other, in every kind of message. */

import t, { type Test } from 'tap'
import { type Headers, headerOf } from '../../src/sip/message.ts'
import { NIL_UUID } from '../../src/sip/session-ids.ts'
import type { Line } from '../../src/sip/write-message.ts'
import { bye } from '../peers/sip-plays.ts'
import { offerOf, type Scene, type Side, sipScene } from '../peers/sip-scene.ts'
import { confirmed, secured } from '../peers/sip-states.ts'

const A = 'ab30317f1a784dc48ff824d0d3715d86'
const B = '47755a9de7794ba387653f2099600ef2'

const idOf = (message: Headers) => headerOf(message, 'session-id')
const says = (local: string, remote = NIL_UUID): Line => ['Session-ID', `${local};remote=${remote}`]

async function close(t: Test, scene: Scene): Promise<void> {
  t.strictSame(await scene.close(), [])
}

/** Every message that came to a side so far. */
const cameTo = (scene: Scene, side: Side) => [...scene.peers[side].responses, ...scene.peers[side].requests]

t.test('each far end hears of the other, whole, from the first message that can say so', async (t) => {
  const scene = await sipScene()
  await scene.invite({ headers: [says(A)] })
  t.equal(idOf(scene.response('caller', 100)), `${NIL_UUID};remote=${A}`, 'nobody has answered yet')
  t.equal(idOf(scene.peers.agent.last('INVITE')), `${A};remote=${NIL_UUID}`)
  scene.answer(200, { sdp: true, headers: [says(B, A)] })
  await scene.run()
  scene.ack('caller', 1)
  await scene.run()
  t.equal(idOf(scene.response('caller', 200)), `${B};remote=${A}`)
  t.equal(idOf(scene.peers.agent.last('ACK')), `${A};remote=${B}`)
  const [call] = scene.bench.calls.list()
  t.match(call, { callerLeg: { sessionUuid: A }, agentLeg: { sessionUuid: B } })
  t.match(scene.bench.events, [{ type: 'call.arrived', sessionUuid: A }])
  t.match(
    scene.bench.events.filter(({ type }) => type === 'call.bridged'),
    [{ callerUuid: A, agentUuid: B }],
  )

  const held = scene.ask('agent', 'INVITE', {
    body: offerOf('agent', { direction: 'sendonly', version: 2 }),
    headers: [says(B, A)],
  })
  await scene.run()
  scene.ack('agent', held)
  t.equal(idOf(scene.response('agent', 200, 'INVITE')), `${A};remote=${B}`, 'a re-INVITE')
  scene.ask('caller', 'INFO', { body: 'x', contentType: 'text/plain', headers: [says(A, B)] })
  scene.ask('caller', 'OPTIONS', { headers: [says(A, B), ['Require', 'nobody-knows']] })
  await scene.run()
  t.equal(idOf(scene.response('caller', 415)), `${B};remote=${A}`, 'an error response')
  t.equal(idOf(scene.response('caller', 420)), `${B};remote=${A}`, 'one that keeps nothing, too')
  await bye('caller')(scene)
  await scene.run()
  t.equal(idOf(scene.peers.agent.last('BYE')), `${A};remote=${B}`)
  t.notOk(
    cameTo(scene, 'caller').some((each) => idOf(each) === undefined),
    'it stands in every message',
  )
  t.notOk(cameTo(scene, 'agent').some((each) => idOf(each) === undefined))
  await close(t, scene)
})

t.test('for a far end that says nothing of itself one is made, the same through the whole call', async (t) => {
  const scene = await sipScene()
  await scene.invite()
  await confirmed(scene)
  const [ofCaller] = idOf(scene.peers.agent.last('INVITE'))?.split(';') ?? []
  const [ofAgent] = idOf(scene.response('caller', 200))?.split(';') ?? []
  t.match(ofCaller, /^[0-9a-f]{32}$/)
  t.match(ofAgent, /^[0-9a-f]{32}$/)
  t.not(ofCaller, ofAgent)
  t.equal(idOf(scene.response('caller', 200)), `${ofAgent};remote=${ofCaller}`)
  t.equal(idOf(scene.peers.agent.last('ACK')), `${ofCaller};remote=${ofAgent}`)
  await bye('agent')(scene)
  await scene.run()
  t.equal(idOf(scene.peers.caller.last('BYE')), `${ofAgent};remote=${ofCaller}`)
  await close(t, scene)
})

t.test('a refusal and a CANCEL carry it', async (t) => {
  const scene = await sipScene()
  await scene.invite({ headers: [says(A)] })
  scene.answer(180, { headers: [says(B, A)] })
  await scene.run()
  scene.ask('caller', 'CANCEL', { branch: 'invite', cseq: 1, toTag: '', headers: [says(A)] })
  await scene.run()
  t.equal(idOf(scene.peers.agent.last('CANCEL')), `${A};remote=${NIL_UUID}`, "the INVITE's own")
  t.equal(idOf(scene.response('caller', 487)), `${NIL_UUID};remote=${A}`)
  t.equal(idOf(scene.response('caller', 200, 'CANCEL')), `${NIL_UUID};remote=${A}`)
  await close(t, scene)
  const refused = await sipScene()
  await refused.invite({ headers: [says(A), ['Require', 'nobody-knows']] })
  t.equal(idOf(refused.response('caller', 420)), `${NIL_UUID};remote=${A}`)
  await close(t, refused)
})

t.test('an old peer that calls gets what it said, and the other end hears it as a half', async (t) => {
  const scene = await sipScene()
  await scene.invite({ headers: [['Session-ID', A]] })
  t.equal(idOf(scene.response('caller', 100)), A)
  t.equal(idOf(scene.peers.agent.last('INVITE')), `${A};remote=${NIL_UUID}`)
  await confirmed(scene)
  t.equal(idOf(scene.response('caller', 200)), A)
  await close(t, scene)
})

t.test('the signed record of a secure session names both, and nothing of it changes while one runs', async (t) => {
  const scene = await sipScene()
  await scene.invite({ headers: [says(A)] })
  scene.answer(200, { sdp: true, headers: [says(B, A)] })
  await scene.run()
  scene.ack('caller', 1)
  await scene.run()
  await secured(scene)
  t.match(scene.bench.trail.bodies[0], { kind: 'opened', callerUuid: A, agentUuid: B })
  scene.ask('agent', 'OPTIONS', { headers: [says(B, A)] })
  await scene.run()
  t.equal(idOf(scene.response('agent', 200, 'OPTIONS')), `${A};remote=${B}`)
  await close(t, scene)
})
