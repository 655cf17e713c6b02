import { randomBytes } from 'node:crypto'
import t from 'tap'
import { pooledRandom } from '../../src/base/random-pool.ts'
import { SRTP_SUITES } from '../../src/base/srtp-suites.ts'

t.test('portions are the octets that were drawn, each once and in order, and few draws are made', (t) => {
  const drawn: Uint8Array[] = []
  const copies: Uint8Array[] = []
  const random = pooledRandom((count) => {
    const octets = randomBytes(count)
    drawn.push(octets)
    copies.push(Uint8Array.from(octets))
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

t.test('a key is drawn for itself, and there is no copy of it', (t) => {
  const drawn: Uint8Array[] = []
  const random = pooledRandom((count) => {
    drawn.push(randomBytes(count))
    return drawn.at(-1) as Uint8Array
  })
  for (const { keySize, saltSize } of SRTP_SUITES) t.equal(random(keySize + saltSize), drawn.at(-1))
  t.equal(random(32), drawn.at(-1))
  t.equal(drawn.length, SRTP_SUITES.length + 1)
  t.end()
})
