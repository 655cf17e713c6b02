import t from 'tap'
import { exitCodeOf, looked, notSearched, reportOf, tableOf } from '../../src/leak/report.ts'

const find = { form: 'text', where: 'heap' }

t.test('clean, found, incomplete, and their exit codes', async (t) => {
  const clean = reportOf([looked('a', '1 MB', [])])
  const found = reportOf([looked('a', '1 MB', [find]), notSearched('b', 'it is closed')])
  const incomplete = reportOf([looked('a', '1 MB', []), notSearched('b', 'it is closed')])
  t.strictSame(
    [clean, found, incomplete].map(({ result }) => result),
    ['clean', 'found', 'incomplete'],
  )
  t.strictSame(
    [clean, found, incomplete].map((each) => exitCodeOf(each, false)),
    [0, 1, 3],
  )
  t.strictSame(
    [clean, found, incomplete].map((each) => exitCodeOf(each, true)),
    [0, 1, 0],
  )
})

t.test('a sink that was searched in part is not clean', async (t) => {
  t.equal(reportOf([{ ...looked('a', '1 MB', []), unsearched: 'half of it is closed' }]).result, 'incomplete')
})

t.test('the table names every find and everything that was not searched', async (t) => {
  const table = tableOf(reportOf([looked('a', '1 MB', [find]), notSearched('b', 'it is closed')])).join('\n')
  t.match(table, /FOUND +a +1 MB\n +text, in heap/)
  t.match(table, /NOT SEARCHED +b +not searched, because it is closed/)
})
