/** A phone that suppresses silence sends nothing while nobody speaks into it: it is asked by signalling, and keeps its call. */

import t from 'tap'
import { pause } from '../../src/demo/waiting.ts'
import { startSotto } from '../peers/sotto.ts'
import { hearEachOther, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(120_000)

/** Longer than nothing may come without a question, and its answer (`src/call/quiet.ts`). */
const SILENT_MS = 37_000

t.test('an agent who says nothing for 37 s, and then speaks', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
  })
  const talking = await talk(t, sotto)
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
