import t from 'tap'
import { holdsCardNumber } from '../../src/base/card-text.ts'
import { checkAgentFields } from '../../src/call/agent-fields.ts'

const cards: readonly (readonly [says: string, text: string])[] = [
  ['sixteen digits', '4111111111111111'],
  ['groups of four', '4111 1111 1111 1111'],
  ['dashes', '5555-5555-5555-4444'],
  ['dots', '4111.1111.1111.1111'],
  ['slashes and spaces', '4111 / 1111 / 1111 / 1111'],
  ['no-break spaces', '4111\u00a01111\u00a01111\u00a01111'],
  ['words around it', 'card 4111111111111111 please'],
  ['an expiry date behind it', '4111 1111 1111 1111 12/28'],
  ['a number before it', '17 4111111111111111'],
  ['fifteen digits of American Express', '378282246310005'],
  ['fourteen digits of Diners Club', '30569309025904'],
  ['thirteen digits of Visa', '4222222222222'],
  ['a Mastercard of the 2-series', '2223003122003222'],
  ['nineteen digits of UnionPay', '6205500000000000004'],
  ['a Maestro', '6759649826438453'],
  ['a JCB', '3530111333300000'],
  ['full-width digits', '４１１１１１１１１１１１１１１１'],
  ['Arabic digits', '٤١١١١١١١١١١١١١١١'],
  ['a digit apart each', '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1'],
]
for (const [says, text] of cards) {
  t.test(`a card number with ${says} is found`, async (t) => {
    t.ok(holdsCardNumber(text))
    t.same(checkAgentFields([{ name: 'note', value: text }]), { fault: 'secure.card-number-in-form', field: 0 })
  })
}

const plain: readonly (readonly [says: string, text: string])[] = [
  ['an empty value', ''],
  ['a name', 'Müller & Söhne'],
  ['a phone number', '+49 30 1234567890'],
  ['sixteen digits with a wrong check digit', '4111111111111112'],
  ['a check digit without an issuer', '1111111111111117'],
  ['twelve digits', '411111111111'],
  ['letters between the groups', '4111x1111y1111z1111'],
  ['zeros', '0000000000000000'],
  ['a date and a time', '2026-11-23 16:00'],
]
for (const [says, text] of plain) {
  t.test(`${says} may be sent along`, async (t) => {
    t.equal(checkAgentFields([{ name: 'note', value: text }]), undefined)
  })
}

t.test('a card number in a field name is found too, and the field is named by its place', async (t) => {
  const fields = [
    { name: 'order', value: '1' },
    { name: '4111111111111111', value: 'x' },
  ]
  t.same(checkAgentFields(fields), { fault: 'secure.card-number-in-form', field: 1 })
})

const misshapen: readonly (readonly [says: string, name: string, value: string])[] = [
  ['an empty name', '', 'x'],
  ['a long name', 'n'.repeat(65), 'x'],
  ['a long value', 'n', 'v'.repeat(1025)],
  ['a line break in the name', 'a\nb', 'x'],
  ['a NUL in the value', 'a', 'x\0'],
  ['half a character', 'a', '\ud83d'],
  ['a character that XML has not', 'a', '\uffff'],
]
for (const [says, name, value] of misshapen) {
  t.test(`a field with ${says} is refused`, async (t) => {
    t.same(checkAgentFields([{ name, value }]), { fault: 'secure.bad-form', field: 0 })
  })
}

t.test('32 fields go along, 33 do not', async (t) => {
  const fields = Array.from({ length: 33 }, (_, at) => ({ name: `field ${at}`, value: 'v' }))
  t.equal(checkAgentFields(fields.slice(1)), undefined)
  t.match(checkAgentFields(fields), { fault: 'secure.bad-form' })
})
