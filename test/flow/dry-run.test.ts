/** Flows gone through with a caller who is made up: the vault's own machine, told of keys by their number alone. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type DryLine, type DryRun, dryRun } from '../../src/flow/dry-run.ts'
import type { Act } from '../../src/flow/dry-run-acts.ts'
import { readFlow } from '../../src/flow/read.ts'

const ROOT = join(import.meta.dirname, '../..')
const DEFAULTS = {
  ...{ language: 'en', sessionSeconds: 300, attempts: 3, firstDigitSeconds: 10, interDigitSeconds: 5 },
  allowedBrands: ['visa', 'mastercard', 'american-express'] as const,
}

function flowOf(text: string) {
  const reading = readFlow(text)
  if (!('flow' in reading)) throw new Error(JSON.stringify(reading.problems))
  return reading.flow
}

function shipped(id: string) {
  return flowOf(readFileSync(join(ROOT, `flows/${id}.yaml`), 'utf8'))
}

function ran(flow: ReturnType<typeof flowOf>, ...acts: readonly Act[]): DryRun {
  const run = dryRun(flow, DEFAULTS, acts)
  if ('misfit' in run) throw new Error(`act ${run.misfit} does not fit`)
  return run
}

const CARD: Act = { act: 'enter', keys: 16, ends: 'terminator', brand: 'visa' }
const EXPIRY: Act = { act: 'enter', keys: 4, ends: 'whole' }
const CODE: Act = { act: 'enter', keys: 3, ends: 'whole' }
const PAID = [CARD, EXPIRY, CODE] as const
const verdict = (result: 'accepted' | 'declined' | 'failed'): Act => ({ act: 'verdict', result })
const clipsOf = (lines: readonly DryLine[]) =>
  lines.flatMap((line) =>
    line.what === 'says' ? line.parts.map((part) => ('clip' in part ? part.clip : `<${part.digits}>`)) : [],
  )
const last = (run: DryRun, what: DryLine['what']) => run.lines.findLast((line) => line.what === what)

t.test('it begins with the greeting and waits for the first field', async (t) => {
  const run = ran(shipped('card-payment'))
  t.strictSame(clipsOf(run.lines), ['welcome', 'ask-card-number'])
  t.match(run.awaits, { at: 'entry', field: 'credit card', kind: 'card-number', minKeys: 13, maxKeys: 19, seconds: 10 })
  t.equal(run.step, 1, 'at the step that collects it')
  t.strictSame(run.languages, ['en'])
})

t.test('each verdict ends it as the vault would, and says so to the caller', async (t) => {
  const said = { accepted: ['accepted-ending-in', '<last-four>'], declined: ['declined'], failed: ['failed'] }
  for (const [result, clips] of Object.entries(said)) {
    const run = ran(shipped('card-payment'), ...PAID, verdict(result as 'accepted'))
    t.strictSame(run.awaits, { at: 'nothing' }, result)
    t.strictSame(clipsOf(run.lines).slice(-clips.length - 1), [...clips, 'returning'], result)
    t.match(last(run, 'wiped'), { note: result === 'failed' ? 'validation-unreachable' : result })
    t.match(last(run, 'sends'), { submission: 1, names: ['credit card', 'expiry date', 'security code'] })
    t.match(last(run, 'forgets'), { field: 'security code' }, 'which nobody keeps')
  }
})

t.test('a refused entry is asked for again, as often as the field allows', async (t) => {
  const wrong: Act = { act: 'enter', keys: 16, ends: 'terminator', fault: 'invalid-card-number' }
  const flow = shipped('card-payment')
  t.strictSame(clipsOf(ran(flow, wrong).lines).slice(-3), ['card-number-invalid', 'try-again', 'ask-card-number'])
  t.strictSame(clipsOf(ran(flow, wrong, wrong).lines).slice(-3), [
    'card-number-invalid',
    'last-attempt',
    'ask-card-number',
  ])
  const over = ran(flow, wrong, wrong, wrong)
  t.match(last(over, 'wiped'), { note: 'too-many-failed-attempts' })
  t.strictSame(clipsOf(over.lines).slice(-2), ['too-many-attempts', 'returning'])
})

t.test('too few keys are too few, whatever is said of them', async (t) => {
  const run = ran(shipped('card-payment'), { act: 'enter', keys: 5, ends: 'pause' })
  t.match(last(run, 'refused'), { field: 'credit card', note: 'too-short' })
})

t.test('silence costs an attempt; clearing costs none', async (t) => {
  const flow = shipped('card-payment')
  t.match(
    ran(flow, { act: 'silence' }).lines.findLast((line) => line.what === 'asking'),
    { note: '2/3' },
  )
  const cleared = ran(flow, { act: 'enter', keys: 7, ends: 'clear' })
  t.match(last(cleared, 'asking'), { note: '1/3' })
  t.strictSame(clipsOf(cleared.lines).slice(-1), ['cleared'])
  t.match(cleared.awaits, { at: 'entry', field: 'credit card' })
})

t.test('the last key that an entry can have ends it, and what would end it belongs to nothing', async (t) => {
  const run = ran(shipped('card-payment'), CARD, { act: 'enter', keys: 4, ends: 'terminator' })
  t.match(run.awaits, { at: 'entry', field: 'security code' })
  t.equal(run.lines.filter(({ what }) => what === 'refused').length, 0)
})

t.test('the brand of the card decides how its security code is asked for', async (t) => {
  const amex: Act = { act: 'enter', keys: 15, ends: 'whole', brand: 'american-express' }
  t.strictSame(clipsOf(ran(shipped('card-payment'), amex, EXPIRY).lines).slice(-1), ['ask-security-code-four'])
  t.strictSame(clipsOf(ran(shipped('card-payment'), CARD, EXPIRY).lines).slice(-1), ['ask-security-code'])
})

t.test('a flow that repeats asks again as often as it says, then ends', async (t) => {
  const pin: Act = { act: 'enter', keys: 4, ends: 'terminator' }
  const flow = shipped('pin-check')
  const twice = ran(flow, pin, verdict('declined'), pin, verdict('declined'))
  t.match(twice.awaits, { at: 'entry', field: 'pin' })
  t.match(ran(flow, pin, verdict('declined'), pin, verdict('declined'), pin, verdict('declined')).awaits, {
    at: 'nothing',
  })
  t.match(last(ran(flow, { act: 'escape' }), 'wiped'), { note: 'escaped' })
})

t.test('the agent is asked, and has one field or all keyed again', async (t) => {
  const flow = shipped('card-payment-assisted')
  const asked = ran(flow, ...PAID, verdict('declined'))
  t.match(asked.awaits, { at: 'agent', fields: [{ index: 0, name: 'credit card' }, { index: 1 }, { index: 2 }] })
  t.equal(flow.steps[asked.step ?? -1]?.do, 'ask-agent')
  t.match(ran(flow, ...PAID, verdict('declined'), { act: 'again', fields: [1] }).awaits, { field: 'expiry date' })
  t.match(ran(flow, ...PAID, verdict('declined'), { act: 'again-all' }).awaits, { field: 'credit card' })
  t.match(last(ran(flow, ...PAID, verdict('declined'), { act: 'silence' }), 'wiped'), { note: 'declined' })
  t.strictSame(dryRun(flow, DEFAULTS, [...PAID, verdict('declined'), { act: 'again', fields: [9] }]), { misfit: 4 })
})

t.test('what is read back is confirmed, or keyed again; what is keyed twice must be alike', async (t) => {
  const flow =
    flowOf(`id: x\ntitle: X\nfields:\n  account number: { kind: account-number, enterTwice: true, readBack: all }
steps:\n  - begin\n  - collect: account number\n  - validate\n`)
  const entry: Act = { act: 'enter', keys: 9, ends: 'terminator' }
  t.match(ran(flow, entry).awaits, { at: 'entry', second: true, faults: ['input-matching-failed'] })
  const read = ran(flow, entry, entry)
  t.match(read.awaits, { at: 'confirmation', field: 'account number' })
  t.strictSame(clipsOf(read.lines).slice(-3), ['read-back', '<all>', 'confirm'])
  t.match(ran(flow, entry, entry, { act: 'yes' }).awaits, { at: 'verdict' })
  t.match(last(ran(flow, entry, entry, { act: 'no' }), 'refused'), { note: 'not-confirmed' })
  t.match(last(ran(flow, entry, { ...entry, fault: 'input-matching-failed' }), 'refused'), {
    note: 'input-matching-failed',
  })
})

t.test('more time is given where there is a key for it, as often as it is allowed', async (t) => {
  const flow = flowOf(`id: x\ntitle: X\nfields:\n  pin: { kind: pin, moreTimes: 1, keys: { moreTime: hash, end: none } }
steps:\n  - begin\n  - collect: pin\n  - validate\n`)
  t.match(ran(flow, { act: 'more-time' }).awaits, { at: 'entry', moreTimes: 0 })
  t.strictSame(dryRun(flow, DEFAULTS, [{ act: 'more-time' }, { act: 'more-time' }]), { misfit: 1 })
})

t.test('it can be ended at any time, and then nothing fits any more', async (t) => {
  const flow = shipped('card-payment')
  t.match(last(ran(flow, CARD, { act: 'cancel' }), 'wiped'), { note: 'cancelled' })
  t.match(last(ran(flow, { act: 'hang-up' }), 'wiped'), { note: 'caller-hung-up' })
  t.strictSame(dryRun(flow, DEFAULTS, [{ act: 'hang-up' }, CARD]), { misfit: 1 })
  t.strictSame(dryRun(flow, DEFAULTS, [...PAID, { act: 'cancel' }]), { misfit: 3 }, 'what was sent is not called back')
  t.match(last(ran(flow, ...PAID, { act: 'hang-up' }), 'wiped'), { note: 'validation-timed-out' })
})

t.test('an act that has no meaning where it comes is refused, and never a fault of the machine', async (t) => {
  const acts: readonly Act[] = [
    ...([CARD, { act: 'enter', keys: 0, ends: 'terminator' }, { act: 'enter', keys: 0, ends: 'pause' }] as const),
    ...(
      ['clear', 'escape', 'more-time', 'yes', 'no', 'silence', 'again-all', 'go-on', 'cancel', 'hang-up'] as const
    ).map((act): Act => ({ act }) as Act),
    ...(['accepted', 'declined', 'failed'] as const).map(verdict),
    { act: 'again', fields: [0] },
  ]
  let ends = 0
  for (const id of ['card-payment', 'card-payment-assisted', 'bank-account', 'pin-check']) {
    const flow = shipped(id)
    // Every run of two acts, and every act after what leads to the verdict.
    const entries = flow.fields.map(({ minKeys, enterTwice }): Act[] =>
      Array(enterTwice ? 2 : 1).fill({ act: 'enter', keys: minKeys, ends: 'terminator' }),
    )
    for (const before of [
      [],
      [acts[0]],
      entries.flat(),
      [...entries.flat(), verdict('declined')],
    ] as readonly Act[][]) {
      for (const one of acts) {
        for (const other of acts) {
          const run = dryRun(flow, DEFAULTS, [...before, one, other])
          if (!('misfit' in run) && run.awaits.at === 'nothing') ends++
        }
      }
    }
  }
  t.ok(ends > 50, `${ends} of them came to an end`)
})
