/** Texts as octets, before the parser sees them: what can be read is masked, what cannot is blanked and refused, and a Subject never stays. */

import t from 'tap'
import { blankSubject } from '../../src/sip/subject.ts'
import { cutText, MAX_TEXT_BYTES } from '../../src/sip/text-cut.ts'
import { ownCpuMs } from '../peers/process-times.ts'

const CARD = '6011 0009 9013 9424'
const MASKED = '#### #### #### ####'
const message = (lines: string, body: string | Buffer = `my card is ${CARD}`, start = 'MESSAGE sip:a@b SIP/2.0\r\n') =>
  Buffer.concat([
    Buffer.from(`${start}Call-ID: x\r\n${lines}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`),
    Buffer.from(body),
  ])
const cut = (octets: Buffer) => cutText(octets, true, true)

t.test('plain text is masked where it lies', async (t) => {
  const rows: readonly (readonly [what: string, lines: string, start?: string])[] = [
    ['plain', 'Content-Type: text/plain\r\n'],
    ['short form, in capitals', 'C:TEXT/PLAIN\r\n'],
    ['its charset named', 'content-type : text/plain ; charset=UTF-8\r\n'],
    ['quoted, and more said of it', 'Content-Type: text/plain;format=flowed; charset="utf-8"\r\n'],
    ['ASCII', 'Content-Type: text/plain;charset=us-ascii\r\n'],
    ['folded', 'Content-Type:\r\n text/plain;\r\n\tcharset=utf-8\r\n'],
    [
      'coded by nothing',
      'Content-Type: text/plain\r\nContent-Encoding: identity\r\nContent-Transfer-Encoding: 8bit\r\n',
    ],
    ['behind empty lines', 'c: text/plain\r\n', '\r\n\r\nMESSAGE sip:a@b SIP/2.0\r\n'],
  ]
  for (const [what, lines, start] of rows) {
    const octets = message(lines, undefined, start)
    const { length } = octets
    t.strictSame(cut(octets), { numbers: 1, blanked: 0, refusal: undefined }, what)
    t.equal(octets.length, length)
    t.ok(octets.toString().endsWith(`\r\n\r\nmy card is ${MASKED}`), what)
    t.match(octets.toString(), /\r\nCall-ID: x\r\n/)
  }
})

t.test('what holds no number goes on as it is', async (t) => {
  for (const body of ['', '\r\n', 'gr\u00fc\u00dfe \u{1f600}\r\n \u4f60\u597d', '#', 'call 030 123456']) {
    const octets = message(body === '' ? '' : 'c: text/plain\r\n', body)
    const before = Buffer.from(octets)
    t.strictSame(cut(octets), { numbers: 0, blanked: 0, refusal: undefined })
    t.ok(octets.equals(before))
  }
})

t.test('what cannot be read is blanked, and why is told', async (t) => {
  const rows: readonly (readonly [what: string, lines: string, status: number, body?: string | Buffer])[] = [
    ['no type', '', 415],
    ['another type', 'Content-Type: text/html\r\n', 415],
    ['CPIM', 'Content-Type: message/cpim\r\n', 415],
    ['parts', 'Content-Type: multipart/mixed;boundary=x\r\n', 415],
    ['two types', 'Content-Type: text/plain\r\nc: text/html\r\n', 415],
    ['two types alike', 'Content-Type: text/plain\r\nc: text/plain\r\n', 415],
    ['UTF-16', 'Content-Type: text/plain;charset=utf-16\r\n', 415, Buffer.from(CARD, 'utf16le')],
    ['UTF-7', 'Content-Type: text/plain; charset=utf-7\r\n', 415],
    ['two charsets', 'Content-Type: text/plain;charset=utf-8;charset=utf-16\r\n', 415],
    ['a charset in parts', 'Content-Type: text/plain;charset*0=ut;charset*1=f-16\r\n', 415],
    ['UTF-16 that says nothing', 'Content-Type: text/plain\r\n', 415, Buffer.from(CARD, 'utf16le')],
    ['no UTF-8', 'Content-Type: text/plain\r\n', 415, Buffer.concat([Buffer.from(CARD), Buffer.of(0xe9)])],
    ['compressed', 'Content-Type: text/plain\r\nContent-Encoding: gzip\r\n', 415],
    ['compressed, short form', 'Content-Type: text/plain\r\ne: deflate\r\n', 415],
    ['base64', 'Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n', 415],
    ['too long', 'Content-Type: text/plain\r\n', 413, CARD.padEnd(MAX_TEXT_BYTES + 1)],
    ['a head too long', `Content-Type: text/plain\r\nX: ${'x'.repeat(17_000)}\r\n`, 415],
  ]
  for (const [what, lines, status, body] of rows) {
    const octets = message(lines, body)
    const { length } = octets
    const done = cut(octets)
    t.match(done, { numbers: 0, refusal: { status } }, what)
    t.ok((done?.blanked ?? 0) > 0)
    const at = octets.indexOf('\r\n\r\n') + 4
    t.ok(
      octets.subarray(at).every((octet) => octet === 0),
      `${what}: nothing is left`,
    )
    t.equal(octets.length, length)
  }
})

t.test('one that is not whole, has no end of headers, or is not wanted is blanked', async (t) => {
  const octets = message('c: text/plain\r\n')
  for (const [isWhole, isTaken] of [
    [false, true],
    [true, false],
  ] as const) {
    const copy = Buffer.from(octets)
    t.match(cutText(copy, isWhole, isTaken), { numbers: 0, refusal: { status: 415 } })
    t.notMatch(copy.toString('latin1'), /6011|9424/)
  }
  const headless = Buffer.from(`MESSAGE sip:a@b SIP/2.0\r\nc: text/plain\r\n${CARD}`)
  t.match(cut(headless), { refusal: { status: 415 } })
  t.notMatch(headless.toString('latin1'), /6011|9424/)
  for (let end = 0; end < octets.length; end += 1) {
    const part = Buffer.from(octets.subarray(0, end))
    cut(part)
    t.notMatch(part.toString('latin1'), /6011 0009 9013 9424/, `cut at ${end}`)
  }
})

t.test('nothing else is touched', async (t) => {
  for (const start of ['INVITE sip:a@b SIP/2.0\r\n', 'MESSAGES sip:a@b SIP/2.0\r\n', 'SIP/2.0 200 OK\r\n']) {
    const octets = message('c: text/plain\r\nSubject: s\r\n', undefined, start)
    const before = Buffer.from(octets)
    t.equal(cut(octets), undefined)
    t.ok(octets.equals(before))
  }
})

t.test('a Subject is blanked, in any form, and its neighbours stay', async (t) => {
  for (const name of ['Subject:', 'SUBJECT :', 's:', 'S\t :', 'Subject\u000b:']) {
    for (const value of [` ${CARD}`, `\r\n ${CARD}`, ` a\r\n\t${CARD}\r\n b`, '']) {
      const octets = message(`Supported: s\r\n${name}${value}\r\nc: text/plain\r\nSubjects: kept\r\n`, 'hello')
      t.match(cut(octets), { numbers: 0, refusal: undefined }, JSON.stringify(name + value))
      const text = octets.toString('latin1')
      t.notMatch(text, /6011/)
      for (const line of ['Supported: s', 'c: text/plain', 'Subjects: kept']) t.ok(text.includes(`\r\n${line}\r\n`))
    }
  }
  const last = Buffer.from('\r\nSubject: x y z')
  blankSubject(last)
  t.equal(last.toString(), '\r\nSubject:      ')
})

t.test('it takes no longer than its length', async (t) => {
  const heads = ['\r\ns'.repeat(5000), `s${' '.repeat(16_000)}`, `Subject:${'\r\n x'.repeat(4000)}`, '\r\n\t'.repeat(5000), `c: ${'\r\n '.repeat(5000)}`, `c:${';charset=utf-8'.repeat(1000)}`] // biome-ignore format: a list
  for (const head of heads) {
    for (const body of ['6'.repeat(MAX_TEXT_BYTES), '6 - '.repeat(MAX_TEXT_BYTES / 4)]) {
      const octets = message(`c: text/plain\r\n${head}\r\n`, body)
      cut(Buffer.from(octets))
      const beginMs = ownCpuMs()
      for (let i = 0; i < 10; i++) cut(Buffer.from(octets))
      const ms = (ownCpuMs() - beginMs) / 10
      t.ok(ms < 10, `${ms.toFixed(2)} ms`)
    }
  }
})
