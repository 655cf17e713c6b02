/** The capture machine: rows are sentences, and a grid says what every state makes of every event. */

import t from 'tap'
import { IllegalStep } from '../../src/base/step.ts'
import { INITIAL_CAPTURE, stepCapture } from '../../src/vault/capture.ts'
import type { CaptureEffect, CaptureEvent, CapturePlan, CaptureState } from '../../src/vault/capture-terms.ts'
import { fieldOf } from './plans.ts'

const plan: CapturePlan = {
  fields: [
    fieldOf('card-number', { interDigitMs: 5000 }),
    fieldOf('security-code', { attempts: 1, interDigitMs: 5000 }),
  ],
  sessionMs: 300_000,
}

const accepted = { result: 'accepted', details: 'yes' } as const
const turn = { field: 0, attempt: 1 }
const states: Readonly<Record<string, CaptureState>> = {
  starting: INITIAL_CAPTURE,
  asking: { at: 'asking', ...turn, late: false },
  'asking, late': { at: 'asking', ...turn, late: true },
  listening: { at: 'listening', ...turn, late: false },
  'listening, late': { at: 'listening', ...turn, late: true },
  keying: { at: 'keying', ...turn, keys: 3 },
  checking: { at: 'checking', ...turn, late: false },
  submitting: { at: 'submitting' },
  telling: { at: 'telling' },
  returning: { at: 'returning' },
  ended: { at: 'ended' },
}
const events: Readonly<Record<string, CaptureEvent>> = {
  began: { type: 'began' },
  barred: { type: 'barred', reason: 'prompts-missing' },
  digit: { type: 'digit' },
  terminator: { type: 'terminator' },
  clear: { type: 'clear' },
  other: { type: 'other' },
  'kept, more may come': { type: 'kept', whole: false },
  'kept, whole': { type: 'kept', whole: true },
  played: { type: 'played' },
  'first key lapsed': { type: 'lapsed', timer: 'first-key' },
  'next key lapsed': { type: 'lapsed', timer: 'inter-key' },
  'session lapsed': { type: 'lapsed', timer: 'session' },
  'checked, good': { type: 'checked', fault: undefined },
  'checked, bad': { type: 'checked', fault: 'invalid-card-number' },
  answered: { type: 'answered', outcome: accepted },
  cancelled: { type: 'stopped', reason: 'cancelled', giveBack: true },
  'stopped, back': { type: 'stopped', reason: 'agent-hung-up', giveBack: true },
  'stopped, gone': { type: 'stopped', reason: 'caller-hung-up', giveBack: false },
  settled: { type: 'settled' },
  broken: { type: 'broken' },
}

/** An effect in a few words. */
function words(effect: CaptureEffect): string {
  switch (effect.do) {
    case 'play':
      return `play ${effect.clips.join(' ')}`
    case 'play-outcome':
      return `play ${effect.outcome.result === 'failed' ? effect.outcome.reason : effect.outcome.result}`
    case 'arm':
      return `arm ${effect.timer} ${effect.ms}`
    case 'disarm':
      return `disarm ${effect.timer}`
    case 'open':
    case 'check':
      return `${effect.do} ${effect.field}`
    case 'tell':
      return `tell ${toldWords(effect.what)}`
    default:
      return effect.do
  }
}

function toldWords(what: Extract<CaptureEffect, { do: 'tell' }>['what']): string {
  switch (what.type) {
    case 'wiped':
      return `wiped ${what.outcome.result === 'failed' ? what.outcome.reason : what.outcome.result}`
    case 'asking':
      return `asking ${what.field} ${what.attempt}/${what.attempts}`
    case 'progress':
      return `progress ${what.field} ${what.keys}`
    case 'refused':
      return `refused ${what.field} ${what.why}`
    case 'taken':
      return `taken ${what.field}`
    default:
      return what.type
  }
}

const wipe = (outcome: string) => [
  'wipe',
  'hush',
  'disarm first-key',
  'disarm inter-key',
  'disarm session',
  `tell wiped ${outcome}`,
]

const rows: readonly {
  readonly it: string
  readonly from: CaptureState
  readonly on: CaptureEvent
  readonly to: CaptureState
  readonly does: readonly string[]
}[] = [
  {
    it: 'begins with the welcome and the first question',
    from: INITIAL_CAPTURE,
    on: { type: 'began' },
    to: { at: 'asking', field: 0, attempt: 1, late: false },
    does: ['arm session 300000', 'tell began', 'open 0', 'tell asking 0 1/3', 'play welcome ask-card-number'],
  },
  {
    it: 'gives the line back at once when it cannot begin',
    from: INITIAL_CAPTURE,
    on: { type: 'barred', reason: 'prompts-missing' },
    to: { at: 'returning' },
    does: [...wipe('prompts-missing'), 'settle'],
  },
  {
    it: 'counts the time to the first key from the end of the prompt',
    from: { at: 'asking', ...turn, late: false },
    on: { type: 'played' },
    to: { at: 'listening', ...turn, late: false },
    does: ['arm first-key 10000'],
  },
  {
    it: 'stops the prompt at the first key',
    from: { at: 'asking', ...turn, late: false },
    on: { type: 'digit' },
    to: { at: 'keying', ...turn, keys: 1 },
    does: ['hush', 'disarm first-key', 'arm inter-key 5000', 'keep', 'tell progress 0 1'],
  },
  {
    it: 'counts keys, each with its own time to the next',
    from: { at: 'keying', ...turn, keys: 3 },
    on: { type: 'digit' },
    to: { at: 'keying', ...turn, keys: 4 },
    does: ['arm inter-key 5000', 'keep', 'tell progress 0 4'],
  },
  {
    it: 'tells of a security code only that something was keyed',
    from: { at: 'keying', field: 1, attempt: 1, keys: 2 },
    on: { type: 'digit' },
    to: { at: 'keying', field: 1, attempt: 1, keys: 3 },
    does: ['arm inter-key 5000', 'keep', 'tell progress 1 1'],
  },
  {
    it: 'ends an entry with the terminator',
    from: { at: 'keying', ...turn, keys: 16 },
    on: { type: 'terminator' },
    to: { at: 'checking', ...turn, late: false },
    does: ['disarm inter-key', 'check 0'],
  },
  {
    it: 'ends an entry when the next key does not come, and a terminator may still follow',
    from: { at: 'keying', ...turn, keys: 16 },
    on: { type: 'lapsed', timer: 'inter-key' },
    to: { at: 'checking', ...turn, late: true },
    does: ['disarm inter-key', 'check 0'],
  },
  {
    it: 'ends an entry that is whole, and a terminator may still follow',
    from: { at: 'keying', ...turn, keys: 16 },
    on: { type: 'kept', whole: true },
    to: { at: 'checking', ...turn, late: true },
    does: ['disarm inter-key', 'check 0'],
  },
  {
    it: 'swallows a terminator that belongs to the entry before',
    from: { at: 'asking', ...turn, late: true },
    on: { type: 'terminator' },
    to: { at: 'asking', ...turn, late: false },
    does: [],
  },
  {
    it: 'and only one of them',
    from: { at: 'listening', ...turn, late: false },
    on: { type: 'terminator' },
    to: { at: 'checking', ...turn, late: false },
    does: ['hush', 'disarm first-key', 'check 0'],
  },
  {
    it: 'empties an entry on the clear key, for no attempt',
    from: { at: 'keying', field: 0, attempt: 2, keys: 7 },
    on: { type: 'clear' },
    to: { at: 'asking', field: 0, attempt: 2, late: false },
    does: ['disarm inter-key', 'open 0', 'tell progress 0 0', 'play cleared'],
  },
  {
    it: 'asks again on the clear key when nothing is keyed',
    from: { at: 'listening', field: 0, attempt: 2, late: false },
    on: { type: 'clear' },
    to: { at: 'asking', field: 0, attempt: 2, late: false },
    does: ['disarm first-key', 'open 0', 'tell asking 0 2/3', 'play ask-card-number'],
  },
  {
    it: 'goes on to the next field',
    from: { at: 'checking', field: 0, attempt: 2, late: true },
    on: { type: 'checked', fault: undefined },
    to: { at: 'asking', field: 1, attempt: 1, late: true },
    does: ['tell taken 0', 'open 1', 'tell asking 1 1/1', 'play ask-security-code'],
  },
  {
    it: 'submits after the last field',
    from: { at: 'checking', field: 1, attempt: 1, late: false },
    on: { type: 'checked', fault: undefined },
    to: { at: 'submitting' },
    does: ['tell taken 1', 'tell submitting', 'play please-wait', 'submit'],
  },
  {
    it: 'says what was wrong and asks again',
    from: { at: 'checking', ...turn, late: false },
    on: { type: 'checked', fault: 'expired' },
    to: { at: 'asking', field: 0, attempt: 2, late: false },
    does: ['tell refused 0 expired', 'open 0', 'tell asking 0 2/3', 'play expired try-again ask-card-number'],
  },
  {
    it: 'says so before the last attempt',
    from: { at: 'checking', field: 0, attempt: 2, late: true },
    on: { type: 'checked', fault: 'too-short' },
    to: { at: 'asking', field: 0, attempt: 3, late: true },
    does: ['tell refused 0 too-short', 'open 0', 'tell asking 0 3/3', 'play too-short last-attempt ask-card-number'],
  },
  {
    it: 'fails after the last attempt, wiped before anything is said',
    from: { at: 'checking', field: 0, attempt: 3, late: false },
    on: { type: 'checked', fault: 'invalid-card-number' },
    to: { at: 'telling' },
    does: ['tell refused 0 invalid-card-number', ...wipe('too-many-failed-attempts'), 'play too-many-failed-attempts'],
  },
  {
    it: 'counts silence as an attempt',
    from: { at: 'listening', ...turn, late: false },
    on: { type: 'lapsed', timer: 'first-key' },
    to: { at: 'asking', field: 0, attempt: 2, late: false },
    does: ['tell refused 0 timeout', 'open 0', 'tell asking 0 2/3', 'play nothing-heard try-again ask-card-number'],
  },
  {
    it: 'fails for silence when the last attempt was silent',
    from: { at: 'listening', field: 0, attempt: 3, late: false },
    on: { type: 'lapsed', timer: 'first-key' },
    to: { at: 'telling' },
    does: ['tell refused 0 timeout', ...wipe('timeout'), 'play timeout'],
  },
  {
    it: 'wipes when the service has answered, then tells the caller',
    from: { at: 'submitting' },
    on: { type: 'answered', outcome: accepted },
    to: { at: 'telling' },
    does: [...wipe('accepted'), 'play accepted'],
  },
  {
    it: 'fails when the session has taken too long',
    from: { at: 'keying', ...turn, keys: 5 },
    on: { type: 'lapsed', timer: 'session' },
    to: { at: 'telling' },
    does: [...wipe('session-timeout'), 'play session-timeout'],
  },
  {
    it: 'wipes before it tells the caller that the agent has cancelled',
    from: { at: 'keying', ...turn, keys: 8 },
    on: { type: 'stopped', reason: 'cancelled', giveBack: true },
    to: { at: 'telling' },
    does: [...wipe('cancelled'), 'play cancelled'],
  },
  {
    it: 'says nothing when the agent is gone',
    from: { at: 'submitting' },
    on: { type: 'stopped', reason: 'agent-hung-up', giveBack: true },
    to: { at: 'returning' },
    does: [...wipe('agent-hung-up'), 'settle'],
  },
  {
    it: 'closes when the caller is gone',
    from: { at: 'keying', ...turn, keys: 8 },
    on: { type: 'stopped', reason: 'caller-hung-up', giveBack: false },
    to: { at: 'ended' },
    does: [...wipe('caller-hung-up'), 'close'],
  },
  {
    it: 'stops telling when it is stopped, with the outcome as it is',
    from: { at: 'telling' },
    on: { type: 'stopped', reason: 'cancelled', giveBack: true },
    to: { at: 'returning' },
    does: ['hush', 'settle'],
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
    it: 'wipes and closes when the line breaks',
    from: { at: 'keying', ...turn, keys: 8 },
    on: { type: 'broken' },
    to: { at: 'ended' },
    does: [...wipe('internal-error'), 'close'],
  },
]
for (const { it, from, on, to, does } of rows) {
  t.test(it, async (t) => {
    const [state, ...effects] = stepCapture(plan, from, on)
    t.same(state, to)
    t.same(effects.map(words), does)
  })
}

/** What every state makes of every event: the next state, `=` when nothing happens, `!` when it cannot. */
const grid: Readonly<Record<string, readonly string[]>> = {
  //                     began   barred     digit  termin.  clear  other kept  whole    played    first     next     session  good       bad    answered cancelled back       gone    settled broken
  starting: [
    'asking',
    'returning',
    '!',
    '!',
    '!',
    '=',
    '!',
    '!',
    '!',
    '!',
    '!',
    '!',
    '!',
    '!',
    '!',
    'telling',
    'returning',
    'ended',
    '!',
    'ended',
  ],
  asking: [
    '!',
    '!',
    'keying',
    'checking',
    'asking',
    '=',
    '!',
    '!',
    'listening',
    '!',
    '!',
    'telling',
    '!',
    '!',
    '!',
    'telling',
    'returning',
    'ended',
    '!',
    'ended',
  ],
  'asking, late': [
    '!',
    '!',
    'keying',
    'asking',
    'asking',
    '=',
    '!',
    '!',
    'listening',
    '!',
    '!',
    'telling',
    '!',
    '!',
    '!',
    'telling',
    'returning',
    'ended',
    '!',
    'ended',
  ],
  listening: [
    '!',
    '!',
    'keying',
    'checking',
    'asking',
    '=',
    '!',
    '!',
    '!',
    'asking',
    '!',
    'telling',
    '!',
    '!',
    '!',
    'telling',
    'returning',
    'ended',
    '!',
    'ended',
  ],
  'listening, late': [
    '!',
    '!',
    'keying',
    'listening',
    'asking',
    '=',
    '!',
    '!',
    '!',
    'asking',
    '!',
    'telling',
    '!',
    '!',
    '!',
    'telling',
    'returning',
    'ended',
    '!',
    'ended',
  ],
  keying: [
    '!',
    '!',
    'keying',
    'checking',
    'asking',
    '=',
    '=',
    'checking',
    '!',
    '!',
    'checking',
    'telling',
    '!',
    '!',
    '!',
    'telling',
    'returning',
    'ended',
    '!',
    'ended',
  ],
  checking: [
    '!',
    '!',
    '!',
    '!',
    '!',
    '=',
    '!',
    '!',
    '!',
    '!',
    '!',
    'telling',
    'asking',
    'asking',
    '!',
    'telling',
    'returning',
    'ended',
    '!',
    'ended',
  ],
  submitting: [
    '!',
    '!',
    '=',
    '=',
    '=',
    '=',
    '!',
    '!',
    '=',
    '!',
    '!',
    'telling',
    '!',
    '!',
    'telling',
    'telling',
    'returning',
    'ended',
    '!',
    'ended',
  ],
  telling: [
    '!',
    '!',
    '=',
    '=',
    '=',
    '=',
    '!',
    '!',
    'returning',
    '!',
    '!',
    '!',
    '!',
    '!',
    '!',
    'returning',
    'returning',
    'ended',
    '!',
    'ended',
  ],
  returning: [
    '!',
    '!',
    '=',
    '=',
    '=',
    '=',
    '!',
    '!',
    '!',
    '!',
    '!',
    '!',
    '!',
    '!',
    '!',
    '=',
    '=',
    'ended',
    'ended',
    'ended',
  ],
  ended: ['!', '!', '=', '=', '=', '=', '!', '!', '!', '!', '!', '!', '!', '!', '!', '=', '=', '=', '!', '='],
}
const COLUMNS = Object.keys(events)
t.same(Object.keys(grid), Object.keys(states), 'the grid has every state')
for (const [name, cells] of Object.entries(grid)) {
  t.equal(cells.length, COLUMNS.length, `the grid has every event for ${name}`)
  for (const [column, cell] of cells.entries()) {
    const eventName = COLUMNS[column] as string
    const state = states[name] as CaptureState
    const event = events[eventName] as CaptureEvent
    t.test(`${name} on ${eventName}: ${cell}`, async (t) => {
      if (cell === '!') {
        t.throws(() => stepCapture(plan, state, event), IllegalStep)
        return
      }
      const [next, ...effects] = stepCapture(plan, state, event)
      if (cell === '=') t.same([next, effects], [state, []])
      else t.equal(next.at, cell)
      checkInvariants(t, state, effects)
    })
  }
}

/** Wiped comes before told, told before said, and nothing is submitted or kept after it. */
function checkInvariants(
  t: { ok(value: unknown, what: string): boolean },
  from: CaptureState,
  effects: readonly CaptureEffect[],
): void {
  const order = effects.map(words)
  const at = (begin: string) => order.findIndex((effect) => effect.startsWith(begin))
  const wiped = at('wipe')
  if (wiped >= 0) {
    t.ok(wiped < at('tell wiped'), 'wiped before it is told')
    t.ok(!['submit', 'keep', 'check', 'arm', 'open'].some((word) => at(word) > wiped), 'nothing is taken up after it')
  }
  const leaves = ['give-back', 'close', 'settle', 'play-outcome'].some((word) => at(word) >= 0)
  const isWiped = ['telling', 'returning', 'ended'].includes(from.at)
  if (leaves && !isWiped) t.ok(wiped >= 0, 'no way out without a wipe')
}

t.test('a caller who keys ahead through every question is never asked twice', async (t) => {
  let state = stepCapture(plan, INITIAL_CAPTURE, { type: 'began' })[0]
  const take = (event: CaptureEvent) => {
    const [next, ...effects] = stepCapture(plan, state, event)
    state = next
    return effects
  }
  for (let key = 1; key <= 16; key++) {
    take({ type: 'digit' })
    take({ type: 'kept', whole: key === 16 })
  }
  take({ type: 'checked', fault: undefined })
  t.same(take({ type: 'terminator' }), [], 'the terminator after a whole number is swallowed')
  for (let key = 1; key <= 3; key++) {
    take({ type: 'digit' })
    take({ type: 'kept', whole: key === 3 })
  }
  t.ok(take({ type: 'checked', fault: undefined }).some((effect) => effect.do === 'submit'))
})
