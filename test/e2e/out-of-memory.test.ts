/**
 * A server whose memory runs short: new calls get 503 with a cause, the call that runs goes on with all that belongs to it, and calls are taken
 * again once there is room.
 */

import t from 'tap'
import { addressSpace, memoryGroup } from '../peers/small-memory.ts'
import { CANARY, startSotto } from '../peers/sotto.ts'
import { checkClean, checkParted, dial, hearEachOther, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** Below what is left free, and so much that nothing is killed. */
const LEFT_MEGABYTES = 48

t.test('memory runs short', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const memories = [memoryGroup(t), addressSpace()].filter((each) => each !== undefined)
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    admission: 'admission: { mediaLateMs: 1000, controlLateMs: 5000, freeMegabytes: 64 }',
  })
  const { control, media, vault } = sotto.processes()
  for (const memory of memories) memory.take([control, ...media, ...vault])
  const talking = await talk(t, sotto)
  const agent = await sotto.agent({ user: 'agent-2', password: 'agent-password-2' })
  const caller = await sotto.caller({ user: '+4930999' })
  const refusesFor = async (code: string | undefined) => {
    const endMs = performance.now() + 60_000
    for (;;) {
      const { body } = await sotto.server.request('GET', '/api/v1/status')
      const { takesCalls, fault } = (body as { admission: { takesCalls: boolean; fault?: string } }).admission
      if (fault === code && takesCalls === (code === undefined)) return
      if (performance.now() > endMs) throw new Error(`takes calls: ${takesCalls}, ${fault}`)
      await new Promise((again) => setTimeout(again, 50))
    }
  }

  for (const memory of memories) {
    await t.test(memory.name, async (t) => {
      memory.leave(LEFT_MEGABYTES)
      await refusesFor('control.memory-short')
      await t.rejects(caller.call('101'), /503/, 'new calls are refused')
      await talking.caller.hold()
      await talking.caller.resume()
      const session = await talking.secure()
      await session.enter(CANARY)
      t.match((await session.event('secure.ended', 60_000))['outcome'], { result: 'accepted' })
      await checkParted(t, talking, session)
      await hearEachOther(t, talking)
      memory.lift()
      await refusesFor(undefined)
      const next = await dial(sotto, caller, agent, '101', sotto.events.length)
      await hearEachOther(t, next)
      await caller.signalling.hangUp()
      await next.over()
      await hearEachOther(t, talking)
    })
  }
  t.match(sotto.log(), /"fault":"control\.memory-short"/, 'the log has the cause')
  await checkClean(t, sotto)
})
