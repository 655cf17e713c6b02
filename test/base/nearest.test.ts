import t from 'tap'
import { nearestWord } from '../../src/base/nearest.ts'

t.test('what somebody meant', async (t) => {
  const words = ['listeners', 'realm', 'portMin', 'portMax']
  const rows = [
    ['listners', 'listeners'],
    ['lsiteners', 'listeners'],
    ['LISTENERS', 'listeners'],
    ['port_min', 'portMin'],
    ['relam', 'realm'],
    ['zzzzzz', undefined],
    ['', undefined],
  ] as const
  for (const [typed, meant] of rows) t.equal(nearestWord(typed, words), meant, typed)
  t.equal(nearestWord('a', []), undefined)
})
