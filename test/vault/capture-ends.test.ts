/** The ways out of a session: wiped first, whatever the way. */

import t from 'tap'
import { stepCapture } from '../../src/vault/capture.ts'
import type { CaptureEvent, CaptureState } from '../../src/vault/capture-terms.ts'
import { CARD, declined, effectsOf, plan, SENT, wiped } from './capture-words.ts'

const keying: CaptureState = { at: 'keying', run: CARD, field: 0, second: false, extended: 0, keys: 5 }

const rows: readonly {
  readonly it: string
  readonly from: CaptureState
  readonly on: CaptureEvent
  readonly to: CaptureState
  readonly does: readonly string[]
}[] = [
  {
    it: 'gives the line back at once when it cannot begin',
    from: { at: 'starting' },
    on: { type: 'barred', reason: 'prompts-missing' },
    to: { at: 'returning' },
    does: [...wiped('prompts-missing'), 'settle'],
  },
  {
    it: 'fails when the session has taken too long',
    from: keying,
    on: { type: 'lapsed', timer: 'session' },
    to: { at: 'telling' },
    does: [...wiped('session-timeout'), 'play session-timeout'],
  },
  {
    it: 'wipes before it tells the caller that the agent has cancelled',
    from: keying,
    on: { type: 'stopped', reason: 'cancelled', giveBack: true, sent: false },
    to: { at: 'telling' },
    does: [...wiped('cancelled'), 'play cancelled'],
  },
  {
    it: 'says nothing when the agent is gone',
    from: { at: 'submitting', run: SENT },
    on: { type: 'stopped', reason: 'agent-hung-up', giveBack: true, sent: false },
    to: { at: 'returning' },
    does: [...wiped('agent-hung-up'), 'settle'],
  },
  {
    it: 'waits for the answer when the time is over and the service is asked',
    from: { at: 'submitting', run: SENT },
    on: { type: 'lapsed', timer: 'session' },
    to: { at: 'overdue' },
    does: [],
  },
  {
    it: 'ends with the answer then, even one that would have the caller key again',
    from: { at: 'overdue' },
    on: { type: 'answered', outcome: declined },
    to: { at: 'telling' },
    does: [...wiped('declined'), 'play declined'],
  },
  {
    it: 'never says that what was sent is cancelled',
    from: { at: 'submitting', run: SENT },
    on: { type: 'stopped', reason: 'cancelled', giveBack: true, sent: true },
    to: { at: 'telling' },
    does: [...wiped('validation-timed-out'), 'play validation-timed-out'],
  },
  {
    it: 'nor that the agent has hung up',
    from: { at: 'submitting', run: SENT },
    on: { type: 'stopped', reason: 'agent-hung-up', giveBack: true, sent: true },
    to: { at: 'returning' },
    does: [...wiped('validation-timed-out'), 'settle'],
  },
  {
    it: 'nor that the caller has',
    from: { at: 'submitting', run: SENT },
    on: { type: 'stopped', reason: 'caller-hung-up', giveBack: false, sent: true },
    to: { at: 'ended' },
    does: [...wiped('validation-timed-out'), 'close'],
  },
  {
    it: 'nor that the line broke',
    from: { at: 'submitting', run: SENT },
    on: { type: 'broken', sent: true },
    to: { at: 'ended' },
    does: [...wiped('validation-timed-out'), 'close'],
  },
  {
    it: 'closes when the caller is gone',
    from: keying,
    on: { type: 'stopped', reason: 'caller-hung-up', giveBack: false, sent: false },
    to: { at: 'ended' },
    does: [...wiped('caller-hung-up'), 'close'],
  },
  {
    it: 'stops telling when it is stopped, with the outcome as it is',
    from: { at: 'telling' },
    on: { type: 'stopped', reason: 'cancelled', giveBack: true, sent: false },
    to: { at: 'returning' },
    does: ['hush', 'settle'],
  },
  {
    it: 'stops telling and closes when the caller is gone by then',
    from: { at: 'telling' },
    on: { type: 'stopped', reason: 'caller-hung-up', giveBack: false, sent: false },
    to: { at: 'ended' },
    does: ['hush', 'close'],
  },
  {
    it: 'waits for quiet when all is told',
    from: { at: 'telling' },
    on: { type: 'played' },
    to: { at: 'returning' },
    does: ['settle'],
  },
  {
    it: 'gives the line back once it is quiet',
    from: { at: 'returning' },
    on: { type: 'settled' },
    to: { at: 'ended' },
    does: ['give-back'],
  },
  {
    it: 'closes instead when the caller is gone by then',
    from: { at: 'returning' },
    on: { type: 'stopped', reason: 'caller-hung-up', giveBack: false, sent: false },
    to: { at: 'ended' },
    does: ['close'],
  },
  {
    it: 'wipes and closes when the line breaks',
    from: keying,
    on: { type: 'broken', sent: false },
    to: { at: 'ended' },
    does: [...wiped('internal-error'), 'close'],
  },
  {
    it: 'closes when the line breaks on the way back',
    from: { at: 'returning' },
    on: { type: 'broken', sent: false },
    to: { at: 'ended' },
    does: ['hush', 'close'],
  },
]
for (const { it, from, on, to, does } of rows) {
  t.test(it, async (t) => {
    t.same(stepCapture(plan, from, on)[0], to)
    t.same(effectsOf(from, on), does)
  })
}
