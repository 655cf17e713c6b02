/** What the tests of calls ask of the bench again and again. */

import type { Bench } from './call-bench.ts'
import type { FakeOutgoing } from './fake-sip.ts'

/** The nth INVITE that was sent, from 1. */
export function sent(bench: Bench, nth: number): FakeOutgoing {
  const session = bench.sip.sent[nth - 1]
  if (session === undefined) throw new Error(`INVITE ${nth} was not sent`)
  return session
}

/** Everything that ended ended: no call, no port, no timer, no legs. */
export function nothingLeft(t: { same: (a: unknown, b: unknown, says: string) => boolean }, bench: Bench): void {
  t.same(bench.calls.list(), [], 'no call is left')
  t.same([...bench.media.hears.keys()], [], 'no port is left')
  t.same(bench.clock.pending, 0, 'no timer is left')
  t.same(
    bench.sip.sent.filter((each) => !each.over),
    [],
    'no leg is left',
  )
  t.same(bench.breaches, [], 'no breach')
}
