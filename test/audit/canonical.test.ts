import t from 'tap'
import { canonical, type Json } from '../../src/audit/canonical.ts'

t.test('the example of RFC 8785 section 3.2', async (t) => {
  const value: Json = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  )
  t.equal(
    canonical(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

t.test('names are sorted by their UTF-16 code units (section 3.2.3)', async (t) => {
  const names = ['€', '\r', '\ufb33', '1', '😀', '\u0080', 'ö']
  const value = Object.fromEntries(names.map((name) => [name, 0]))
  t.same(Object.keys(JSON.parse(canonical(value))), ['1', '\r', '\u0080', 'ö', '€', '😀', '\ufb33'])
})

t.test('numbers of appendix B', async (t) => {
  const rows: readonly (readonly [bits: string, text: string])[] = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ]
  for (const [bits, text] of rows) t.equal(canonical(Buffer.from(bits, 'hex').readDoubleBE()), text, bits)
})

t.test('what I-JSON cannot hold is a bug', async (t) => {
  t.throws(() => canonical(Number.NaN))
  t.throws(() => canonical(Number.POSITIVE_INFINITY))
  t.throws(() => canonical('\ud800'))
})
