/**
 * Strangers who send too much, guess passwords, or hold connections and say nothing, while people talk: the call goes on whole, new calls come about,
 * others are answered, and nothing of it stays. The numbers are small; `bench/floods.ts` has those that count.
 */

import t from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { makeAuthority } from '../peers/authority.ts'
import { type FloodKind, hold, probe, startFlood } from '../peers/floods.ts'
import { startSotto } from '../peers/sotto.ts'
import { checkClean, hearEachOther, type Talk, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const STRANGER = '127.0.0.66'
const KINDS: readonly FloodKind[] = ['OPTIONS', 'REGISTER', 'INVITE', 'SUBSCRIBE', 'MESSAGE', 'garbage']
/** Of what one person sent, what the other must have got; a machine that is held up lets the rest go stale. */
const HEARD_PART = 0.97

/** Begins to count. @returns the function that waits until both have heard what the other sent meanwhile. */
function countSound({ caller, agent }: Talk): () => Promise<void> {
  const ways = [
    [caller.sound, agent.sound],
    [agent.sound, caller.sound],
  ].map(([from, to]) => ({ from, to, sent: from?.sent ?? 0, heard: to?.heard.length ?? 0 }))
  return async () => {
    for (const { from, to, sent, heard } of ways) {
      const wanted = heard + ((from?.sent ?? 0) - sent) * HEARD_PART
      await until(() => (to?.heard.length ?? 0) >= wanted, `${wanted.toFixed(0)} packets heard`, 10_000)
    }
  }
}

t.test('floods, and connections that say nothing', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const authority = makeAuthority()
  t.teardown(() => authority.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    tls: authority.issue(['DNS:sip.example.com']),
  })
  const first = await talk(t, sotto)
  const held = [
    ...(await hold(sotto.sipPort, 60, 'nothing')),
    ...(await hold(sotto.sipPort, 20, 'half-message')),
    ...(await hold(sotto.tlsPort, 20, 'half-hello')),
  ]
  t.teardown(() => {
    for (const one of held) one.close()
  })
  const allHeard = countSound(first)
  const floods = KINDS.map((kind, at) =>
    startFlood({ kind, from: STRANGER, port: sotto.sipPort, perSecond: 100, seed: at + 1 }),
  )
  t.teardown(async () => {
    for (const flood of floods) await flood.stop()
  })
  await until(() => floods.every(({ told }) => told.sent >= 50), 'every flood', 20_000)
  const second = await talk(t, sotto, { agent: { user: 'agent-2', password: 'agent-password-2' }, number: '101' })
  for (const transport of ['udp', 'tcp'] as const)
    t.type(await probe(transport, sotto.sipPort), 'number', `others are answered over ${transport}`)
  await until(() => floods.every(({ told }) => told.sent >= 150), 'enough of every flood', 20_000)
  await allHeard()
  await hearEachOther(t, first)
  await hearEachOther(t, second)
  for (const flood of floods) await flood.stop()
  const [sent, received] = [
    floods.reduce((sum, { told }) => sum + told.sentOctets, 0),
    floods.reduce((sum, { told }) => sum + told.receivedOctets, 0),
  ]
  t.ok(received > 0 && received <= 3 * sent, `${(received / sent).toFixed(2)} octets out for one in`)
  t.equal(floods.at(-1)?.told.received, 0, 'garbage is not answered')
  for (const { caller } of [first, second]) await caller.signalling.hangUp()
  await first.over()
  await second.over()
  await pause(50)
  t.notMatch(sotto.log(), /base\.internal/, 'nothing was unforeseen')
  await checkClean(t, sotto)
})
