/** Two endpoints that call each other over a wire in memory. */

import type { Test } from 'tap'
import type { IncomingSession } from '../../src/sip/index.ts'
import { call, type Endpoint, endpoint, type Notes, notes } from './endpoints.ts'
import { type MemoryNet, memoryNet } from './memory-wire.ts'

export type Pair = {
  readonly net: MemoryNet
  readonly caller: Endpoint
  readonly callee: Endpoint
  readonly up: Notes
  readonly down: Notes
  readonly incoming: () => IncomingSession
}

/** A caller at 10.0.0.1 and a callee at 10.0.0.2 that notes what it is told. */
export async function pair(onIncoming: (session: IncomingSession) => void = () => {}): Promise<Pair> {
  const net = memoryNet()
  const [up, down] = [notes(), notes()]
  const caller = await endpoint(net, '10.0.0.1')
  const callee = await endpoint(net, '10.0.0.2', (session) => {
    session.attach(down)
    onIncoming(session)
  })
  const incoming = () => {
    const [session] = callee.incoming
    if (session === undefined) throw new Error('no call came')
    return session
  }
  return { net, caller, callee, up, down, incoming }
}

/** A call that is answered and confirmed. */
export async function established(): Promise<Pair & { readonly session: ReturnType<typeof call> }> {
  const at = await pair((session) => session.accept('answer'))
  const session = call(at.caller, at.up)
  await at.net.run(200)
  return { ...at, session }
}

/** @returns how often a message whose text begins so was sent from an address. */
export function sent(net: MemoryNet, from: string, start: RegExp): number {
  return net.log.filter((each) => each.from === from && start.test(each.text)).length
}

/** After all timers nothing may be left, and nothing may have gone wrong inside. */
export async function isClean(t: Test, { net, caller, callee }: Pair): Promise<void> {
  await net.run(70_000, 500)
  for (const each of [caller, callee]) {
    t.strictSame(each.defects, [])
    t.match(each.sip.stats(), { clientTransactions: 0, serverTransactions: 0, dialogs: 0, sessions: 0 })
  }
  t.equal(net.clock.pending, 0, 'no timer is left')
}
