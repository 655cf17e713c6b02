import t from 'tap'
import { makeNewer } from '../../pages/shared/newer.ts'

t.test('an answer that was overtaken is told from one that was not', async (t) => {
  const newer = makeNewer()
  const [first, second, third] = [newer(), newer(), newer()]
  t.ok(second())
  t.notOk(first(), 'the second was sooner')
  t.ok(second(), 'told again, it is the same')
  t.ok(third())
  t.notOk(second())
})

t.test('one that comes in its turn is shown, although another was asked for meanwhile', async (t) => {
  const newer = makeNewer()
  const first = newer()
  newer()
  t.ok(first())
})
