/** TCP is searched as one row of octets each way, of which little is kept. */

import t from 'tap'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import { OctetSearch } from '../../src/leak/octet-search.ts'
import type { Segment } from '../../src/rtp/link-layer.ts'

const NUMBER = '6011000990139424'
const NEEDLES = needlesOf(digitsOf(NUMBER))
const SEGMENT = 1400
/** Several times what is kept of a row. */
const LONG = 300_000

/** A row in segments of TCP, each of which is forgotten as soon as it was taken. */
function searched(row: Buffer, needles = NEEDLES) {
  const search = new OctetSearch(needles)
  for (let at = 0; at < row.length; at += SEGMENT) {
    const payload = Uint8Array.from(row.subarray(at, at + SEGMENT))
    search.take({ over: 'tcp', atMs: 1e12 + at, from: 'a:1', to: 'b:2', payload, sequence: at } as unknown as Segment)
    payload.fill(0)
  }
  return search.finish()
}
const info = (key: string, more = '') =>
  Buffer.from(
    `INFO sip:a@b SIP/2.0\r\nContent-Type: application/dtmf\r\n${more}Content-Length: ${key.length}\r\n\r\n${key}`,
  )
const filling = (length: number) => Buffer.alloc(length, '.')

t.test('a number is found wherever it lies in a long row', async (t) => {
  // Round about every place where a row may be cut for the first time.
  for (let at = 128 * 1024 - 30; at < 128 * 1024 + SEGMENT + 30; at += 7) {
    const row = filling(LONG)
    row.write(NUMBER, at)
    const whole = searched(row).finds.filter(({ form }) => form === 'text')
    if (whole.length !== 1) t.fail(`not found at ${at}`)
  }
  t.strictSame(searched(filling(LONG)).finds, [])
})

t.test('an INFO counts once, however the row is cut', async (t) => {
  for (let before = 128 * 1024 - 300; before < 128 * 1024 + SEGMENT + 300; before += 11) {
    const row = Buffer.concat([
      filling(before),
      Buffer.from('\r\n'),
      info('6'),
      Buffer.from('\r\n'),
      info('7'),
      filling(LONG),
    ])
    const codes = searched(row).presses.map(({ code }) => code)
    if (codes.join() !== '6,7') t.fail(`${codes.join()} behind ${before} octets`)
  }
  const long = info('5', `X-Filling: ${'.'.repeat(60_000)}\r\n`)
  for (const before of [0, 100_000, 131_000]) {
    const row = Buffer.concat([filling(before), Buffer.from('\r\n'), long, filling(LONG)])
    t.strictSame(
      searched(row, []).presses.map(({ code, atMs, by }) => ({ code, atMs, by })),
      [{ code: 5, atMs: 1e12, by: 'info' }],
    )
  }
})

t.test('what was sent again is left out', async (t) => {
  const search = new OctetSearch(NEEDLES)
  const octets = Buffer.from(`number ${NUMBER} `)
  const take = (at: number, to: number) =>
    search.take({ over: 'tcp', atMs: 0, from: 'a:1', to: 'b:2', payload: octets.subarray(at, to), sequence: at } as unknown as Segment) // biome-ignore format: one call
  take(0, 12)
  take(0, 12)
  take(5, 20)
  take(14, octets.length)
  const { finds, segments } = search.finish()
  t.ok(finds.some(({ form }) => form === 'text'))
  t.equal(segments, 4)
})
