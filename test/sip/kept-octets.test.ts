import t from 'tap'
import { keepOctets } from '../../src/sip/kept-octets.ts'

t.test('what is kept is the same, and is not what it was taken from', async (t) => {
  const lengths = [0, 1, 400, 70_000, 65_536, 3]
  const written = lengths.map((length, at) => Buffer.alloc(length, at + 1))
  const kept = written.map(keepOctets)
  for (const each of written) each.fill(0)
  t.strictSame(
    kept.map((each, at) => each.equals(Buffer.alloc(lengths[at] ?? 0, at + 1))),
    lengths.map(() => true),
  )
})

t.test('a thousand answers lie side by side, whatever was written between them', async (t) => {
  const kept = Array.from({ length: 1000 }, () => {
    const answer = Buffer.from('x'.repeat(400))
    Buffer.from('y'.repeat(4000))
    return keepOctets(answer)
  })
  const octets = [...new Set(kept.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0)
  t.ok(octets <= 1000 * 400 + 2 * 65_536, `${octets} octets of memory`)
})
