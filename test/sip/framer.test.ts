import t from 'tap'
import { createFramer, type Framed } from '../../src/sip/framer.ts'
import { MAX_HEADER_BYTES } from '../../src/sip/parse-message.ts'

const message = (body: string, length: string | number = body.length) =>
  `MESSAGE sip:a@b SIP/2.0\r\nCall-ID: x\r\nContent-Length: ${length}\r\n\r\n${body}`
const told = (framed: readonly Framed[]) =>
  framed.map((each) =>
    each.type === 'message' ? each.octets.toString('latin1') : each.type === 'ping' ? 'ping' : `broken ${each.why}`,
  )

t.test('a stream of messages and pings comes out the same however it is split', async (t) => {
  const stream = `${message('one')}\r\n\r\n${message('')}\r\n${message('l: 5\r\n\r\n')}\r\n\r\n`
  const whole = told(createFramer().push(Buffer.from(stream)))
  t.strictSame(whole, [message('one'), 'ping', message(''), message('l: 5\r\n\r\n'), 'ping'])
  for (let cut = 1; cut < stream.length; cut += 1) {
    const framer = createFramer()
    const found = [
      ...told(framer.push(Buffer.from(stream.slice(0, cut)))),
      ...told(framer.push(Buffer.from(stream.slice(cut)))),
    ]
    t.strictSame(found, whole, `cut at ${cut}`)
    t.equal(framer.waiting, 0)
  }
  const framer = createFramer()
  const single = [...stream].flatMap((octet) => told(framer.push(Buffer.from(octet))))
  t.strictSame(single, whole, 'octet by octet')
})

t.test('many pings in a row leave the stream whole, however they are split', async (t) => {
  const stream = `${'\r\n'.repeat(12)}${message('one')}`
  for (let size = 1; size <= 26; size += 1) {
    const framer = createFramer()
    const found: string[] = []
    for (let at = 0; at < stream.length; at += size)
      found.push(...told(framer.push(Buffer.from(stream.slice(at, at + size)))))
    t.equal(found.at(-1), message('one'), `pieces of ${size}`)
    t.ok(found.length > 1 && found.slice(0, -1).every((each) => each === 'ping'))
    t.equal(framer.waiting, 0)
  }
})

t.test('headers as long as they may be are taken however they are split', async (t) => {
  const longest = (more: number) => {
    const head = 'MESSAGE sip:a@b SIP/2.0\r\nl: 0\r\nX: '
    return `${head}${'x'.repeat(MAX_HEADER_BYTES + more - head.length)}\r\n\r\n`
  }
  for (const [more, taken] of [
    [0, longest(0)],
    [1, 'broken too-large'],
  ] as const) {
    const stream = longest(more)
    t.strictSame(told(createFramer().push(Buffer.from(stream))), [taken])
    for (let end = 1; end <= 4; end += 1) {
      const framer = createFramer()
      const [front, back] = [stream.slice(0, -end), stream.slice(-end)]
      t.strictSame([front, back].flatMap((chunk) => told(framer.push(Buffer.from(chunk)))), [taken], `${end} at the end`) // biome-ignore format: one row
    }
  }
})

t.test('a stream that cannot be framed ends', async (t) => {
  const rows: readonly (readonly [what: string, stream: string, broken: string])[] = [
    ['no Content-Length', 'MESSAGE sip:a@b SIP/2.0\r\nCall-ID: x\r\n\r\nbody', 'broken no-length'],
    ['a negative one', message('', -5), 'broken bad-length'],
    ['two that differ', message('abc', '3\r\nl: 4'), 'broken bad-length'],
    ['a body of a megabyte', message('', 1_000_000), 'broken too-large'],
    ['headers without end', `MESSAGE sip:a@b SIP/2.0\r\nX: ${'x'.repeat(20_000)}`, 'broken too-large'],
    ['headers of 17 kB', `MESSAGE sip:a@b SIP/2.0\r\nX: ${'x'.repeat(17_000)}\r\nl: 0\r\n\r\n`, 'broken too-large'],
  ]
  for (const [what, stream, broken] of rows) {
    const framer = createFramer()
    t.strictSame(told(framer.push(Buffer.from(stream))), [broken], what)
    t.strictSame(framer.push(Buffer.from(message('more'))), [], 'nothing comes after it')
  }
  t.strictSame(
    told(createFramer().push(Buffer.from(message('abc', '3\r\nl: 3')))),
    [message('abc', '3\r\nl: 3')],
    'two that agree are one',
  )
})

t.test('what begins like no SIP message is not made into text: the stream ends with nothing left of it', async (t) => {
  const stream = `${message('', 0)}Signal=5\r\nDuration=160\r\n\r\n`
  for (let cut = 1; cut < stream.length; cut += 1) {
    const framer = createFramer()
    const chunks = [Buffer.from(stream.slice(0, cut)), Buffer.from(stream.slice(cut))]
    const found = chunks.flatMap((chunk) => framer.push(chunk))
    t.strictSame(told(found), [message('', 0), 'broken no-start'], `cut at ${cut}`)
    for (const octets of [...chunks, ...found.flatMap((each) => (each.type === 'broken' ? [each.head] : []))]) {
      t.notOk(octets.includes('Signal=5'), `cut at ${cut}`)
    }
  }
})

t.test('a stream that ends in the middle of a key leaves none of it', async (t) => {
  const stream = 'INFO sip:a@b SIP/2.0\r\nc: application/dtmf-relay\r\nl: 24\r\n\r\nSignal=5\r\nDuration=160\r\n'
  for (let end = 1; end < stream.length; end += 1) {
    const framer = createFramer()
    const chunks = [Buffer.from(stream.slice(0, end - 1)), Buffer.from(stream.slice(end - 1, end))]
    for (const chunk of chunks) framer.push(chunk)
    framer.close()
    t.ok(
      chunks.every((chunk) => !chunk.includes('Signal=')),
      `end at ${end}`,
    )
    t.equal(framer.waiting, 0)
    t.strictSame(framer.push(Buffer.from(message('more'))), [], 'nothing comes after it')
  }
})

t.test('what was copied is wiped behind it', async (t) => {
  const [first, second] = [Buffer.from(message('12345', 10)), Buffer.from('67890')]
  const framer = createFramer()
  framer.push(first)
  t.equal(told(framer.push(second)).length, 1)
  t.ok(first.every((octet) => octet === 0) && second.every((octet) => octet === 0))
})

t.test('what the Subject of a text says is blanked before its headers are read', async (t) => {
  for (const before of ['', '\r\n', '\n', '\n\r']) {
    const framer = createFramer()
    const octets = Buffer.from(`${before}MESSAGE sip:a SIP/2.0\r\nSubject: 4111\r\nContent-Length: 5\r\n\r\nhello`)
    const first = framer.push(octets.subarray(0, octets.length - 2))
    t.strictSame(first, [])
    t.notMatch(octets.toString('latin1'), /4111/, JSON.stringify(before))
    const [message] = framer.push(Buffer.from('lo'))
    t.match(
      message?.type === 'message' ? message.octets.toString('latin1') : '',
      /\r\nSubject: {5}\r\n[\s\S]*\r\n\r\nhello$/,
    )
  }
})
