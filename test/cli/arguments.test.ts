import t from 'tap'
import { wholeNumber } from '../../src/cli/arguments.ts'

t.test('a whole number may be any process id of Linux', async (t) => {
  // /proc/sys/kernel/pid_max is 4194304 at most (proc(5)).
  t.equal(wholeNumber('4194304'), 4_194_304)
  t.equal(wholeNumber('0'), 0)
  for (const text of ['41943040', '-1', '1.5', '', '1e3']) t.throws(() => wholeNumber(text), /a whole number/)
})
