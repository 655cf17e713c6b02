/** Patterns of digits: what they match, what is wrong with them, and that they leave nothing behind. */

import fc from 'fast-check'
import t from 'tap'
import { type DigitPattern, matchesPattern, type PatternFlaw, parseDigitPattern } from '../../src/base/digit-pattern.ts'

const digitsOf = (text: string) => ({ count: text.length, keyAt: (i: number) => Number(text[i]) })

function parsed(text: string): DigitPattern {
  const pattern = parseDigitPattern(text)
  if ('what' in pattern) throw new Error(`${text}: ${pattern.what} at ${pattern.at}`)
  return pattern
}

const rows: readonly [pattern: string, fits: readonly string[], fitsNot: readonly string[]][] = [
  ['123', ['123'], ['', '12', '1234', '124', '0123']],
  ['[0-4]7', ['07', '47'], ['57', '7', '077']],
  ['[159]', ['1', '5', '9'], ['2', '15']],
  ['[^0][0-9]{4}', ['10000', '98765'], ['01234', '1234', '123456']],
  ['1?2', ['2', '12'], ['1', '112']],
  ['1*2', ['2', '12', '1112'], ['1', '21']],
  ['1+2', ['12', '1112'], ['2']],
  ['(12|3)4', ['124', '34'], ['4', '1234', '14']],
  ['(12|3){2}', ['1212', '123', '312', '33'], ['12', '3', '121212']],
  ['[0-9]{2,4}', ['12', '123', '1234'], ['1', '12345']],
  ['(1|12)(3|23)', ['13', '123', '1223'], ['12', '1323']],
  ['(1?){3}2', ['2', '12', '112', '1112'], ['11112']],
  ['(1*)*2', ['2', '1111111111111111111111111111111111111112'], ['1111111111111111111111111111111111111111']],
  ['0|[1-9][0-9]*', ['0', '7', '70'], ['07', '']],
  ['1{0,2}', ['', '1', '11'], ['111']],
]
for (const [text, fits, fitsNot] of rows) {
  t.test(`${text} is like what it should be, whole and nothing else`, async (t) => {
    const pattern = parsed(text)
    for (const entry of fits) t.ok(matchesPattern(pattern, digitsOf(entry)), `'${entry}'`)
    for (const entry of fitsNot) t.notOk(matchesPattern(pattern, digitsOf(entry)), `not '${entry}'`)
  })
}

const flaws: readonly [text: string, at: number, what: PatternFlaw['what'], it: string][] = [
  ['', 0, 'nothing-here', 'an empty pattern'],
  ['12|', 3, 'nothing-here', 'an alternative without digits'],
  ['()', 1, 'nothing-here', 'a group without digits'],
  ['(12', 0, 'not-closed', 'a group that is not closed'],
  ['12)', 2, 'not-opened', 'a group that is not opened'],
  ['[12', 0, 'not-closed', 'a class that is not closed'],
  ['[]', 0, 'nothing-here', 'an empty class'],
  ['[^0-9]', 0, 'nothing-here', 'a class of no digit'],
  ['1[a]', 2, 'not-a-digit', 'a letter in a class'],
  ['[5-1]', 1, 'bad-range', 'a range that goes back'],
  ['[5-]', 1, 'bad-range', 'a range without an end'],
  ['12a', 2, 'not-a-digit', 'a letter'],
  ['\\d', 0, 'not-a-digit', 'an escape'],
  ['.', 0, 'not-a-digit', 'a dot'],
  ['^1', 0, 'not-a-digit', 'an anchor'],
  ['*1', 0, 'not-a-digit', 'a repetition of nothing'],
  ['1**', 2, 'not-a-digit', 'a repetition of a repetition'],
  ['1{', 1, 'bad-count', 'a count that is not there'],
  ['1{2', 1, 'not-closed', 'a count that is not closed'],
  ['1{2,}', 1, 'bad-count', 'a count without an end'],
  ['1{3,2}', 1, 'bad-count', 'a count that goes back'],
  ['1{0}', 1, 'bad-count', 'a count of nothing'],
  ['1{41}', 1, 'bad-count', 'a count that no entry reaches'],
  ['1{999999999999999999999}', 1, 'bad-count', 'a count without measure'],
  ['1'.repeat(201), 200, 'too-large', 'a text that is too long'],
  ['((1{40}){40}){40}', 17, 'too-large', 'counts in counts'],
  [`${'('.repeat(21)}1${')'.repeat(21)}`, 20, 'too-large', 'groups in groups'],
]
for (const [text, at, what, it] of flaws) {
  t.test(`${it} is found where it is`, async (t) => t.same(parseDigitPattern(text), { at, what }))
}

t.test('it agrees with the regular expressions of the language', async (t) => {
  const atom = fc.constantFrom('0', '1', '2', '[01]', '[^1]', '(0|12)', '(1?2)', '(01*)')
  const part = fc.tuple(atom, fc.constantFrom('', '?', '*', '+', '{2}', '{1,3}', '{0,2}')).map((both) => both.join(''))
  const sequence = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))
  const pattern = fc.array(sequence, { minLength: 1, maxLength: 2 }).map((choices) => choices.join('|'))
  const entry = fc.array(fc.constantFrom('0', '1', '2'), { maxLength: 8 }).map((keys) => keys.join(''))
  fc.assert(
    fc.property(pattern, entry, (text, keys) => {
      return matchesPattern(parsed(text), digitsOf(keys)) === new RegExp(`^(?:${text})$`).test(keys)
    }),
    { numRuns: 3000 },
  )
  t.pass('in 3000 cases')
})

t.test('any text is a pattern or has a flaw within it', async (t) => {
  const text = fc.array(fc.constantFrom(...'0129[]()^-|?*+{},ax'), { maxLength: 30 }).map((signs) => signs.join(''))
  fc.assert(
    fc.property(text, (each) => {
      const result = parseDigitPattern(each)
      return !('what' in result) || (result.at >= 0 && result.at <= each.length)
    }),
    { numRuns: 5000 },
  )
  t.pass('in 5000 cases')
})

t.test('how often a key is looked at does not depend on the pattern', async (t) => {
  let looks = 0
  const keyAt = () => {
    looks++
    return 1
  }
  const digits = { count: 40, keyAt }
  t.notOk(matchesPattern(parsed('((1*)*)*2'), digits))
  t.equal(looks, 40)
})

t.test('what was reached is overwritten before the answer', async (t) => {
  const made: Uint8Array[] = []
  const Real = globalThis.Uint8Array
  const pattern = parsed('12[0-9]{3}')
  globalThis.Uint8Array = new Proxy(Real, {
    construct(target, given) {
      const array = Reflect.construct(target, given) as Uint8Array
      made.push(array)
      return array
    },
  })
  t.teardown(() => {
    globalThis.Uint8Array = Real
  })
  t.ok(matchesPattern(pattern, digitsOf('12345')))
  t.notOk(matchesPattern(pattern, digitsOf('12')))
  globalThis.Uint8Array = Real
  t.ok(made.length >= 4, 'the sets are seen')
  t.ok(made.every((array) => array.every((octet) => octet === 0)))
})
