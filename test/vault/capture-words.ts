/** The capture machine's steps in words, and a plan with a step of every kind, for the tests of the machine. */

import { stepCapture } from '../../src/vault/capture.ts'
import type {
  CaptureEffect,
  CaptureEvent,
  CapturePlan,
  CaptureState,
  Run,
  Said,
  Told,
} from '../../src/vault/capture-terms.ts'
import type { Outcome } from '../../src/vault/contract.ts'
import { firstRun } from '../../src/vault/program.ts'
import { fieldOf } from './plans.ts'

/** A card, an account that is keyed twice and read back, a security code; a repeat, and the agent in the end. */
export const plan: CapturePlan = {
  fields: [
    fieldOf('card-number'),
    fieldOf('account-number', {
      keys: { terminator: 11, clear: 10, escape: 12, moreTime: 13 },
      moreTimes: 2,
      enterTwice: true,
      readBack: 'all',
      interDigitMs: 4000,
    }),
    fieldOf('security-code', { attempts: 1 }),
  ],
  steps: [
    { do: 'say', clips: ['welcome'], bargeIn: true },
    { do: 'insert', insert: 0 },
    { do: 'collect', field: 0 },
    { do: 'collect', field: 1 },
    { do: 'say', clips: ['nearly-done'], bargeIn: false },
    { do: 'collect', field: 2 },
    { do: 'validate' },
    { do: 'branch', accepted: 11, declined: 8, failed: 10 },
    { do: 'repeat', fields: [0], from: 2, times: 1, otherwise: 10 },
    { do: 'go', to: 10 },
    { do: 'ask-agent', ms: 60_000 },
    { do: 'end' },
  ],
  sessionMs: 300_000,
}

export const accepted: Outcome = { result: 'accepted', details: 'yes' }
export const declined: Outcome = { result: 'declined', details: 'no' }

/** A run of the plan that has come somewhere. */
export function runAt(step: number, change: Partial<Run> = {}): Run {
  return { ...firstRun(plan), step, ...change }
}

const item = (what: 'insert' | 'field', index: number) => ({ what, index })
/** While the card number is asked for, the account, the code. */
export const CARD = runAt(2, { items: [item('insert', 0), item('field', 0)], asked: [0] })
export const ACCOUNT = runAt(3, { items: [...CARD.items, item('field', 1)], asked: [0, 1], taken: [0] })
export const CODE = runAt(5, { items: [...ACCOUNT.items, item('field', 2)], asked: [0, 1, 2], taken: [0, 1] })
/** While the service is asked; while the agent is. */
export const SENT = { ...CODE, step: 7, taken: [0, 1, 2], submissions: 1 }
export const DECLINED = {
  ...SENT,
  step: 11,
  taken: [0, 1],
  repeats: SENT.repeats.map((_, at) => (at === 8 ? 1 : 0)),
  verdict: declined,
}

/** A step's effects in a few words each. */
export function effectsOf(from: CaptureState, event: CaptureEvent, of: CapturePlan = plan): readonly string[] {
  const [, ...effects] = stepCapture(of, from, event)
  return effects.map(words)
}

/** An effect in a few words. */
export function words(effect: CaptureEffect): string {
  switch (effect.do) {
    case 'play':
      return `play ${effect.said.map(saidWords).join(', ')}`
    case 'play-outcome':
      return `play ${outcomeWords(effect.outcome)}`
    case 'read-back':
      return `read-back ${effect.field} ${effect.attempt}`
    case 'arm':
      return `arm ${effect.timer} ${effect.ms}`
    case 'disarm':
      return `disarm ${effect.timer}`
    case 'open':
    case 'check':
      return `${effect.do} ${effect.field}${effect.second ? ' again' : ''}`
    case 'keep':
    case 'forget':
      return `${effect.do} ${effect.field}`
    case 'submit':
      return `submit ${effect.submission}: ${effect.items.map(({ what, index }) => `${what} ${index}`).join(', ')}`
    case 'tell':
      return `tell ${toldWords(effect.what)}`
    default:
      return effect.do
  }
}

function saidWords(said: Said): string {
  if ('clip' in said) return said.clip
  return 'notice' in said ? said.notice : `${said.prompt} ${said.field} ${said.attempt}`
}

function outcomeWords(outcome: Outcome): string {
  return outcome.result === 'failed' ? outcome.reason : outcome.result
}

function toldWords(what: Told): string {
  switch (what.type) {
    case 'wiped':
    case 'answered':
      return `${what.type} ${outcomeWords(what.outcome)}`
    case 'asking':
      return `asking ${what.field} ${what.attempt}/${what.attempts}`
    case 'progress':
      return `progress ${what.field} ${what.keys}`
    case 'refused':
      return `refused ${what.field} ${what.why}`
    case 'more-time':
      return `more-time ${what.field} ${what.left}`
    case 'taken':
    case 'confirming':
      return `${what.type} ${what.field}`
    case 'submitting':
      return `submitting ${what.submission}`
    case 'waiting-for-agent':
      return `waiting ${what.ms}`
    default:
      return what.type
  }
}

/** All that is done when a session ends, up to the telling. */
export const wiped = (outcome: string): readonly string[] => [
  'wipe',
  'hush',
  'disarm first-key',
  'disarm inter-key',
  'disarm agent',
  'disarm session',
  `tell wiped ${outcome}`,
]

export const states: Readonly<Record<string, CaptureState>> = {
  starting: { at: 'starting' },
  saying: { at: 'saying', run: runAt(1), bargeIn: true, late: false },
  'saying, late': { at: 'saying', run: runAt(1), bargeIn: true, late: true },
  'saying to the end': {
    at: 'saying',
    run: { ...CODE, items: ACCOUNT.items, asked: [0, 1] },
    bargeIn: false,
    late: false,
  },
  asking: { at: 'asking', run: CARD, field: 0, second: false, extended: 0, late: false },
  'asking, late': { at: 'asking', run: CARD, field: 0, second: false, extended: 0, late: true },
  'asking once more': { at: 'asking', run: ACCOUNT, field: 1, second: true, extended: 0, late: false },
  listening: { at: 'listening', run: ACCOUNT, field: 1, second: false, extended: 1, late: false },
  'listening, late': { at: 'listening', run: ACCOUNT, field: 1, second: false, extended: 2, late: true },
  keying: { at: 'keying', run: CARD, field: 0, second: false, extended: 0, keys: 3 },
  checking: { at: 'checking', run: CODE, field: 2, second: false, extended: 0, late: false },
  'checking what is keyed twice': { at: 'checking', run: ACCOUNT, field: 1, second: false, extended: 0, late: true },
  'checking the second': { at: 'checking', run: ACCOUNT, field: 1, second: true, extended: 0, late: true },
  reading: { at: 'reading', run: ACCOUNT, field: 1, late: false },
  'reading, late': { at: 'reading', run: ACCOUNT, field: 1, late: true },
  confirming: { at: 'confirming', run: ACCOUNT, field: 1 },
  submitting: { at: 'submitting', run: SENT },
  overdue: { at: 'overdue' },
  waiting: { at: 'waiting', run: DECLINED },
  telling: { at: 'telling' },
  returning: { at: 'returning' },
  ended: { at: 'ended' },
}

export const events: Readonly<Record<string, CaptureEvent>> = {
  began: { type: 'began' },
  barred: { type: 'barred', reason: 'prompts-missing' },
  digit: { type: 'digit' },
  terminator: { type: 'terminator' },
  clear: { type: 'clear' },
  escape: { type: 'escape' },
  'more-time': { type: 'more-time' },
  other: { type: 'other' },
  pressed: { type: 'pressed' },
  'kept-more-may-come': { type: 'kept', whole: false },
  'kept-whole': { type: 'kept', whole: true },
  played: { type: 'played' },
  'first-key-lapsed': { type: 'lapsed', timer: 'first-key' },
  'next-key-lapsed': { type: 'lapsed', timer: 'inter-key' },
  'agent-lapsed': { type: 'lapsed', timer: 'agent' },
  'session-lapsed': { type: 'lapsed', timer: 'session' },
  good: { type: 'checked', fault: undefined },
  bad: { type: 'checked', fault: 'invalid-card-number' },
  accepted: { type: 'answered', outcome: accepted },
  declined: { type: 'answered', outcome: declined },
  again: { type: 'ordered', order: { what: 'again', fields: [0] } },
  'again-all': { type: 'ordered', order: { what: 'again-all' } },
  'go-on': { type: 'ordered', order: { what: 'go-on' } },
  cancelled: { type: 'stopped', reason: 'cancelled', giveBack: true, sent: false },
  'stopped-back': { type: 'stopped', reason: 'agent-hung-up', giveBack: true, sent: false },
  'stopped-gone': { type: 'stopped', reason: 'caller-hung-up', giveBack: false, sent: false },
  settled: { type: 'settled' },
  broken: { type: 'broken', sent: false },
}
