/** The states a leg of a call can be in, and how messages bring it there. */

import { headerOf } from '../../src/sip/message.ts'
import { offerOf, type Scene, type Side, sipScene } from './sip-scene.ts'

/** Every state of the leg whose far end called us, with what it means. */
export const CALLER_STATES = {
  called: 'its INVITE has 100; a media process is asked for a port',
  ringing: 'it was told 180',
  early: 'it was told 183 with our answer, unreliably',
  agreed: 'it was told 183 with our answer, reliably, and sent its PRACK (RFC 3262)',
  answered: 'it was told 200, and its ACK has not come',
  confirmed: 'both speak',
  held: 'it has put us on hold',
  offering: 'a re-INVITE of ours waits for its answer',
  secure: 'its sound is in the vault',
  ending: 'our BYE waits for its answer',
  over: 'its BYE was answered',
} as const

/** Every state of the leg that we called. */
export const AGENT_STATES = {
  called: 'our INVITE has 100; it has no dialog yet',
  ringing: 'it said 180',
  early: 'it said 183 with its answer, unreliably',
  agreed: 'it said 183 with its answer, reliably, and got our PRACK',
  confirmed: 'both speak',
  held: 'it has put us on hold',
  offering: 'a re-INVITE of ours waits for its answer',
  secure: 'it hears music while the caller is in the vault',
  cancelled: 'our CANCEL waits for the 487',
  ending: 'our BYE waits for its answer',
  over: 'its BYE was answered',
} as const

export type CallerState = keyof typeof CALLER_STATES
export type AgentState = keyof typeof AGENT_STATES

const RELIABLE = [['Require', '100rel']] as const
/** The refresher is whoever is named here, which is us; it does so after 45 s. */
const refreshedBy = (refresher: 'uac' | 'uas') =>
  ({
    headers: [
      ['Supported', 'timer'],
      ['Session-Expires', `90;refresher=${refresher}`],
    ],
  }) as const

/** @returns a scene in which the caller's leg is in a state. */
export async function withCaller(state: CallerState): Promise<Scene> {
  const scene = await sipScene()
  switch (state) {
    case 'called':
      scene.bench.media.hold('open')
      await scene.invite()
      return scene
    case 'ringing':
      await scene.invite()
      return said(scene, 180)
    case 'early':
      await scene.invite()
      return said(scene, 183)
    case 'agreed':
      await scene.invite({ headers: RELIABLE })
      await said(scene, 183)
      return pracked(scene)
    case 'answered':
      await scene.invite()
      return said(scene, 200)
    case 'offering':
      await scene.invite(refreshedBy('uas'))
      await confirmed(scene)
      await scene.net.run(46_000, 1000)
      return scene
    case 'ending':
      return ended(scene, 'agent')
    case 'over':
      return ended(scene, 'caller')
    default:
      return standing(scene, 'caller', state)
  }
}

/** @returns a scene in which the agent's leg is in a state. */
export async function withAgent(state: AgentState): Promise<Scene> {
  const scene = await sipScene()
  switch (state) {
    case 'called':
      await scene.invite()
      return said(scene, 100)
    case 'ringing':
      await scene.invite()
      return said(scene, 180)
    case 'early':
      await scene.invite()
      return said(scene, 183)
    case 'agreed':
      await scene.invite()
      scene.answer(183, { sdp: true, headers: [...RELIABLE, ['RSeq', '7']] })
      await scene.run()
      scene.respond('agent', scene.peers.agent.last('PRACK'), 200)
      await scene.run()
      return scene
    case 'offering':
      await scene.invite()
      scene.answer(200, { sdp: true, ...refreshedBy('uac') })
      await scene.run()
      scene.ack('caller', 1)
      await scene.net.run(46_000, 1000)
      return scene
    case 'cancelled':
      await scene.invite()
      await said(scene, 180)
      scene.ask('caller', 'CANCEL', { branch: 'invite', cseq: 1, toTag: '' })
      await scene.run()
      return scene
    case 'ending':
      return ended(scene, 'caller')
    case 'over':
      return ended(scene, 'agent')
    default:
      return standing(scene, 'agent', state)
  }
}

/** The agent's far end says something about our INVITE. */
async function said(scene: Scene, status: number): Promise<Scene> {
  scene.answer(status, { sdp: status > 180 })
  await scene.run()
  return scene
}

/** The caller acknowledges our newest reliable provisional. */
export async function pracked(scene: Scene): Promise<Scene> {
  const rseq = headerOf(scene.response('caller', 183), 'rseq')
  scene.ask('caller', 'PRACK', { headers: [['RAck', `${rseq} 1 INVITE`]] })
  await scene.run()
  return scene
}

/** The agent's far end answers, and the caller's ACK comes. */
export async function confirmed(scene: Scene): Promise<Scene> {
  await said(scene, 200)
  scene.ack('caller', 1)
  await scene.run()
  return scene
}

async function standing(scene: Scene, side: Side, state: 'confirmed' | 'held' | 'secure'): Promise<Scene> {
  await scene.invite()
  await confirmed(scene)
  if (state === 'held') {
    const cseq = scene.ask(side, 'INVITE', { body: offerOf(side, { direction: 'sendonly', version: 2 }) })
    await scene.run()
    scene.ack(side, cseq)
    await scene.run()
  }
  if (state === 'secure') await secured(scene)
  return scene
}

/** A secure session runs, and the vault has the caller. */
export async function secured(scene: Scene): Promise<Scene> {
  const callId = scene.bench.calls.list()[0]?.callId ?? ''
  await scene.bench.calls.startSecureSession(callId, { fields: [], startedBy: { by: 'token' } })
  await scene.run(200)
  scene.bench.vault.last.began()
  await scene.run()
  return scene
}

async function ended(scene: Scene, by: Side): Promise<Scene> {
  await scene.invite()
  await confirmed(scene)
  scene.ask(by, 'BYE')
  await scene.run()
  return scene
}
