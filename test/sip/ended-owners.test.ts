/** Transactions are kept for half a minute after a call; the call itself and who was told of it are not. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { OutgoingSession } from '../../src/sip/index.ts'
import { type Endpoint, endpoint, type Notes, notes } from './endpoints.ts'
import { type MemoryNet, memoryNet } from './memory-wire.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** @returns whether something is still held, after everything that may be was collected. */
async function isHeld(it: WeakRef<object>): Promise<boolean> {
  // A reference that was read in this turn of the event loop is kept until its end.
  for (let tries = 0; tries < 3; tries++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  return it.deref() !== undefined
}

/** @returns a call, of whose own things one is noted: its route. */
function begin(caller: Endpoint, events: Notes, owners: WeakRef<object>[]): OutgoingSession {
  const route = ['<sip:10.0.0.2;lr>']
  owners.push(new WeakRef(route))
  const from = { displayName: 'Caller', uri: 'sip:caller@10.0.0.1', user: 'caller' }
  return caller.sip.invite({ target: { uri: 'sip:42@10.0.0.2', route }, from, events, body: 'offer' })
}

/** A call that was ended a moment ago. */
async function ended(net: MemoryNet, how: 'answered' | 'refused') {
  const caller = await endpoint(net, '10.0.0.1')
  const owners: WeakRef<object>[] = []
  const callee = await endpoint(net, '10.0.0.2', (session) => {
    const down = notes()
    owners.push(new WeakRef(down))
    session.attach(down)
    owners.push(new WeakRef(session))
    if (how === 'answered') session.accept('answer')
    else session.reject(486)
  })
  const up = notes()
  owners.push(new WeakRef(up))
  const session = begin(caller, up, owners)
  await net.run(100)
  session.end()
  await net.run(100)
  callee.incoming.length = 0
  return { caller, callee, owners, told: [...up.told] }
}

for (const how of ['answered', 'refused'] as const) {
  t.test(`a call that was ${how} and its owners are let go at its end`, async (t) => {
    const net = memoryNet()
    const { caller, callee, owners, told } = await ended(net, how)
    t.strictSame(told, how === 'answered' ? ['answered answer', 'ended us'] : ['refused 486'])
    t.ok(Number(caller.sip.stats()['clientTransactions']) > 0, 'its transactions are there')
    t.ok(Number(callee.sip.stats()['serverTransactions']) > 0)
    t.strictSame(await Promise.all(owners.map(isHeld)), [false, false, false, false])
    await net.run(70_000, 500)
    for (const { sip, defects } of [caller, callee]) {
      t.strictSame(defects, [])
      t.match(sip.stats(), { clientTransactions: 0, serverTransactions: 0, dialogs: 0, sessions: 0 })
    }
  })
}
