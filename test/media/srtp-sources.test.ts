/** A far end of SRTP that becomes another source, again and again, under one key. */

import t from 'tap'
import { aTicket } from '../../src/media/contract.ts'
import { legs, statsOf } from '../peers/srtp-legs.ts'

t.test('a media server that takes another source for each announcement is heard to the last one', async (t) => {
  const { stepped, caller, agent } = await legs()
  for (let announcement = 0; announcement < 100; announcement++) {
    caller.ssrc++
    for (let i = 0; i < 5; i++) {
      caller.say()
      stepped.step(20)
    }
  }
  t.match(await statsOf(stepped), { forged: 0, sources: 100 })
  t.ok(agent.level(620, 80) > -20)
  const released = await stepped.ask({ do: 'release', portId: 'caller' })
  t.ok(released.type === 'released' && aTicket(released.ticket), 'and a vault is told of all of them')
})
