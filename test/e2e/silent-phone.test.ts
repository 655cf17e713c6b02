/** A phone that suppresses silence sends nothing while nobody speaks into it: it is asked by signalling, and keeps its call. */

import t, { type Test } from 'tap'
import { pause } from '../../src/demo/waiting.ts'
import { startSotto } from '../peers/sotto.ts'
import { hearEachOther, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(180_000)

/** So long that a few keys, a word and what a busy machine adds to them are not all the time. */
const SESSION_MS = 10_000

/** Longer than nothing may come without a question, and its answer (`src/call/quiet.ts`). */
const SILENT_MS = 37_000

/** A caller and an agent who talk. */
async function start(t: Test) {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
  })
  return { sotto, talking: await talk(t, sotto) }
}

t.test('an agent who says nothing for 37 s, and then speaks', async (t) => {
  const { sotto, talking } = await start(t)
  const { agent, caller, callId } = talking
  agent.sound.hush()
  await pause(SILENT_MS)
  t.notOk(
    sotto.events.some((event) => event.type === 'call.ended' && event['callId'] === callId),
    'the call stands',
  )
  caller.sound.forget()
  await agent.resume()
  await hearEachOther(t, talking)
})

t.test('a caller who only keys, an agent who says a word, and both listen afterwards: nothing is broken', async (t) => {
  const { sotto, talking } = await start(t)
  const { agent, caller, callId } = talking
  /** A phone sends while something is said or keyed, and not else. */
  const wake = ({ sound }: typeof agent) => sound.talkTo('127.0.0.1', sound.heard.at(-1)?.fromPort ?? 0)
  agent.sound.hush()
  caller.sound.hush()
  const session = await talking.secure()
  await session.asked(0)
  wake(caller)
  await talking.key('4111')
  await session.event('secure.progress', 5000, ({ keys }) => keys === 4)
  caller.sound.hush()
  wake(agent)
  await pause(500)
  agent.sound.hush()
  await pause(SESSION_MS)
  await sotto.server.request('DELETE', `/api/v1/calls/${callId}/secure-sessions/${session.sessionId}`)
  await session.event('secure.rejoined', 30_000)
  // Longer than the watch over the rejoin takes (`src/call/rejoin-watch.ts`).
  await pause(4000)
  t.notOk(
    session.events().some(({ type }) => type === 'secure.one-way'),
    'nobody is taken for one who cannot be heard',
  )
  wake(agent)
  wake(caller)
  await hearEachOther(t, talking)
})
