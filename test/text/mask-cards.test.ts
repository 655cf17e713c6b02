/** Card numbers in what people write: every issuer and length, with what stands between digits, in every script; and what is none stays. */

import t from 'tap'
import { holdsCardNumber } from '../../src/base/card-text.ts'
import { maskCards } from '../../src/text/index.ts'
import { SEED, seeded } from '../rtp/seeded.ts'
import { CARDS, withCheckDigit } from './card-numbers.ts'

/** @returns what became of a text, and how many numbers were masked. */
function masked(text: string): readonly [string, number | undefined] {
  const octets = Buffer.from(text)
  const numbers = maskCards(octets)
  return [octets.toString(), numbers]
}

const hashes = (count: number) => '#'.repeat(count)

t.test('numbers of every issuer, of every length that it has', async (t) => {
  for (const [issuer, number] of CARDS) {
    t.ok(holdsCardNumber(number), issuer)
    t.strictSame(masked(number), [hashes(number.length), 1], `${issuer}, ${number.length} digits`)
    t.strictSame(masked(`card: ${number}, thanks`), [`card: ${hashes(number.length)}, thanks`, 1], issuer)
  }
})

t.test('whatever stands between digits stays', async (t) => {
  const rows: readonly (readonly [written: string, seen: string])[] = [
    ['4111 1111 1111 1111', '#### #### #### ####'],
    ['4111-1111-1111-1111', '####-####-####-####'],
    ['4111.1111.1111.1111', '####.####.####.####'],
    ['4111/1111/1111/1111', '####/####/####/####'],
    ['3782 822463 10005', '#### ###### #####'],
    ['4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1', `${'# '.repeat(15)}#`],
    ['4111 - 1111 - 1111 - 1111', '#### - #### - #### - ####'],
    ['4111\r\n1111\r\n1111\r\n1111', '####\r\n####\r\n####\r\n####'],
    ['4111\u00a01111\u20091111\u202f1111', '####\u00a0####\u2009####\u202f####'],
    ['4111\u20111111\u20131111\u20141111', '####\u2011####\u2013####\u2014####'],
    ['(4111)(1111)(1111)(1111)', '(####)(####)(####)(####)'],
  ]
  for (const [written, seen] of rows) t.strictSame(masked(written), [seen, 1], JSON.stringify(written))
})

t.test('two of them, at the very start and the very end', async (t) => {
  t.strictSame(masked('4111111111111111 or 5555555555554444'), [`${hashes(16)} or ${hashes(16)}`, 2])
  t.strictSame(masked('\n6011000990139424'), [`\n${hashes(16)}`, 1])
  // One right behind the other is a run with two in it.
  t.strictSame(masked('41111111111111115555555555554444')[0], hashes(32))
})

t.test('digits of other scripts, with as many signs as they had octets', async (t) => {
  const written = (zero: number) =>
    Array.from('6011000990139424', (digit) => String.fromCodePoint(zero + Number(digit))).join('')
  const scripts: Readonly<Record<string, number>> = {
    'Arabic-Indic': 0x660,
    'extended Arabic-Indic': 0x6f0,
    Devanagari: 0x966,
    Bengali: 0x9e6,
    Thai: 0xe50,
    Myanmar: 0x1040,
    Khmer: 0x17e0,
    'full width': 0xff10,
    Osmanya: 0x104a0,
    'mathematical bold': 0x1d7ce,
    'mathematical monospace': 0x1d7f6,
    "Myanmar, Pa'o Karen": 0x116d0,
    'Myanmar, Eastern Pwo Karen': 0x116da,
  }
  for (const [script, zero] of Object.entries(scripts)) {
    const text = written(zero)
    t.ok(holdsCardNumber(text), script)
    t.strictSame(masked(`<${text}>`), [`<${hashes(Buffer.byteLength(text))}>`, 1], script)
  }
  t.strictSame(masked('６０１１ 0009 ٩٠١٣ 9424'), [`${hashes(12)} #### ${hashes(8)} ####`, 1], 'scripts in turn')
})

t.test('digits that are written as something else', async (t) => {
  const superscript = Array.from('6011000990139424', (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('')
  const circled = Array.from('6011', (digit) => '⓪①②③④⑤⑥⑦⑧⑨'[Number(digit)]).join('')
  for (const text of [superscript, `${circled}000990139424`, '60⑪ 0009 9013 9424', '60⒒0009 9013 9424']) {
    const [seen, numbers] = masked(text)
    t.equal(numbers, 1, text)
    t.notMatch(seen, /[\p{N}]/u)
  }
  t.notOk(holdsCardNumber(masked('½ 4111 1111 1111 1111')[0]))
})

t.test('what takes no place hides nothing', async (t) => {
  for (const hidden of [
    '\u200b',
    '\u200d',
    '\u00ad',
    '\u0301',
    '\u2060\u2060\u2060\u2060',
    '\ufe0f\u20e3',
    '\u{e0041}',
  ]) {
    const text = Array.from('6011000990139424').join(hidden)
    t.strictSame(masked(text), [Array.from(hashes(16)).join(hidden), 1], JSON.stringify(hidden))
  }
})

t.test('what is no card number stays as it is', async (t) => {
  for (const text of [
    '',
    '#',
    'order 4111 1111 1111 1112 is on its way',
    'order 1234567890123456',
    'call +49 30 12345678 or +49 30 87654321',
    'DE89 3704 0044 0532 0130 00',
    '2026-11-28 15:42:51',
    '0000 0000 0000 0000',
    '9999999999999995',
    '411111111111111',
    '4111 1111 1111 and 1111',
    '4111    1111    1111    1111',
    '\u{1f4b3}\u{1f600} gr\u00fc\u00dfe \u4f60\u597d\r\n',
    '12/27 123',
  ])
    t.strictSame(masked(text), [text, 0], JSON.stringify(text))
})

t.test('what cannot be read is not touched, and told', async (t) => {
  const card = Buffer.from('4111111111111111')
  for (const [what, octets] of [
    ['a lone octet above 127', Buffer.concat([card, Buffer.of(0xff)])],
    ['a character that is cut', Buffer.concat([card, Buffer.of(0xe2, 0x82)])],
    ['an overlong form', Buffer.concat([card, Buffer.of(0xc0, 0xb4)])],
    ['a surrogate', Buffer.concat([card, Buffer.of(0xed, 0xa0, 0x80)])],
    ['UTF-16', Buffer.from('4111111111111111', 'utf16le')],
    ['a NUL', Buffer.concat([card, Buffer.of(0)])],
  ] as const) {
    const before = Buffer.from(octets)
    t.equal(maskCards(octets), undefined, what)
    t.ok(octets.equals(before))
  }
})

t.test('whatever is written, what one finds in the text is found in its octets, and nothing is left', async (t) => {
  const chance = seeded(SEED)
  const pick = <T>(from: readonly T[]) => from[Math.floor(chance() * from.length)] as T
  const between = ['', '', '', ' ', '-', '.', ' - ', '\u00a0', '\u2009', '/', '\r\n', '    ', '\u2026', '\u2260', 'x', '\u00bd', '\u00b2', '\u0663', '\uff14', '\u2474', '\u33e0', '\u0301', '\u200d', '\u{1f4b3}'] // biome-ignore format: a list
  let found = 0
  for (let round = 0; round < 20_000; round++) {
    const isCard = chance() < 0.5
    const digits = isCard
      ? pick(CARDS)[1]
      : Array.from({ length: 10 + Math.floor(chance() * 14) }, () => Math.floor(chance() * 10)).join('')
    const gap = pick(between)
    const text = `${pick(['', 'no. ', '7'])}${Array.from(digits, (digit) => digit + (chance() < 0.3 ? gap : chance() < 0.05 ? pick(between) : '')).join('')}${pick(['', ' 12/27', '9'])}`
    const octets = Buffer.from(text)
    const { length } = octets
    const numbers = maskCards(octets) ?? -1
    const seen = octets.toString()
    if (holdsCardNumber(text)) {
      found += 1
      if (numbers < 1) t.fail(`round ${round} of seed ${SEED}: not found in ${JSON.stringify(text)}`)
    } else if (numbers !== 0 && !/[\p{M}\p{Cf}]/u.test(text.normalize('NFKC')))
      t.fail(`round ${round} of seed ${SEED}: found too much in ${JSON.stringify(text)}`)
    if (holdsCardNumber(seen)) t.fail(`round ${round} of seed ${SEED}: something is left of ${JSON.stringify(text)}`)
    if (octets.length !== length || maskCards(octets) !== 0)
      t.fail(`round ${round} of seed ${SEED}: not the same length`)
  }
  t.ok(found > 3000, `${found} were numbers`)
})

t.test('every single character is what it is to the other reader', async (t) => {
  const wrong: string[] = []
  for (let codePoint = 1; codePoint < 0x2_0000; codePoint++) {
    if (codePoint >= 0xd800 && codePoint < 0xe000) continue
    const character = String.fromCodePoint(codePoint)
    // One digit short: it is the last or, three times, what stands between.
    for (const text of [`411111111111111${character}`, `4111111${character.repeat(3)}111111111`]) {
      const isFound = (maskCards(Buffer.from(text)) ?? 0) > 0
      const hides = /[\p{M}\p{Cf}]/u.test(character.normalize('NFKC'))
      if (isFound !== holdsCardNumber(text) && !(hides && isFound)) wrong.push(`${codePoint.toString(16)} ${isFound}`)
    }
  }
  t.strictSame(wrong, [])
})

t.test('a number of any check digit that is right is found, of any that is wrong is not', async (t) => {
  const stem = '601100099013942'
  const right = withCheckDigit(stem)
  for (let digit = 0; digit < 10; digit++) {
    const number = `${stem}${digit}`
    t.equal(masked(number)[1], number === right ? 1 : 0, number)
  }
})
