/** The walk through a program, and the runs it leaves. */

import t from 'tap'
import type { CapturePlan, Run } from '../../src/vault/capture-terms.ts'
import type { PlanStep } from '../../src/vault/contract.ts'
import { firstRun, walk, without } from '../../src/vault/program.ts'
import { accepted, declined } from './capture-words.ts'
import { fieldOf } from './plans.ts'

const of = (...steps: PlanStep[]): CapturePlan => ({
  fields: [fieldOf('card-number'), fieldOf('pin'), fieldOf('digits')],
  steps,
  sessionMs: 60_000,
})
const say: PlanStep = { do: 'say', clips: ['a', 'b'], bargeIn: true }
const collect = (field: number): PlanStep => ({ do: 'collect', field })
const failed = { result: 'failed', reason: 'validation-timed-out' } as const
const branch: PlanStep = { do: 'branch', accepted: 1, declined: 2, failed: 3 }
const repeat: PlanStep = { do: 'repeat', fields: [0, 2], from: 1, times: 2, otherwise: 3 }

const rows: readonly {
  readonly it: string
  readonly of: CapturePlan
  readonly from?: Partial<Run>
  readonly ahead?: boolean
  readonly halt: ReturnType<typeof walk>['halt']
  readonly run?: Partial<Run>
  readonly forgotten?: readonly number[]
}[] = [
  {
    it: 'what is said takes its time',
    of: of(say),
    halt: { at: 'say', clips: ['a', 'b'], bargeIn: true },
    run: { step: 1 },
  },
  { it: 'what nobody hears does not', of: of({ ...say, clips: [] }, collect(1)), halt: { at: 'collect', field: 1 } },
  {
    it: 'a key passes over all that a key ends',
    of: of(say, say, collect(1)),
    ahead: true,
    halt: { at: 'collect', field: 1 },
  },
  {
    it: 'but not over what is said to the end',
    of: of({ ...say, bargeIn: false }, collect(1)),
    ahead: true,
    halt: { at: 'say', clips: ['a', 'b'], bargeIn: false },
  },
  {
    it: 'a field is asked for, and stays where the program stands',
    of: of(collect(1)),
    halt: { at: 'collect', field: 1 },
    run: { step: 0, asked: [1], items: [{ what: 'field', index: 1 }] },
  },
  {
    it: 'a field that is there is passed over',
    of: of(collect(1), collect(0)),
    from: { taken: [1] },
    halt: { at: 'collect', field: 0 },
    run: { step: 1 },
  },
  {
    it: 'items are noted in the order in which they come first, and once',
    of: of({ do: 'insert', insert: 1 }, { do: 'insert', insert: 0 }, { do: 'insert', insert: 1 }, collect(2)),
    halt: { at: 'collect', field: 2 },
    run: {
      items: [
        { what: 'insert', index: 1 },
        { what: 'insert', index: 0 },
        { what: 'field', index: 2 },
      ],
    },
  },
  { it: 'a request takes its time', of: of({ do: 'validate' }), halt: { at: 'validate' }, run: { step: 1 } },
  {
    it: 'a branch without a verdict is passed over',
    of: of(branch, say),
    halt: { at: 'say', clips: ['a', 'b'], bargeIn: true },
  },
  {
    it: 'a branch goes where accepted leads',
    of: of(branch, collect(0), collect(1), collect(2)),
    from: { verdict: accepted },
    halt: { at: 'collect', field: 0 },
  },
  {
    it: 'a branch goes where declined leads',
    of: of(branch, collect(0), collect(1), collect(2)),
    from: { verdict: declined },
    halt: { at: 'collect', field: 1 },
  },
  {
    it: 'a branch goes where failed leads',
    of: of(branch, collect(0), collect(1), collect(2)),
    from: { verdict: failed },
    halt: { at: 'collect', field: 2 },
  },
  {
    it: 'a repeat forgets its fields and goes back',
    of: of(say, collect(0), repeat, { do: 'end' }),
    from: { step: 2, taken: [0, 1, 2], tries: [1, 1, 2] },
    halt: { at: 'collect', field: 0 },
    run: { step: 1, taken: [1], tries: [0, 1, 0], repeats: [0, 0, 1, 0] },
    forgotten: [0, 2],
  },
  {
    it: 'a repeat that was used up goes elsewhere',
    of: of(say, collect(0), repeat, { do: 'end' }),
    from: { step: 2, taken: [0, 1], repeats: [0, 0, 2, 0] },
    halt: { at: 'end' },
    run: { taken: [0, 1] },
    forgotten: [],
  },
  {
    it: 'the agent is asked after a no',
    of: of({ do: 'ask-agent', ms: 5000 }),
    from: { verdict: declined },
    halt: { at: 'ask-agent', ms: 5000 },
    run: { step: 1 },
  },
  {
    it: 'the agent is asked after a failure',
    of: of({ do: 'ask-agent', ms: 5000 }),
    from: { verdict: failed },
    halt: { at: 'ask-agent', ms: 5000 },
  },
  {
    it: 'the agent is not asked after a yes',
    of: of({ do: 'ask-agent', ms: 5000 }),
    from: { verdict: accepted },
    halt: { at: 'end' },
  },
  { it: 'a jump is a jump', of: of({ do: 'go', to: 2 }, say, collect(1)), halt: { at: 'collect', field: 1 } },
  { it: 'the end is the end', of: of({ do: 'end' }, collect(0)), halt: { at: 'end' } },
  { it: 'a circle is found', of: of({ do: 'go', to: 1 }, { do: 'go', to: 0 }), halt: { at: 'astray' } },
  {
    it: 'what the agent wants again comes before the program goes on',
    of: of(say),
    from: { again: [0, 2], taken: [0] },
    halt: { at: 'collect', field: 2 },
    run: { step: 0, again: [2] },
  },
  {
    it: 'and then the program goes on',
    of: of(say),
    from: { again: [0, 2], taken: [0, 2] },
    halt: { at: 'say', clips: ['a', 'b'], bargeIn: true },
    run: { step: 1, again: [] },
  },
]
for (const { it, of: plan, from, ahead = false, halt, run, forgotten } of rows) {
  t.test(it, async (t) => {
    const walked = walk(plan, { ...firstRun(plan), ...from }, ahead)
    t.same(walked.halt, halt)
    for (const [name, value] of Object.entries(run ?? {})) t.same(walked.run[name as keyof Run], value, name)
    if (forgotten !== undefined) t.same(walked.forgotten, forgotten)
  })
}

t.test('a run without a field has neither its entry nor its attempts', async (t) => {
  const run = { ...firstRun(of()), taken: [2, 0, 1], tries: [1, 2, 3] }
  t.same(without(run, [0, 2]), { ...run, taken: [1], tries: [0, 2, 0] })
})
