import t from 'tap'
import { MaskedCodes } from '../../src/vault/masked-codes.ts'

t.test('codes come back as they were put, and places without one say so', async (t) => {
  const codes = new MaskedCodes(16)
  t.teardown(() => codes.close())
  t.same(
    Array.from({ length: 16 }, (_, place) => codes.codeAt(place)),
    new Array(16).fill(-1),
  )
  for (let code = 0; code < 16; code++) codes.put(code, code)
  for (let code = 0; code < 16; code++) t.equal(codes.codeAt(code), code)
  codes.put(3, -1)
  t.equal(codes.codeAt(3), -1)
  t.equal(codes.codeAt(16), -1, 'outside')
  codes.clear()
  for (let code = 0; code < 16; code++) t.equal(codes.codeAt(code), -1)
})

t.test('a closed store has nothing and takes nothing', async (t) => {
  const codes = new MaskedCodes(4)
  codes.put(0, 5)
  codes.close()
  codes.close()
  codes.put(1, 5)
  codes.clear()
  for (let place = 0; place < 4; place++) t.equal(codes.codeAt(place), -1)
})
