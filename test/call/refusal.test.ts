import t from 'tap'
import { bestStatus, mapStatus, reasonFor } from '../../src/call/refusal.ts'

const best: readonly (readonly [says: string, statuses: readonly number[], status: number])[] = [
  ['nobody said anything', [], 480],
  ['one is busy', [486], 486],
  ['busy says more than no answer', [480, 486, 408], 486],
  ['a global refusal says most', [486, 603], 603],
  ['what the callee said beats no answer', [480, 404], 404],
  ['no answer beats trouble on the way', [500, 480], 480],
  ['trouble is all there is', [503, 503], 500],
]
for (const [says, statuses, status] of best) {
  t.test(`${says}: ${statuses.join(', ')}`, async (t) => {
    t.equal(bestStatus(statuses), status)
  })
}

const mapped: readonly (readonly [from: number, to: number])[] = [
  [302, 480],
  [401, 500],
  [404, 404],
  [407, 500],
  [408, 408],
  [422, 480],
  [486, 486],
  [487, 480],
  [488, 488],
  [500, 500],
  [503, 500],
  [603, 603],
  [606, 606],
  [699, 603],
]
for (const [from, to] of mapped) {
  t.test(`a far side's ${from} is ${to} here`, async (t) => {
    t.equal(mapStatus(from), to)
  })
}

t.test('every status has a reason', async (t) => {
  t.same(reasonFor(486), { protocol: 'SIP', cause: 486, text: 'Busy Here' })
  t.same(reasonFor(499), { protocol: 'SIP', cause: 499, text: 'Call Failed' })
})
