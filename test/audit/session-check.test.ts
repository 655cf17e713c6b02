import { generateKeyPairSync } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createSessionChecker } from '../../src/audit/checker.ts'
import { checkIn } from '../../src/audit/session-check.ts'
import { signingKey } from '../../src/audit/signature.ts'
import { clockFrom } from '../../src/base/clock.ts'
import { chainOf, closing, KEY, opening, STARTED } from '../peers/audit-chain.ts'

const ASKED = [
  { at: 'asking', ms: 21, field: 0 },
  { at: 'asking', ms: 22, field: 0 },
  { at: 'asking', ms: 23, field: 2 },
]
const GOOD = chainOf([
  STARTED,
  opening(),
  opening('secure-b'),
  closing(),
  closing({ outcome: { result: 'declined' } }, 'secure-b'),
  opening('secure-c'),
])
const PEM = KEY.publicPem
const check = (lines: readonly string[], sessionId = 'secure-a', isClosed = true, publicPem = PEM) =>
  checkIn(lines, { sessionId, isClosed, publicPem })
const codesIn = (...given: Parameters<typeof check>) => check(...given).findings.map(({ code }) => code)

t.test('a session whose record holds, and what it says in counts', async (t) => {
  const held = check(GOOD)
  t.match(held, { verdict: 'holds', findings: [], records: [2, 4], key: KEY.id, isolation: 'shown' })
  t.strictSame(held.counts, { durationMs: 30_000, fieldsTaken: 3, entriesRefused: 0, asked: [] })
  const states = [{ at: 'parting', ms: 3 }, { at: 'capturing', ms: 20 }, ...ASKED, { at: 'returning', ms: 25_000 }]
  const lines = chainOf([STARTED, opening(), closing({ states })])
  t.strictSame(check(lines).counts?.asked, [2, 0, 1])
})

t.test('one that has no end yet holds so far', async (t) => {
  t.match(check(GOOD, 'secure-c', false), { verdict: 'open', findings: [], records: [6] })
  t.match(check(GOOD, 'secure-c'), { verdict: 'does-not-hold', findings: [{ code: 'incomplete' }] }, 'it must have one')
})

t.test('whatever is changed in it or between is found; what other sessions claim is theirs', async (t) => {
  const changed = (at: number, from: string, to: string) => GOOD.with(at, (GOOD[at] ?? '').replace(from, to))
  t.ok(codesIn(changed(3, '"fieldsTaken":3', '"fieldsTaken":2')).includes('bad-signature'))
  t.ok(codesIn(GOOD.toSpliced(2, 1)).includes('gap'), 'a record between is missing')
  t.ok(codesIn(changed(2, '"card"', '"cord"')).includes('bad-signature'), 'a record between was changed')
  t.ok(codesIn(changed(0, '"tornOctets":0', '"tornOctets":1')).length > 0, 'the one before was changed')
  t.ok(codesIn(changed(4, '"declined"', '"accepted"')).length > 0, 'the one behind does not follow')
  t.ok(codesIn(GOOD.toSpliced(3, 1)).includes('incomplete'), 'its end is missing')
  t.ok(codesIn(GOOD.toSpliced(3, 1), 'secure-a', false).includes('gap'), 'and a gap tells of it')
  t.strictSame(codesIn(changed(5, '"card"', '"cord"'), 'secure-a'), [], 'what comes later does not matter')
  const apart = chainOf([
    STARTED,
    opening(),
    opening('secure-b'),
    closing({ wipe: { by: 'vault', processId: 72, ms: 29_999 } }, 'secure-b'),
    closing(),
  ])
  t.ok(codesIn(apart, 'secure-b').length > 0, 'it contradicts itself')
  t.strictSame(codesIn(apart), [])
})

t.test('another key, and none', async (t) => {
  const other = signingKey(generateKeyPairSync('ed25519').privateKey).publicPem
  t.ok(codesIn(GOOD, 'secure-a', true, other).includes('other-key'))
  t.match(check(GOOD, 'secure-a', true, ''), { verdict: 'does-not-hold', findings: [{ code: 'other-key' }] })
})

t.test('out of the files, in a thread of its own', async (t) => {
  const folder = t.testdir()
  const write = (first: number, lines: readonly string[]) =>
    writeFileSync(join(folder, `records-${String(first).padStart(8, '0')}.jsonl`), `${lines.join('\n')}\n`)
  write(1, GOOD.slice(0, 1))
  write(2, GOOD.slice(1))
  const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })
  const checker = createSessionChecker({ folder, clock, publicPem: () => PEM })
  t.teardown(checker.stop)
  t.match(await checker.check('secure-a', true), { verdict: 'holds', records: [2, 4] })
  write(1, [(GOOD[0] ?? '').replace('"tornOctets":0', '"tornOctets":1')])
  t.match(await checker.check('secure-a', true), { verdict: 'does-not-hold' }, 'the file before counts too')
  t.match(await checker.check('secure-z', true), { verdict: 'does-not-hold', findings: [{ code: 'empty' }] })
  const asked = await Promise.allSettled(Array.from({ length: 17 }, () => checker.check('secure-a', true)))
  t.match(asked[16], { reason: { code: 'audit.busy' } })
  t.equal(asked.filter(({ status }) => status === 'fulfilled').length, 16)
  rmSync(folder, { recursive: true })
  await t.rejects(checker.check('secure-a', true), { code: 'audit.not-readable' })
})
