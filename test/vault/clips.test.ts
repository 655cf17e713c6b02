/** Which clip says what. */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parseManifest } from '../../src/base/prompts.ts'
import { clipsOf, noticeClip, outcomeClip, promptClip } from '../../src/vault/clips.ts'
import type { Field, Outcome, Plan, PromptRule } from '../../src/vault/contract.ts'
import { aFieldKind } from '../../src/vault/field.ts'
import { fieldOf, stepsFor } from './plans.ts'

const KINDS = [
  'card-number',
  'expiry',
  'security-code',
  'postal-code',
  'routing-number',
  'account-number',
  'iban',
  'national-id',
  'date-of-birth',
  'one-time-code',
  'pin',
  'amount',
  'digits',
] as const
const card = { fields: [fieldOf('card-number')] }
const other = { fields: [fieldOf('pin')] }

t.test('the first rule that fits wins', async (t) => {
  const prompts: readonly PromptRule[] = [
    { when: 'ask', clip: 'second-time', attempt: 2 },
    { when: 'ask', clip: 'of-visa', brand: 'visa' },
    { when: 'too-short', clip: 'short' },
    { when: 'ask', clip: 'any-time' },
    { when: 'ask', clip: 'never' },
  ]
  const field = fieldOf('security-code', { prompts })
  t.equal(promptClip(field, 'ask', 1, undefined), 'any-time')
  t.equal(promptClip(field, 'ask', 1, 'visa'), 'of-visa')
  t.equal(promptClip(field, 'ask', 2, 'visa'), 'second-time')
  t.equal(promptClip(field, 'too-short', 1, undefined), 'short')
  t.equal(promptClip(field, 'too-long', 1, undefined), 'too-long', 'where no rule fits, the usual one')
})

const usual: readonly [string, Field, PromptRule['when'], Parameters<typeof promptClip>[3], string][] = [
  [
    'a code of a card that has four digits',
    fieldOf('security-code'),
    'ask',
    'american-express',
    'ask-security-code-four',
  ],
  ['a code of another card', fieldOf('security-code'), 'ask', 'visa', 'ask-security-code'],
  ['a date of birth', fieldOf('date-of-birth'), 'ask', undefined, 'ask-date-of-birth'],
  [
    'a date of birth, month first',
    fieldOf('date-of-birth', { dateOrder: 'mmddyyyy' }),
    'ask',
    undefined,
    'ask-date-of-birth-month-first',
  ],
  [
    'a date of birth, year first',
    fieldOf('date-of-birth', { dateOrder: 'yyyymmdd' }),
    'ask',
    undefined,
    'ask-date-of-birth-year-first',
  ],
  ['an amount with digits behind the point', fieldOf('amount', { decimals: 2 }), 'ask', undefined, 'ask-amount'],
  ['an amount without', fieldOf('amount'), 'ask', undefined, 'ask-amount-whole'],
  ['a wrong date of birth', fieldOf('date-of-birth'), 'invalid-date', undefined, 'date-of-birth-invalid'],
  ['a wrong expiry date', fieldOf('expiry'), 'invalid-date', undefined, 'expiry-invalid'],
  ['a read-back of all', fieldOf('pin', { readBack: 'all' }), 'read-back', undefined, 'read-back'],
  ['a read-back of the end', fieldOf('pin', { readBack: 'last-four' }), 'read-back', undefined, 'read-back-ending-in'],
]
for (const [what, field, when, brand, clip] of usual) {
  t.test(what, async (t) => t.equal(promptClip(field, when, 1, brand), clip))
}

t.test('a flow about a card speaks of the card, another of what was entered', async (t) => {
  const accepted: Outcome = { result: 'accepted', details: '' }
  const failed = (reason: Extract<Outcome, { result: 'failed' }>['reason']): Outcome => ({ result: 'failed', reason })
  const both = (outcome: Outcome, endingIn = false) => [
    outcomeClip(card, outcome, endingIn),
    outcomeClip(other, outcome, endingIn),
  ]
  t.same(both(accepted), ['accepted', 'entry-accepted'])
  t.same(both(accepted, true), ['accepted-ending-in', 'account-accepted-ending-in'])
  t.same(both({ result: 'declined', details: '' }), ['declined', 'entry-declined'])
  t.same(both(failed('validation-timed-out')), ['failed', 'entry-failed'])
  t.same(both(failed('not-validated')), ['failed', 'entry-failed'])
  t.same(both(failed('too-many-failed-attempts')), ['too-many-attempts', 'entry-too-many-attempts'])
  t.same(both(failed('cancelled')), ['cancelled', 'entry-cancelled'])
  t.same(both(failed('escaped')), ['escaped', 'escaped'])
  t.equal(noticeClip(card, 'please-wait'), 'please-wait')
  t.equal(noticeClip(other, 'please-wait'), 'entry-please-wait')
  t.equal(noticeClip(other, 'try-again'), 'try-again')
})

t.test('what a flow may come to say is known before', async (t) => {
  const pin = fieldOf('pin', {
    keys: { terminator: 11, escape: 10, moreTime: 12 },
    moreTimes: 1,
    enterTwice: true,
    readBack: 'all',
    prompts: [
      { when: 'ask', clip: 'own-ask' },
      { when: 'timeout', clip: 'own-silence', attempt: 2 },
    ],
  })
  const clips = clipsOf({
    fields: [pin],
    steps: [
      { do: 'say', clips: ['hello'], bargeIn: true },
      { do: 'collect', field: 0 },
      { do: 'ask-agent', ms: 1000 },
    ],
  })
  t.same([...clips].toSorted(), [
    'confirm',
    ...Array.from({ length: 10 }, (_, digit) => `digit-${digit}`),
    'enter-again',
    'entries-differ',
    'entry-cancelled',
    'entry-failed',
    'entry-invalid',
    'entry-too-many-attempts',
    'escaped',
    'hello',
    'last-attempt',
    'more-time',
    'not-confirmed',
    'nothing-heard',
    'own-ask',
    'own-silence',
    'read-back',
    'returning',
    'too-long',
    'too-short',
    'try-again',
    'waiting-for-agent',
  ])
})

t.test('a field that is asked for once needs nothing for a second time', async (t) => {
  const clips = clipsOf({ fields: [fieldOf('digits', { attempts: 1, keys: { terminator: 11 } })], steps: [] })
  t.same([...clips].toSorted(), [
    'ask-digits',
    'entry-cancelled',
    'entry-failed',
    'entry-too-many-attempts',
    'returning',
  ])
})

t.test('English has all that a flow without words of its own may come to say', async (t) => {
  const file = fileURLToPath(new URL('../../prompts/en/manifest.json', import.meta.url))
  const english = parseManifest(JSON.parse(readFileSync(file, 'utf8')))
  t.ok(KINDS.every(aFieldKind))
  const missing = new Set<string>()
  const check = (plan: Pick<Plan, 'fields' | 'steps'>) => {
    for (const clip of clipsOf(plan)) if (!english?.clips.has(clip)) missing.add(clip)
  }
  const keys = { terminator: 11, clear: 10, escape: 10, moreTime: 12 }
  for (const kind of KINDS) {
    for (const readBack of ['none', 'last-four', 'all'] as const) {
      for (const dateOrder of ['ddmmyyyy', 'mmddyyyy', 'yyyymmdd'] as const) {
        for (const decimals of [0, 2]) {
          const tell = kind === 'account-number' ? 'last-four' : 'nothing'
          const field = fieldOf(kind, { keys, moreTimes: 1, enterTwice: true, readBack, dateOrder, decimals, tell })
          check({ fields: [field], steps: [...stepsFor(0, 1), { do: 'ask-agent', ms: 1000 }] })
        }
      }
    }
  }
  t.same([...missing], [])
})
