/** Somebody who writes to the `call` room outside of any call, with doubles all round. */

import type { IncomingText } from '../../src/sip/index.ts'
import { type Bench, settle } from './call-bench.ts'
import { fakeAnswer } from './fake-answer.ts'
import { party } from './fake-sip.ts'

const TRUNK = { kind: 'trunk', trunk: 'carrier' } as const

/** By a trunk, unless `more` says otherwise. @returns what he is answered. */
export async function write(bench: Bench, to: string, more: Partial<IncomingText> = {}) {
  const answer = fakeAnswer()
  bench.calls.onText({
    body: Buffer.from('hello'),
    respond: answer.respond,
    origin: TRUNK,
    from: party('+4930123', 'carrier.example'),
    target: party(to, '198.51.100.1'),
    assertedIdentity: undefined,
    isPrivate: false,
    maxForwards: 69,
    localAddress: '198.51.100.1',
    ...more,
  })
  await settle()
  return answer
}
