import { randomBytes } from 'node:crypto'
import t from 'tap'
import { pooledRandom } from '../../src/base/random-pool.ts'

t.test('portions are the octets that were drawn, each once and in order, and few draws are made', (t) => {
  const drawn: Uint8Array[] = []
  const copies: Uint8Array[] = []
  const random = pooledRandom((count) => {
    const octets = new Uint8Array(randomBytes(count))
    drawn.push(octets)
    copies.push(octets.slice())
    return octets
  })
  const given = Array.from({ length: 400 }, () => random(10))
  t.equal(drawn.length, 1)
  t.same(Buffer.concat(given), Buffer.from(copies[0] as Uint8Array).subarray(0, 4000))
  t.ok(
    (drawn[0] as Uint8Array).subarray(0, 4000).every((octet) => octet === 0),
    'what was given away is nowhere else',
  )
  given[0]?.fill(1)
  t.equal(drawn[0]?.[0], 0, 'a portion is a copy')
  for (let i = 0; i < 100; i++) random(10)
  t.equal(drawn.length, 2)
  t.ok(
    (drawn[0] as Uint8Array).every((octet) => octet === 0),
    'nor is what was left over',
  )
  t.end()
})

t.test('a key is drawn for itself', (t) => {
  const counts: number[] = []
  const random = pooledRandom((count) => {
    counts.push(count)
    return new Uint8Array(count)
  })
  t.equal(random(32).length, 32)
  t.same(counts, [32])
  t.end()
})
