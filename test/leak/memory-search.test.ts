/** The scan is tested itself: a search that finds nothing because it looks nowhere would pass every other test. */

import { fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { searchMemory } from '../../src/leak/memory-search.ts'
import { needlesOf } from '../../src/leak/needles.ts'
import { searchStory } from '../peers/story-search.ts'
import { SEED, seeded } from '../rtp/seeded.ts'

const random = seeded(SEED)

/** A process that keeps a number in one form, masked until it makes it. */
const KEEPER = `
const keep = []
process.on('message', ({ masked, pad, form }) => {
  const digits = masked.map((octet, i) => octet ^ pad[i])
  if (form === 'string') keep.push(digits.join('').concat('').normalize())
  if (form === 'ASCII buffer') keep.push(Buffer.from(digits.map((digit) => 0x30 + digit)))
  if (form === 'event codes') keep.push(Buffer.from(digits))
  if (form === 'half of it') keep.push(Buffer.from(digits.slice(0, 11).map((digit) => 0x30 + digit)))
  if (form === 'seven keys') keep.push(Uint8Array.from(digits.slice(2, 9)))
  digits.fill(0)
  process.send('kept')
})
setInterval(() => keep.length, 1000)
`

const expected = {
  string: 'text',
  'ASCII buffer': 'text',
  'event codes': 'telephone-event codes',
  'half of it': 'text, digits 1 to 8',
  'seven keys': 'telephone-event codes, digits 3 to 9',
}
for (const form of ['string', 'ASCII buffer', 'event codes', 'half of it', 'seven keys'] as const) {
  t.test(`a planted number is found: ${form}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-keeper-'))
    writeFileSync(join(folder, 'keeper.cjs'), KEEPER)
    const child = fork(join(folder, 'keeper.cjs'))
    t.teardown(() => {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true })
    })
    const digits = shuffled()
    const pad = digits.map(() => randomInt(16, 256))
    child.send({ masked: digits.map((digit, i) => digit ^ (pad[i] as number)), pad, form })
    await once(child, 'message')
    const result = searchMemory(child.pid as number, needlesOf(Uint8Array.from(digits)))
    t.ok(result.octets > 5_000_000, `${(result.octets / 1e6).toFixed(0)} MB were read`)
    const found = result.finds.map((find) => find.form)
    t.ok(found.includes(expected[form]), `found as ${found.join(', ')}`)
    const other = searchMemory(
      child.pid as number,
      needlesOf(Uint8Array.from(digits, (digit, i) => (digit + i + 1) % 10)),
    )
    t.same(other.finds, [], 'another number is not')
    const story = await searchStory({ control: child.pid as number, folder, digits: digits.join('') })
    t.ok(
      story.some((find) => find.form === expected[form] && find.where.startsWith('control: ')),
      'the search of a story finds it, too',
    )
  })
}

/** Sixteen digits, of which any seven neighbours differ enough to be looked for. The same ones in every run: parts of a few numbers lie in any memory by chance. */
function shuffled(): number[] {
  const digits = Array.from({ length: 10 }, (_, i) => i)
  for (let i = 9; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    ;[digits[i], digits[other]] = [digits[other] as number, digits[i] as number]
  }
  return [...digits, ...digits.slice(0, 6)]
}

t.test('a process that is not there fails the scan', async (t) => {
  t.throws(() => searchMemory(2 ** 22 + 1, needlesOf(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))), /may not be read/)
})
