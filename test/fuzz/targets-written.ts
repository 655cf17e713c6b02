/** Fuzzed: what masks card numbers in texts that people write, and what does so in a whole MESSAGE before it is parsed. */

import { isUtf8 } from 'node:buffer'
import { holdsCardNumber } from '../../src/base/card-text.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { cutText } from '../../src/sip/text-cut.ts'
import { maskCards } from '../../src/text/index.ts'
import { holds, type Target } from './target.ts'

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')
const TEXTS = [
  'pay with 4111 1111 1111 1111, or 5555-5555-5555-4444 \u{1f4b3}',
  '\u0664\u0661\u0661\u0661 \uff11\uff11\uff11\uff11 \u2081\u2081\u2081\u2081 \u24f5111',
  '6011000990139424'.split('').join('\u200b'),
  '378282246310005378282246310005',
  'order 1234567890123456, 030 123456\r\ngr\u00fc\u00dfe',
]

const text: Target = {
  name: 'text',
  seeds: TEXTS.map(utf8),
  check: (octets) => {
    const before = Buffer.from(octets)
    const numbers = maskCards(octets)
    holds(octets.length === before.length, 'a text keeps its length')
    if (numbers === undefined) {
      holds(octets.equals(before), 'what cannot be read is left alone')
      holds(before.includes(0) || !isUtf8(before), 'everything else can be read')
      return
    }
    holds(isUtf8(octets), 'a text stays one')
    holds(octets.equals(before) === (numbers === 0), 'what is counted is masked, and nothing else')
    holds(numbers > 0 || !holdsCardNumber(before.toString()), 'nothing is overlooked')
    holds(!holdsCardNumber(octets.toString()) && maskCards(octets) === 0, 'nothing is left')
  },
}

const seed = (lines: string, body: string): Buffer =>
  utf8(
    `MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP b;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\n${lines}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )

const message: Target = {
  name: 'message',
  seeds: [
    seed('Content-Type: text/plain\r\n', TEXTS[0] ?? ''),
    seed('Subject: 4111 1111\r\n 1111 1111\r\nc: text/plain ;charset="utf-8"\r\n', TEXTS[1] ?? ''),
    seed('Content-Type: text/html\r\n', '<b>4111111111111111</b>'),
    seed('Content-Type:\r\n text/plain\r\nContent-Encoding: identity\r\n', TEXTS[3] ?? ''),
  ],
  check: (octets) => {
    const whole = octets.length
    const done = cutText(octets, true, true)
    holds(octets.length === whole, 'what is cut keeps its place')
    const parsed = parseMessage(octets)
    if (parsed.kind !== 'message' || parsed.message.kind !== 'request' || parsed.message.method !== 'MESSAGE') return
    const { body, names, values } = parsed.message
    holds(done !== undefined, 'what is read as a text was looked at as one')
    holds(
      names.every((name, at) => name !== 'subject' || values[at] === ''),
      'a Subject says nothing',
    )
    if (done.refusal === undefined) holds(!holdsCardNumber(Buffer.from(body).toString()), 'what goes on is masked')
    else
      holds(
        body.every((octet) => octet === 0),
        'what is refused is blank',
      )
  },
}

export const WRITTEN_TARGETS: readonly Target[] = [text, message]
