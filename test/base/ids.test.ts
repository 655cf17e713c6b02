import t from 'tap'
import { makeId, makeSdpSessionId, makeToken } from '../../src/base/ids.ts'

const counting = (count: number) => Uint8Array.from({ length: count }, (_, at) => at * 17)
const ones = (count: number) => new Uint8Array(count).fill(255)

t.test('ids hold no digit', async (t) => {
  t.equal(makeId(counting, 'call-'), 'call-bbccddffgghhjjkkllmm')
  t.equal(makeToken(ones), 't'.repeat(64))
  t.notMatch(makeId(counting), /\d/)
})

t.test('session ids are decimal and shorter than a card number', async (t) => {
  t.equal(makeSdpSessionId(ones), '2147483648')
  t.equal(
    makeSdpSessionId((count) => new Uint8Array(count)),
    '1',
  )
  t.equal(makeSdpSessionId(counting), String(0x00112233 + 1))
})
