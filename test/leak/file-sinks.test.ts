/** A log that is too large to be looked through line by line is no clean log. */

import { join } from 'node:path'
import t from 'tap'
import { searchLogs } from '../../src/leak/file-sinks.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'

t.test('what was not looked for in a large log is told', async (t) => {
  const folder = t.testdir({ 'a.log': '{"level":"debug"}\n', 'b.log': '.'.repeat(1000) })
  const needles = needlesOf(digitsOf('6011000990139424'))
  const logs = ['a.log', 'b.log'].map((name) => join(folder, name))
  t.equal(searchLogs(logs, needles).unsearched, '')
  t.match(searchLogs(logs, needles, 100).unsearched, /b\.log is too large to look for digits that are spread/)
  t.match(searchLogs(logs.slice(1), needles).unsearched, /not written at its lowest level/)
})
