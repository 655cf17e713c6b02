/**
 * A re-INVITE of ours that crosses one of the far end, through the whole server over UDP with sound (RFC 3261 section 14.1). The vault dies in a
 * secure session, so the caller is given a fresh port by re-INVITE; in that moment the caller holds. Each gets 491, and each tries again.
 */

import t from 'tap'
import { pause } from '../../src/demo/waiting.ts'
import { type SipRequest, sdpOf } from '../../src/sip/message.ts'
import { holds, type RaceLeg, raceEnd } from '../peers/race-ends.ts'
import { behave } from '../peers/race-plays.ts'
import { startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(120_000)

/** What who owns the Call-ID waits at least, ms; who does not waits less (RFC 3261 section 14.1). */
const OWNER_MS = 2100
const LIMIT_MS = 20_000

async function hearEachOther(caller: RaceLeg, agent: RaceLeg): Promise<boolean> {
  const [fromAgent, fromCaller] = [caller.heard.length, agent.heard.length]
  const endMs = performance.now() + LIMIT_MS
  while (caller.heard.length === fromAgent || agent.heard.length === fromCaller) {
    if (performance.now() > endMs) return false
    caller.speak()
    agent.speak()
    await pause(40)
  }
  return true
}

const directionOf = (sdp: string | undefined) => /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(sdp ?? '')?.[1]

t.test('our re-INVITE crosses that of the caller: both get 491, and both are answered in the end', async (t) => {
  const validation = await startValidationPeer()
  const ends = { caller: await raceEnd('caller', TRUNK_ADDRESS), agent: await raceEnd('agent', '127.0.0.1') }
  t.teardown(() => Promise.all([ends.caller.close(), ends.agent.close(), validation.close()]))
  const { address, port } = ends.agent.where
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    pbxUri: `sip:agent@${address}:${port}`,
  })
  for (const end of [ends.caller, ends.agent]) end.connect({ address: '127.0.0.1', port: sotto.sipPort })
  let agent: RaceLeg | undefined
  ends.agent.onCall = (leg, invite) => {
    agent = leg
    behave(leg)
    leg.respond(invite, 200, { sdp: true })
  }
  const caller = ends.caller.leg('glare@caller', 1)
  behave(caller)
  t.equal((await caller.call(`sip:300@127.0.0.1:${sotto.sipPort}`, 'race1')).status, 200)
  const { callId } = await sotto.event(({ type }) => type === 'call.bridged', 'bridged')
  if (agent === undefined) throw new Error('the agent was not called')
  t.ok(await hearEachOther(caller, agent), 'they hear each other')
  t.equal((await sotto.startSecureSession(String(callId))).status, 202)
  await sotto.event(({ type }) => type === 'secure.asking', 'asked')

  /** Re-INVITEs of ours, and when they came. */
  const ours: { readonly request: SipRequest; readonly atMs: number }[] = []
  let crossing: Promise<number> | undefined
  behave(caller, (request) => {
    if (request.method !== 'INVITE') return false
    ours.push({ request, atMs: performance.now() })
    if (crossing !== undefined) return false
    // It has left before the other one is refused.
    crossing = caller.ask('INVITE', { body: caller.sdp('sendonly') })
    caller.respond(request, 491)
    return true
  })
  const [vault] = sotto.processes().vault
  if (vault === undefined) throw new Error('no vault')
  process.kill(vault, 'SIGKILL')
  t.ok(await holds(() => crossing !== undefined, LIMIT_MS), 'we send a re-INVITE')
  t.equal(await crossing, 491, 'the one that crosses it is refused')
  t.ok(await holds(() => ours.length > 1, LIMIT_MS), 'ours comes again')
  const [first, second] = ours
  t.equal(directionOf(sdpOf(second?.request ?? fail())), directionOf(sdpOf(first?.request ?? fail())), 'as it was')
  t.ok(await sotto.event(({ type }) => type === 'secure.rejoined', 'rejoined', LIMIT_MS))
  t.ok(await hearEachOther(caller, agent), 'they hear each other at the fresh port')
  t.equal(ours.length, 2, 'and it is not sent once more')

  // The caller has made the Call-ID, and tries again later than we.
  await pause(OWNER_MS)
  t.equal(await caller.ask('INVITE', { body: caller.sdp('sendonly') }), 200, 'now the caller holds')
  await sotto.event(({ type }) => type === 'call.held', 'held')
  const retrieved = sotto.event(({ type }) => type === 'call.retrieved', 'retrieved')
  t.equal(await caller.ask('INVITE', { body: caller.sdp('sendrecv') }), 200)
  await retrieved
  t.ok(await hearEachOther(caller, agent), 'they hear each other again')
  t.strictSame([...caller.flaws, ...agent.flaws], [])
  t.notOk(caller.isOver || agent.isOver, 'the call stands')
  t.equal(await caller.ask('BYE'), 200)
  t.ok(await holds(() => agent?.isOver === true, LIMIT_MS))
  t.notMatch(sotto.log(), /sip\.defect|control\.failed/)
})

function fail(): never {
  throw new Error('no re-INVITE came')
}
