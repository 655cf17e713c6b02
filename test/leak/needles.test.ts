import t from 'tap'
import { searchFor } from '../../src/leak/needle-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'

/** A published test card, and octets that some forms of it are known to be. */
const CARD = '5200828282828210'
const MIXED = '6011000990139424'

function formsIn(octets: Uint8Array, number: string): ReadonlySet<string> {
  const forms = new Set<string>()
  searchFor(needlesOf(digitsOf(number))).run(octets, octets.length, forms)
  return forms
}

function around(text: string | Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.alloc(40),
    Buffer.from('before ('),
    Buffer.from(text as string),
    Buffer.from(') behind'),
  ])
}

t.test('a number is looked for whole in at least 35 encodings, each of them another row of octets', async (t) => {
  const whole = needlesOf(digitsOf(MIXED)).filter(({ form }) => !/digits \d+ to/.test(form))
  t.ok(new Set(whole.map(({ form }) => form)).size >= 35, `${whole.length} encodings`)
  t.equal(new Set(whole.map(({ octets }) => octets.toString('hex'))).size, whole.length)
})

const rows: readonly (readonly [string, string | Uint8Array, string])[] = [
  ['text', MIXED, 'text'],
  ['groups', '6011-0009-9013-9424', 'text, "-" between groups'],
  ['an array in JSON', JSON.stringify([...MIXED].map(Number)), 'text, "," after each digit'],
  ['a buffer in JSON', JSON.stringify(Buffer.from(MIXED)), 'octets as decimal numbers'],
  ['UTF-16', Buffer.from(MIXED, 'utf16le'), 'UTF-16'],
  ['codes', Uint8Array.from(MIXED, Number), 'telephone-event codes'],
  ['16-bit codes', new Uint8Array(Int16Array.from(MIXED, Number).buffer), 'codes as 16-bit numbers'],
  ['floats', new Uint8Array(Float64Array.from(MIXED, Number).buffer), 'codes as 64-bit floats'],
  ['packed', Buffer.from(MIXED, 'hex'), 'packed decimal'],
  ['hexadecimal', Buffer.from(MIXED).toString('hex'), 'hexadecimal'],
  ['base64 in a longer text', Buffer.from(`card=${MIXED};`).toString('base64'), 'base64, alignment 2'],
  ['seven digits alone', MIXED.slice(8, 15), 'text, digits 9 to 15'],
  ['eight digits in a longer number', `77${MIXED.slice(8)}77`, 'text, digits 9 to 16'],
  ['seven codes', Uint8Array.from(MIXED.slice(9), Number), 'telephone-event codes, digits 10 to 16'],
]
for (const [sentence, octets, form] of rows) {
  t.test(`found: ${sentence}`, async (t) => {
    t.ok(formsIn(around(octets), MIXED).has(form), `as ${[...formsIn(around(octets), MIXED)].join(' | ')}`)
  })
}

t.test('every form of every card is found in any surroundings, and another card is not', async (t) => {
  for (const { form, octets } of needlesOf(digitsOf(MIXED))) {
    for (const fill of [0, 0x20, 0xff]) {
      const there = Buffer.concat([Buffer.alloc(33, fill), octets, Buffer.alloc(7, fill)])
      t.ok(formsIn(there, MIXED).has(form), form)
    }
    t.equal(formsIn(octets, MIXED).has(form), true, `${form}, alone at the edges`)
    t.strictSame([...formsIn(octets, CARD)], [], 'nothing of another card')
  }
})

t.test('seven digits within a longer number are a coincidence, and so are parts of few different digits', async (t) => {
  t.strictSame([...formsIn(around(`1${MIXED.slice(9)}7`), MIXED)], [])
  t.strictSame([...formsIn(around('4111111'), '4111111111111111')], [])
  t.strictSame([...formsIn(Buffer.alloc(1000), '4111111111111111')], [])
})

t.test('the search agrees with a plain one on octets that are like the needles', async (t) => {
  const needles = needlesOf(digitsOf(MIXED)).filter(({ alone }) => !alone)
  const search = searchFor(needles)
  let seed = 1
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }
  for (let round = 0; round < 300; round++) {
    const pieces = Array.from({ length: 12 }, () => {
      const { octets } = needles[next(needles.length)] ?? { octets: Buffer.alloc(0) }
      const from = next(4) === 0 ? next(octets.length) : 0
      return next(3) === 0 ? Buffer.alloc(next(5)) : octets.subarray(from)
    })
    const octets = Buffer.concat(pieces)
    const forms = new Set<string>()
    search.run(octets, octets.length, forms)
    const plain = needles.filter((needle) => octets.includes(needle.octets)).map(({ form }) => form)
    t.strictSame([...forms].toSorted(), plain.toSorted(), `round ${round}`)
  }
})

t.test('a needle of one octet is refused', async (t) => {
  t.throws(() => searchFor([{ form: 'one', octets: Buffer.of(1), alone: false }]), RangeError)
})
