import t from 'tap'
import { emptyHeaders } from '../../src/sip/message.ts'
import { createSessionIds, firstLine, NIL_UUID, readSessionId, unknownLine, uuidOf } from '../../src/sip/session-ids.ts'

const A = 'ab30317f1a784dc48ff824d0d3715d86'
const B = '47755a9de7794ba387653f2099600ef2'
const C = 'a55bf8fe2c0b4ec9933ef1f0dfbcd1e5'

function saying(value?: string) {
  const message = emptyHeaders()
  if (value !== undefined) {
    message.names.push('session-id')
    message.values.push(value)
  }
  return message
}

t.test('what stands in the header', async (t) => {
  const rows = [
    [`${A};remote=${B}`, { local: A, remote: B }],
    [`${A.toUpperCase()} ; other=x ; Remote = ${B}`, { local: A, remote: B }],
    [A, { local: A, remote: undefined }],
    [`${A};remote=${B.slice(1)}`, undefined],
    [`${A}0;remote=${B}`, undefined],
    [`${A.slice(0, 8)}-${A.slice(8)};remote=${B}`, undefined],
    ['', undefined],
    [`${A};remote=${B};${'x'.repeat(1024)}`, undefined],
    [undefined, undefined],
  ] as const
  for (const [value, read] of rows) t.strictSame(readSessionId(value), read, String(value).slice(0, 80))
})

t.test('halves are learnt, made on behalf of who has none, and follow whoever talks to whom', async (t) => {
  let other: string | undefined
  const ids = createSessionIds(
    () => other,
    () => C,
  )
  t.strictSame(ids.line(), ['Session-ID', `${NIL_UUID};remote=${C}`], 'made, and the same from then on')
  ids.hear(saying())
  ids.hear(saying('nonsense'))
  ids.hear(saying(`${NIL_UUID};remote=${B}`))
  t.equal(ids.far, C)
  ids.hear(saying(`${A};remote=${NIL_UUID}`))
  other = B
  t.strictSame(ids.line(), ['Session-ID', `${B};remote=${A}`])
  ids.hear(saying(`${C};remote=${B}`))
  t.equal(ids.far, C, 'it may change in the middle of a call')
  t.strictSame(firstLine(A), ['Session-ID', `${A};remote=${NIL_UUID}`])
})

t.test('a peer of RFC 7329 gets its one value back, or ours again when it was called', async (t) => {
  const caller = createSessionIds(
    () => B,
    () => C,
  )
  caller.hear(saying(A))
  t.strictSame(caller.line(), ['Session-ID', A])
  t.equal(caller.far, A)
  const callee = createSessionIds(
    () => A,
    () => C,
  )
  callee.hear(saying(A))
  t.strictSame(callee.line(), ['Session-ID', A])
  t.equal(callee.far, C, 'what it said was not its own')
})

t.test('an answer that keeps nothing', async (t) => {
  t.strictSame(unknownLine(saying(`${A};remote=${NIL_UUID}`)), [['Session-ID', `${NIL_UUID};remote=${A}`]])
  t.strictSame(unknownLine(saying(A)), [['Session-ID', A]])
  t.strictSame(unknownLine(saying()), [])
  t.strictSame(unknownLine(saying('x')), [])
})

t.test('a UUID is of version 4, whatever was drawn', async (t) => {
  for (const digit of '0123456789abcdef')
    t.match(uuidOf(digit.repeat(32)), /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
})
