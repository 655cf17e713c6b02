import t from 'tap'
import { parseResultString, resultOf, writeResultString } from '../../src/call/result-string.ts'

t.test('the string has three parts, a space and a line feed', async (t) => {
  const accepted = {
    transactionId: 'secure-bcd',
    approvalValue: 'accepted',
    approvalResult: 'That number was good',
  } as const
  t.equal(writeResultString(accepted), 'secure-bcd|accepted|That number was good \n')
  t.same(parseResultString(writeResultString(accepted)), accepted)
})

t.test('what would forge a part is removed from the last one', async (t) => {
  const written = writeResultString({ transactionId: 'x', approvalValue: 'declined', approvalResult: 'a|b\r\nc\0d |' })
  t.equal(written, 'x|declined|abcd  \n')
  t.match(parseResultString(written), { approvalResult: 'abcd ' })
})

t.test('every result survives the way there and back', async (t) => {
  for (const approvalValue of ['accepted', 'declined', 'failed'] as const) {
    for (const approvalResult of ['', ' ', 'ends in a space ', 'Grüße, 100 %', '  two  ']) {
      const result = { transactionId: 'secure-bcdfg_1', approvalValue, approvalResult }
      t.same(parseResultString(writeResultString(result)), result)
    }
  }
})

const refused: readonly (readonly [says: string, text: string])[] = [
  ['nothing', ''],
  ['no line feed at the end', 'x|accepted|good '],
  ['no space before it', 'x|accepted|good\n'],
  ['two parts', 'x|accepted \n'],
  ['four parts', 'x|accepted|good|better \n'],
  ['a word that is none of the three', 'x|approved|good \n'],
  ['a word in capitals', 'x|ACCEPTED|good \n'],
  ['no transaction', '|accepted|good \n'],
  ['a transaction with a space', 'x y|accepted|good \n'],
  ['a line feed inside', 'x|accepted|go\nod \n'],
  ['something after it', 'x|accepted|good \nmore'],
  ['something before it', ' x|accepted|good \n'],
]
for (const [says, text] of refused) {
  t.test(`the parser does not take ${says}`, async (t) => {
    t.equal(parseResultString(text), undefined)
  })
}

t.test('an outcome gives its parts', async (t) => {
  t.same(resultOf('x', { result: 'declined', details: 'no' }), {
    transactionId: 'x',
    approvalValue: 'declined',
    approvalResult: 'no',
  })
  t.same(resultOf('x', { result: 'failed', reason: 'validation-timed-out' }), {
    transactionId: 'x',
    approvalValue: 'failed',
    approvalResult: 'validation-timed-out',
  })
})
