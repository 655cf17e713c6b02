/** What an agent may fill in, and texts of strangers: as the page takes and shows them. */

import t from 'tap'
import { clockOf } from '../../pages/desk/durations.ts'
import { type FormField, faultIn, faultsIn, nameOf, sentFields } from '../../pages/desk/form-check.ts'
import { words as de } from '../../pages/desk/languages/de.ts'
import { words as en } from '../../pages/desk/languages/en.ts'
import { words as es } from '../../pages/desk/languages/es.ts'
import { words as fr } from '../../pages/desk/languages/fr.ts'
import { fieldName, inWords, wordIn } from '../../pages/desk/naming.ts'
import { outsideText } from '../../pages/desk/outside-text.ts'
import { keysSpoken, stageSpoken, timeSpoken } from '../../pages/desk/spoken.ts'
import { faults } from '../../src/base/faults.ts'
import { fillForm } from '../../src/directory/index.ts'
import { ENTRY_FAULTS } from '../../src/vault/contract.ts'

const field = (type: FormField['type'], more: Partial<FormField> = {}): FormField => ({
  ...{ id: 'f', type, required: false },
  ...more,
})

const ROWS: readonly (readonly [FormField, string, ReturnType<typeof faultIn>])[] = [
  [field('text'), '', undefined],
  [field('text', { required: true }), '  ', 'missing'],
  [field('text'), 'Order 17', undefined],
  [field('text'), 'x'.repeat(1025), 'too-long'],
  [field('amount'), '12,50', undefined],
  [field('amount'), '12.5000', 'no-amount'],
  [field('amount'), '-1', 'no-amount'],
  [field('date'), '2026-02-28', undefined],
  [field('date'), '2026-02-30', 'no-date'],
  [field('choice', { choices: ['a', 'b'] }), 'b', undefined],
  [field('choice', { choices: ['a', 'b'] }), 'c', 'no-choice'],
]

t.test('a field is taken by the page as the server takes it', async (t) => {
  for (const [of, value, expected] of ROWS) {
    t.equal(faultIn(of, value), expected, `${of.type} ${value.slice(0, 20)}`)
    // The length of a value is looked at elsewhere.
    if (expected === 'too-long') continue
    const form = { fields: [of], attributes: [] } as unknown as Parameters<typeof fillForm>[0]
    t.equal('refused' in fillForm(form, [{ name: 'f', value }]), expected !== undefined, `the server: ${value}`)
  }
})

t.test('a card number is taken by no field, however it is written', async (t) => {
  for (const number of ['4111111111111111', '4111 1111 1111 1111', '4111-1111-1111-1111', 'no 4111.1111.1111.1111!'])
    for (const type of ['text', 'amount', 'choice'] as const) t.equal(faultIn(field(type), number), 'card-number')
  t.equal(faultIn(field('text'), '4111111111111112'), undefined)
})

t.test('what is sent is in the order of the form, without what is empty', async (t) => {
  const fields = [field('text', { id: 'b' }), field('amount', { id: 'a' }), field('text', { id: 'c' })]
  t.strictSame(sentFields(fields, { a: ' 1 ', b: 'x', c: ' ' }), [
    { name: 'b', value: 'x' },
    { name: 'a', value: '1' },
  ])
  t.strictSame([...faultsIn(fields, { a: 'x' })], [['a', 'no-amount']])
  const form = { name: 'n', displayName: '', title: 'T', description: '', type: 'simple', fields } as const
  t.equal(nameOf(form), 'T')
})

t.test('text of strangers is one line that turns nothing around', async (t) => {
  t.equal(outsideText('<img src=x onerror=alert(1)>'), '<img src=x onerror=alert(1)>')
  t.equal(outsideText('a\u202Eb\u2066c\u200Bd\u0000e\nf'), 'abcdef')
  t.equal([...outsideText('😀'.repeat(200))].length, 64)
  t.equal(outsideText(`z${'\u0301'.repeat(60)}`).length, 4)
})

t.test('every gate has words in every language, and no word is for a code that there is not', async (t) => {
  const secure = Object.keys(faults).filter((code) => /^(?:secure|lookup)\./.test(code))
  // Those are met by programs alone.
  const forPrograms = ['secure.not-found', 'secure.unknown-field']
  for (const words of [en, de, fr, es])
    t.strictSame(
      secure.filter((code) => !Object.hasOwn(words.faults, code)),
      forPrograms,
    )
  const unknown = Object.keys(en.faults).filter((code) => !Object.hasOwn(faults, code) && !code.startsWith('page.'))
  t.strictSame(unknown, [])
  t.strictSame([...Object.keys(en.entryFaults)].toSorted(), [...ENTRY_FAULTS].toSorted())
})

t.test('the server is quoted where there are no words for what it says', async (t) => {
  const problem = { title: 'New', status: 409, detail: 'Do it.', code: 'secure.new' }
  t.strictSame(inWords(de, problem), problem)
  t.match(inWords(de, { ...problem, code: 'secure.no-right' }), { title: /kein Recht/ })
  t.equal(wordIn(en.hears, 'new-stage'), 'new-stage')
  t.equal(wordIn(en.hears, 'toString'), 'toString')
})

t.test('a field is called by its kind where that says which', async (t) => {
  const fields = [
    { name: 'credit card', kind: 'card-number' },
    { name: 'first', kind: 'pin' },
    { name: 'second', kind: 'pin' },
    { name: 'meter', kind: 'digits' },
  ]
  t.strictSame(
    fields.map(({ name }) => fieldName(en, name, fields)),
    ['Card number', 'first', 'second', 'meter'],
  )
})

t.test('a screen reader is told the question and the count, and the time when little is left', async (t) => {
  const fields = [{ name: 'credit card', kind: 'card-number', status: 'asking', attempt: 2, attempts: 3, refusals: 1 }]
  const session = {
    stage: 'asking',
    field: { index: 0, name: 'credit card' },
    fields,
    attempt: 2,
    attempts: 3,
    keys: 1,
  }
  const of = session as unknown as Parameters<typeof stageSpoken>[1]
  t.equal(stageSpoken(en, of), 'The caller keys. Card number. Attempt 2 of 3.')
  t.equal(keysSpoken(en, of), '1 digit keyed')
  t.equal(keysSpoken(en, { ...of, keys: 0 }), '')
  t.equal(stageSpoken(en, { ...of, stage: 'submitting' }), 'The entry is being checked.')
  t.equal(keysSpoken(en, { ...of, stage: 'submitting' }), '')
  t.equal(timeSpoken(en, 31_000), '')
  t.equal(timeSpoken(en, 29_000), 'Half a minute is left.')
})

t.test('lengths of time', async (t) => {
  t.strictSame([-5, 5000, 65_999, 3_723_000].map(clockOf), ['0:00', '0:05', '1:05', '1:02:03'])
})
