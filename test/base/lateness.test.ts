import t from 'tap'
import { PUNCTUAL, stepLateness, worstLateness } from '../../src/base/lateness.ts'

const LIMIT_MS = 20

/** The answers after each second. */
function answers(seconds: readonly number[], limitMs: number | undefined = LIMIT_MS): string {
  let lateness = PUNCTUAL
  return seconds
    .map((lateMs) => {
      lateness = stepLateness(lateness, lateMs, limitMs)
      return lateness.late ? 'L' : '.'
    })
    .join('')
}

t.test('three late seconds of five are late, and five good ones in a row are punctual again', async (t) => {
  const rows = [
    ['never late', [0, 1, 2, 3, 20, 20, 20, 20], '........'],
    ['one hiccup', [900, 1, 1, 1, 1, 1], '......'],
    ['two of five', [21, 21, 1, 1, 1, 21, 1], '.......'],
    ['three of five, not in a row', [21, 1, 21, 1, 21], '....L'],
    ['three of six', [21, 1, 1, 21, 1, 21], '......'],
    ['late from the beginning', [50, 50, 50], '..L'],
    ['then well below', [50, 50, 50, 10, 10, 10, 10, 10, 10], '..LLLLL..'],
    ['then only just below', [50, 50, 50, 19, 19, 19, 19, 19, 19, 19], '..LLLLLLLL'],
    ['one bad second begins the wait anew', [50, 50, 50, 1, 1, 1, 1, 11, 1, 1, 1, 1, 1], '..LLLLLLLLLL.'],
  ] as const
  for (const [name, seconds, expected] of rows) t.equal(answers(seconds), expected, name)
})

t.test('without a limit nothing is late; the worst second is told all the same', async (t) => {
  let lateness = PUNCTUAL
  t.equal(worstLateness(lateness), 0)
  for (const lateMs of [500, 3, 400, 3, 3]) lateness = stepLateness(lateness, lateMs, undefined)
  t.notOk(lateness.late)
  t.equal(worstLateness(lateness), 500)
  lateness = stepLateness(lateness, 7, undefined)
  t.equal(worstLateness(lateness), 400, 'five seconds are looked at')
})
