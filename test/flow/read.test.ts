import t from 'tap'
import { readFlow } from '../../src/flow/read.ts'
import { flowText, PIN_FLOW } from './texts.ts'

function problemsOf(text: string) {
  const reading = readFlow(text)
  return 'problems' in reading ? reading.problems : []
}

function flowOf(text: string) {
  const reading = readFlow(text)
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems))
  return reading.flow
}

t.test('a short flow is filled in from what its names say', async (t) => {
  const { fields, steps } = flowOf(PIN_FLOW)
  t.match(fields, [{ name: 'pin', kind: 'pin', minKeys: 4, maxKeys: 4, keys: { end: 11, clear: 10 }, tell: 'nothing' }])
  t.same(steps, [{ do: 'collect', field: 0 }, { do: 'validate' }])
})

t.test('every step and most options in one flow', async (t) => {
  const { fields, steps, languages, sessionSeconds } = flowOf(
    flowText(
      'languages: [de-AT, en]',
      'sessionSeconds: 120',
      'defaults: { attempts: 2, keys: { escape: "*", moreTime: hash } }',
      'fields:',
      '  credit card: { kind: card-number, brands: visa, tell: nothing }',
      '  cvc:',
      '    prompts:',
      '      ask: [{ brand: american-express, say: ask-security-code-four }, my-ask]',
      '      too-short: my-short',
      '  amount: { decimals: 0, largest: 5000, readBack: all }',
      '  account: { kind: iban, country: DE, enterTwice: true }',
      '  member: { kind: digits, length: 4-17, digits: 012345, pattern: "[0-2]{4,17}", luhn: true, moreTimes: 1 }',
      'steps:',
      '  - begin',
      '  - insert: { channel: phone, tariff: 0123 }',
      '  - insert-form',
      '  - collect: credit card',
      '  - get-key: cvc',
      '  - { collect: amount, label: money }',
      '  - collect: account',
      '  - collect: member',
      '  - label: pay',
      '    validate:',
      '  - branch: { accepted: thanks, failed: ask }',
      '  - repeat: [cvc, amount]',
      '    from: money',
      '    times: 2',
      '    otherwise: end',
      '  - label: ask',
      '  - ask-agent: 30',
      '  - go: end',
      '  - label: thanks',
      '    say: [thank-you, goodbye]',
      '    bargeIn: false',
      '  - end',
    )
      .replace('from: money', 'from: code')
      .replace('get-key: cvc', 'get-key: cvc\n    label: code'),
  )
  t.same(languages, ['de-AT', 'en'])
  t.equal(sessionSeconds, 120)
  t.match(fields, [
    { name: 'credit card', brands: ['visa'], attempts: 2, keys: { escape: 10, moreTime: 11 }, moreTimes: 2 },
    {
      kind: 'security-code',
      prompts: [
        { when: 'ask', clip: 'ask-security-code-four', brand: 'american-express' },
        { when: 'ask', clip: 'my-ask' },
        { when: 'too-short', clip: 'my-short' },
      ],
    },
    { kind: 'amount', decimals: 0, largest: 5000, readBack: 'all' },
    { kind: 'iban', country: 'DE', minKeys: 20, maxKeys: 20, enterTwice: true },
    { kind: 'digits', minKeys: 4, maxKeys: 17, validKeys: '012345', pattern: '[0-2]{4,17}', luhn: true, moreTimes: 1 },
  ])
  t.same(steps, [
    { do: 'say', clips: ['welcome'], bargeIn: true },
    {
      do: 'insert',
      inserts: [
        { name: 'channel', value: 'phone' },
        { name: 'tariff', value: '0123' },
      ],
    },
    { do: 'insert-form' },
    { do: 'collect', field: 0 },
    { do: 'collect', field: 1 },
    { do: 'collect', field: 2 },
    { do: 'collect', field: 3 },
    { do: 'collect', field: 4 },
    { do: 'validate' },
    { do: 'branch', accepted: 14, declined: 10, failed: 11 },
    { do: 'repeat', fields: [1, 2], from: 4, times: 2, otherwise: 16 },
    { do: 'go', to: 12 },
    { do: 'ask-agent', seconds: 30 },
    { do: 'go', to: 16 },
    { do: 'say', clips: ['thank-you', 'goodbye'], bargeIn: false },
    { do: 'end' },
  ])
})

t.test('JSON is taken too', async (t) => {
  const text = JSON.stringify({ id: 'mine', title: 'Mine', steps: [{ collect: 'pin' }, 'validate'] })
  t.same(flowOf(text), flowOf(PIN_FLOW))
})

t.test('everything is repeated at a word', async (t) => {
  const lines = [
    '  - collect: pin',
    '  - collect: amount',
    '  - validate',
    '  - branch: { accepted: end, failed: end }',
  ]
  const { steps } = flowOf(flowText('steps:', ...lines, '  - repeat: everything'))
  t.same(steps[4], { do: 'repeat', fields: [0, 1], from: 0, times: 1, otherwise: 5 })
})

/** What is wrong, in which line, and a word of the advice. */
const rows: readonly (readonly [says: string, lines: readonly string[], line: number, told: RegExp, advice: RegExp])[] =
  [
    ['a misspelt key', ['stepz: []', 'steps: [validate]'], 3, /not known/, /"steps"/],
    ['a misspelt step', ['steps:', '  - colect: pin'], 4, /not a step/, /"collect"/],
    ['a misspelt word', ['steps:', '  - collect: pin', '  - validat'], 5, /not a step/, /"validate"/],
    ['a step without what it needs', ['steps:', '  - collect'], 4, /after a colon/, /collect: \.\.\./],
    ['two steps in one', ['steps:', '  - collect: pin', '    validate: true'], 4, /2 steps/, /dash/],
    [
      'a step with an option of another',
      ['steps:', '  - collect: pin', '    times: 2', '  - validate'],
      5,
      /not known/,
      /Known here/,
    ],
    ['no steps', ['steps: []'], 3, /does not fit/, /list/],
    ['a field of no kind', ['steps:', '  - collect: membership', '  - validate'], 4, /no field "membership"/, /Add it/],
    [
      'a misspelt field',
      ['fields: { member: digits }', 'steps:', '  - collect: membr', '  - validate'],
      5,
      /no field "membr"/,
      /"member"/,
    ],
    [
      'a field nobody asks for',
      ['fields:', '  amount: {}', 'steps:', '  - collect: pin', '  - validate'],
      4,
      /No step collects/,
      /remove/,
    ],
    [
      'a kind that is not one',
      ['fields: { pin: pine }', 'steps:', '  - collect: pin', '  - validate'],
      3,
      /does not fit/,
      /one of card-number/,
    ],
    [
      'a repeat of no field',
      ['steps:', '  - collect: pin', '  - validate', '  - branch: { accepted: end, failed: end }', '  - repeat: pim'],
      7,
      /no field/,
      /"pin"/,
    ],
    [
      'an unknown label',
      ['steps:', '  - collect: pin', '  - validate', '  - branch: { declined: agian }', '  - label: again'],
      6,
      /no step with this label/,
      /"again"/,
    ],
    [
      'a label twice',
      ['steps:', '  - { collect: pin, label: a }', '  - { validate: , label: a }'],
      5,
      /earlier step/,
      /own/,
    ],
    [
      'a label called end',
      ['steps:', '  - { collect: pin, label: end }', '  - validate'],
      4,
      /already/,
      /another name/,
    ],
    [
      'a step that nothing leads to',
      ['steps:', '  - collect: pin', '  - validate', '  - end', '  - say: welcome'],
      7,
      /No path/,
      /Remove/,
    ],
    ['an end without a verdict', ['steps:', '  - collect: pin'], 4, /without a verdict/, /validate/],
    [
      'a branch without a verdict',
      ['steps:', '  - collect: pin', '  - branch: { declined: end }', '  - validate'],
      5,
      /before there is a verdict/,
      /validate/,
    ],
    [
      'a loop',
      [
        'steps:',
        '  - { collect: pin, label: a }',
        '  - validate',
        '  - branch: { accepted: end, failed: end }',
        '  - go: a',
      ],
      4,
      /for ever/,
      /repeat/,
    ],
    [
      'a payment sent twice',
      ['steps:', '  - collect: card number', '  - validate', '  - repeat: card number'],
      5,
      /charged twice/,
      /accepted: end/,
    ],
    [
      'a payment without an answer sent twice',
      [
        'steps:',
        '  - collect: card number',
        '  - validate',
        '  - branch: { accepted: end }',
        '  - repeat: card number',
      ],
      5,
      /no answer/,
      /failed: end/,
    ],
    [
      'a code that is wiped and not asked for again',
      [
        'steps:',
        '  - collect: cvc',
        '  - collect: card number',
        '  - validate',
        '  - branch: { accepted: end, failed: end }',
        '  - repeat: card number',
      ],
      6,
      /"cvc" is forgotten/,
      /before the one/,
    ],
    [
      'keys that clash',
      ['defaults: { keys: { end: star } }', 'steps:', '  - collect: pin', '  - validate'],
      3,
      /same key/,
      /own/,
    ],
    [
      'escape and more time on one key',
      ['fields:', '  pin:', '    keys: { escape: "*", moreTime: star }', 'steps:', '  - collect: pin', '  - validate'],
      5,
      /same key/,
      /own/,
    ],
    [
      'a key among the digits',
      ['fields:', '  pin:', '    keys: { escape: 0 }', 'steps:', '  - collect: pin', '  - validate'],
      5,
      /may be keyed/,
      /star/,
    ],
    [
      'a length upside down',
      ['fields:', '  pin: { length: 8-4 }', 'steps:', '  - collect: pin', '  - validate'],
      4,
      /longer than the longest/,
      /4-17/,
    ],
    [
      'a length that cannot be',
      ['fields:', '  pin: { length: 40 }', 'steps:', '  - collect: pin', '  - validate'],
      4,
      /cannot be that long/,
      /3 to 12/,
    ],
    [
      'an option of another kind',
      ['fields:', '  pin: { country: DE }', 'steps:', '  - collect: pin', '  - validate'],
      4,
      /no such option/,
      /iban/,
    ],
    [
      'an option that is missing',
      ['fields:', '  account: iban', 'steps:', '  - collect: account', '  - validate'],
      4,
      /needs country/,
      /country/,
    ],
    [
      'an IBAN with letters',
      ['fields:', '  account: { kind: iban, country: GB }', 'steps:', '  - collect: account', '  - validate'],
      4,
      /not known how long/,
      /length/,
    ],
    [
      'a secret read aloud',
      ['fields:', '  pin: { readBack: all }', 'steps:', '  - collect: pin', '  - validate'],
      4,
      /not read back/,
      /enterTwice/,
    ],
    [
      'more time without a key',
      ['fields:', '  pin: { moreTimes: 2 }', 'steps:', '  - collect: pin', '  - validate'],
      4,
      /no key/,
      /moreTime/,
    ],
    [
      'a bad pattern',
      ['fields:', '  pin: { pattern: "[0-" }', 'steps:', '  - collect: pin', '  - validate'],
      4,
      /digit pattern/,
      /digits/,
    ],
    [
      'a wait longer than the session',
      ['sessionSeconds: 30', 'steps:', '  - collect: pin', '  - validate', '  - ask-agent: 40'],
      7,
      /longer than the session/,
      /sessionSeconds/,
    ],
    [
      'an insert called like a field',
      ['steps:', '  - collect: pin', '  - insert: { pin: 1 }', '  - validate'],
      5,
      /this name/,
      /own/,
    ],
    [
      'a card number',
      ['steps:', '  - collect: pin', '  - insert: { card: 4111 1111 1111 1111 }', '  - validate'],
      5,
      /card number/,
      /Remove/,
    ],
    ['no YAML', ['steps: [', '  - }'], 4, /not valid YAML/, /Check/],
    ['a key twice', ['title: Other', 'steps: [validate]'], 3, /not valid YAML/, /Check/],
  ]
for (const [says, lines, line, told, advice] of rows) {
  t.test(`${says} is told with its line and what to do`, async (t) => {
    const problems = problemsOf(flowText(...lines))
    const found = problems.find((problem) => told.test(problem.says))
    t.ok(found, JSON.stringify(problems))
    t.equal(found?.line, line)
    t.match(found?.advice, advice)
  })
}

t.test('a card number is not repeated in what is told', async (t) => {
  const CARD = '4111111111111111'
  for (const insert of [`{ card: ${CARD} }`, `{ ${CARD}: x }`]) {
    const problems = problemsOf(flowText('steps:', '  - collect: pin', `  - insert: ${insert}`, '  - validate'))
    t.equal(problems.length, 1)
    t.notMatch(JSON.stringify(problems), CARD.slice(0, 8))
  }
})

t.test('so many fields and steps, and no more', async (t) => {
  const names = Array.from({ length: 17 }, (_, at) => `field ${at}`)
  const text = (count: number) =>
    flowText(
      'fields:',
      ...names.slice(0, count).map((name) => `  ${name}: digits`),
      'steps:',
      ...names.slice(0, count).map((name) => `  - collect: ${name}`),
      '  - validate',
    )
  t.equal(flowOf(text(16)).fields.length, 16)
  t.match(problemsOf(text(17)), [{ key: 'fields', says: /17 fields/ }])
  const steps = (count: number) =>
    flowText(
      'steps:',
      '  - collect: pin',
      ...Array.from({ length: count - 2 }, () => '  - say: welcome'),
      '  - validate',
    )
  t.equal(flowOf(steps(100)).steps.length, 100)
  t.match(problemsOf(steps(101)), [{ key: 'steps', line: 3 }])
})

t.test('bad input is never thrown', async (t) => {
  for (const text of [
    '',
    '[]',
    'id',
    'steps: 7',
    'fields: [a]\nsteps: x',
    'id: mine\ntitle: 1\nfields: 7\nsteps: [[1], 2, null, {a: {b: c}}]',
    '"\\u0000": 1',
    '&a [*a, *a]',
    '{{}: 1}',
  ]) {
    t.ok(problemsOf(text).length > 0, JSON.stringify(text))
  }
})
