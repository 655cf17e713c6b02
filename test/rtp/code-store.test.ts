import t from 'tap'
import { plainCodes } from '../../src/rtp/code-store.ts'

t.test('codes come back as they were put, and -1 where there is none', async (t) => {
  const codes = plainCodes(3)
  t.same([0, 1, 2].map(codes.codeAt), [-1, -1, -1])
  codes.put(0, 0)
  codes.put(2, 15)
  t.same([0, 1, 2].map(codes.codeAt), [0, -1, 15])
  codes.put(2, -1)
  t.equal(codes.codeAt(2), -1)
  codes.put(1, 9)
  codes.clear()
  t.same([0, 1, 2].map(codes.codeAt), [-1, -1, -1])
})
