import fc from 'fast-check'
import t from 'tap'
import { createFrameCutter } from '../../src/sip/ws-frames.ts'

const TEXT = 1
const CONTINUATION = 0
const PING = 9

/** A frame as a client writes it; the mask is zero, so that octets can be read. */
function frame(payload: string, { opcode = TEXT, isLast = true } = {}): Buffer {
  const body = Buffer.from(payload, 'latin1')
  const first = (isLast ? 0x80 : 0) | opcode
  if (body.length < 126) return Buffer.concat([Buffer.from([first, 0x80 | body.length, 0, 0, 0, 0]), body])
  const head = Buffer.alloc(body.length < 65_536 ? 8 : 14)
  head[0] = first
  head[1] = 0x80 | (head.length === 8 ? 126 : 127)
  if (head.length === 8) head.writeUInt16BE(body.length, 2)
  else head.writeBigUInt64BE(BigInt(body.length), 2)
  return Buffer.concat([head, body])
}

const hex = (frames: readonly Buffer[]) => frames.map((each) => each.toString('hex'))

t.test('frames come out whole and the same however they are split', (t) => {
  const lengths = fc.constantFrom(0, 1, 125, 126, 300, 65_535, 65_536, 70_000)
  const frames = fc.array(
    fc.record({ length: lengths, opcode: fc.constantFrom(TEXT, CONTINUATION), isLast: fc.boolean() }),
    { minLength: 1, maxLength: 6 },
  )
  fc.assert(
    fc.property(frames, fc.array(fc.nat({ max: 200_000 }), { maxLength: 12 }), (described, cuts) => {
      const whole = described.map(({ length, ...rest }) => frame('x'.repeat(length), rest))
      const stream = Buffer.concat(whole)
      const at = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].toSorted((a, b) => a - b)
      const cutter = createFrameCutter(100_000)
      const found = at.flatMap((end, i) => cutter.push(Buffer.from(stream.subarray(at[i - 1] ?? 0, end))))
      return hex(found).join() === hex(whole).join()
    }),
    { numRuns: 60 },
  )
  t.end()
})

t.test('what a frame was put together from is overwritten', (t) => {
  const cutter = createFrameCutter(1000)
  const whole = frame('4111 1111')
  const chunks = [whole.subarray(0, 9), whole.subarray(9)].map((each) => Buffer.from(each))
  const found = chunks.flatMap((chunk) => cutter.push(chunk))
  t.strictSame(hex(found), hex([whole]))
  for (const chunk of chunks) t.ok(chunk.every((octet) => octet === 0))
  t.end()
})

t.test('the pieces of a message are overwritten once it is out, those of the next one are not', (t) => {
  const cutter = createFrameCutter(1000)
  const parts = [
    frame('4111', { isLast: false }),
    frame('ping', { opcode: PING }),
    frame('1111', { opcode: CONTINUATION }),
    frame('next', { isLast: false }),
  ]
  const [first, ping, second, next] = cutter.push(Buffer.concat(parts))
  cutter.taken(Buffer.from('41111111'))
  t.ok(first?.every((octet) => octet === 0) && second?.every((octet) => octet === 0))
  t.match(ping?.toString('latin1'), /ping$/)
  t.match(next?.toString('latin1'), /next$/)
  cutter.close()
  t.ok(
    next?.every((octet) => octet === 0),
    'with the end of the connection',
  )
  t.end()
})

t.test('a message that is its only piece is left alone', (t) => {
  const cutter = createFrameCutter(1000)
  const [single, again] = cutter.push(Buffer.concat([frame('one'), frame('two', { isLast: false })]))
  const message = (single as Buffer).subarray(6)
  cutter.taken(message)
  t.equal(message.toString('latin1'), 'one')
  // The rest of it may be empty, and then its reader gives the first piece as it is.
  cutter.push(frame('', { opcode: CONTINUATION }))
  cutter.taken((again as Buffer).subarray(6))
  t.equal(again?.subarray(6).toString('latin1'), 'two')
  t.end()
})

t.test('of a frame that is too long its reader gets the head alone, and nothing after it', (t) => {
  for (const tooLong of [frame('x'.repeat(1001)), frame('x'.repeat(126), { opcode: PING })]) {
    const cutter = createFrameCutter(1000)
    const chunk = Buffer.concat([frame('good'), tooLong])
    const found = cutter.push(chunk)
    t.strictSame(hex(found.slice(1)), hex([tooLong.subarray(0, 8)]))
    const after = frame('more')
    t.strictSame(cutter.push(after), [])
    t.ok(after.every((octet) => octet === 0))
  }
  const cutter = createFrameCutter(1000)
  const endless = Buffer.from('81ffffffffffffffffff00000000', 'hex')
  t.strictSame(hex(cutter.push(Buffer.from(endless))), hex([endless]), 'the longest length there is')
  t.end()
})
