/** What the tests of calls ask of the bench again and again. */

import { makeOffer } from '../../src/sip/offer-answer.ts'
import { type Bench, settle } from './call-bench.ts'
import { type FakeIncoming, type FakeOutgoing, party } from './fake-sip.ts'
import { phoneAnswer, phoneMedia } from './phone-media.ts'

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

/** What is heard at the nth port that was opened: the id of another port, or a word. */
export function hears(bench: Bench, nth: number): string | undefined {
  const source = bench.media.hears.get(`port${nth}`)
  return source?.kind === 'port' ? source.portId : source?.kind
}

/** The agent's phone calls somebody for advice; who is called answers. */
export async function consult(bench: Bench, to: string): Promise<{ agent: FakeIncoming; other: FakeOutgoing }> {
  const agent = bench.incoming({
    to,
    offer: makeOffer(phoneMedia(6000)),
    from: party('agent'),
    origin: { kind: 'phone', account: 'agent' },
  })
  await settle()
  const other = bench.sip.sent.at(-1)
  if (other === undefined) throw new Error('nobody was rung')
  other.answer(phoneMedia(7000))
  await settle()
  other.reofferAnswer = (body) => ({ result: 'answered', body: phoneAnswer(body, phoneMedia(7000)) })
  return { agent, other }
}
