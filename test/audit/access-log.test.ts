import { appendFileSync, chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createAccessLog } from '../../src/audit/access-log.ts'
import { readAccessLines, readAccessPage } from '../../src/audit/access-reading.ts'
import { type AccessEvent, readAccess, verifyAccess } from '../../src/audit/access-record.ts'
import { verifyingKey } from '../../src/audit/signature.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

const EVENT: AccessEvent = {
  user: 'user-abc',
  by: 'login',
  key: 'login-abc',
  type: 'log-in',
  succeeded: 'yes',
  from: '192.0.2.7',
  resource: '/api/v1/login',
}
let made = 0

function bench(folder: string) {
  const clock = steppedClock()
  const troubles: (string | undefined)[] = []
  const log = createAccessLog({
    folder,
    clock,
    wallMs: () => 1_790_000_000_000,
    random: (count) => Uint8Array.from({ length: count }, () => made++ & 0xff),
    onTrouble: (cause) => troubles.push(cause?.code),
  })
  return { log, clock, troubles }
}

async function checked(folder: string) {
  const key = verifyingKey(readFileSync(join(folder, 'public-key.pem'), 'utf8'))
  if (key === undefined) throw new Error('no key')
  const { lines } = await readAccessLines(folder)
  return { lines, findings: verifyAccess(lines, key) }
}

const RECORDS = 'records-00000001.jsonl'

t.test('what happened is on the disk, signed and chained, across restarts and a line that a kill tore', async (t) => {
  const folder = join(t.testdir(), 'access')
  const first = bench(folder)
  await first.log.start()
  t.ok(first.log.available)
  await Promise.all(Array.from({ length: 5 }, () => first.log.note(EVENT)))
  await first.log.note({
    ...EVENT,
    succeeded: 'no',
    fault: 'people.wrong-credentials',
    by: 'nobody',
    user: '',
    key: '',
  })
  await first.log.stop()
  appendFileSync(join(folder, RECORDS), '{"record":{"torn')
  const second = bench(folder)
  await second.log.start()
  await second.log.note(EVENT)
  await second.log.stop()
  const { lines, findings } = await checked(folder)
  t.same(findings, [])
  t.equal(lines.length, 7)
  t.match(JSON.parse(lines[5] ?? ''), {
    record: { number: 6, at: /^\d{4}-\d\d-\d\dT/, event: { succeeded: 'no', fault: 'people.wrong-credentials' } },
  })
  t.same(first.troubles, [])
})

t.test('what was changed, left out, exchanged or signed by another shows', async (t) => {
  const folder = join(t.testdir(), 'access')
  const { log } = bench(folder)
  await log.start()
  for (let n = 0; n < 6; n += 1) await log.note({ ...EVENT, resource: `/api/v1/users/u${n}` })
  await log.stop()
  const { lines } = await checked(folder)
  const key = verifyingKey(readFileSync(join(folder, 'public-key.pem'), 'utf8'))
  if (key === undefined) throw new Error('no key')
  const flaws = (of: readonly string[]) => verifyAccess(of, key).map(({ line, flaw }) => `${line} ${flaw}`)
  const [one = '', two = '', three = '', ...rest] = lines
  t.same(flaws(lines), [])
  t.same(flaws(lines.slice(2)), [], 'a log of which older files were put away')
  t.same(flaws([one, two.replace('/u1', '/u9'), three, ...rest]), ['2 bad-signature', '3 broken-link'])
  t.same(flaws([one, three, ...rest]), ['2 gap'])
  t.same(flaws([one, three, two, ...rest]), ['2 gap', '3 gap', '4 gap'])
  t.same(flaws([one, '{}', three]), ['2 not-a-record'])
  t.same(flaws([one, two.replace('{', '{ ')]), ['2 not-canonical'])
  const other = join(t.testdir(), 'other')
  const stranger = bench(other)
  await stranger.log.start()
  await stranger.log.note(EVENT)
  await stranger.log.stop()
  t.same(flaws([one, ...(await checked(other)).lines]), ['2 other-key', '2 gap'])
})

t.test('a disk that does not take it: nobody is let in, an alarm, and nothing is lost', async (t) => {
  const folder = join(t.testdir(), 'access')
  const { log, clock, troubles } = bench(folder)
  await log.start()
  await log.note(EVENT)
  renameSync(folder, `${folder}.away`)
  writeFileSync(folder, 'no folder')
  await t.rejects(log.note({ ...EVENT, type: 'second' }), { code: 'access.not-writable' })
  t.notOk(log.available)
  await t.rejects(log.note({ ...EVENT, type: 'third' }), { code: 'access.not-writable' })
  t.same(troubles, ['access.not-writable'])
  renameSync(folder, `${folder}.file`)
  renameSync(`${folder}.away`, folder)
  clock.step(2000)
  await log.stop()
  t.same(troubles, ['access.not-writable', undefined])
  const { lines, findings } = await checked(folder)
  t.same(findings, [])
  t.same(
    lines.map((line) => JSON.parse(line).record.event.type),
    ['log-in', 'second', 'third'],
  )
})

t.test('a folder that cannot be written is said at the start, and tried again', async (t) => {
  const folder = t.testdir({ access: 'a file' })
  const { log, clock, troubles } = bench(join(folder, 'access'))
  await log.start()
  t.notOk(log.available)
  t.same(troubles, ['access.not-writable'])
  renameSync(join(folder, 'access'), join(folder, 'file'))
  clock.step(2000)
  await log.start()
  t.ok(log.available)
  await log.stop()
})

t.test('an end that nobody wrote is not gone on from; nor are two writers let in', async (t) => {
  const folder = t.testdir({ access: {} })
  const path = join(folder, 'access')
  const { log } = bench(path)
  await log.start()
  await log.note(EVENT)
  const other = bench(path)
  await other.log.start()
  t.same(other.troubles, ['audit.in-use'])
  await other.log.stop()
  await log.stop()
  appendFileSync(join(path, RECORDS), '{"record":"somebody else"}\n')
  const again = bench(path)
  await again.log.start()
  t.same(again.troubles, ['access.damaged'])
  await again.log.stop()
})

t.test('only what the record has room for is written', async (t) => {
  const folder = join(t.testdir(), 'access')
  const { log } = bench(folder)
  await log.start()
  for (const bad of [
    { ...EVENT, password: 'horse' },
    { ...EVENT, user: 'name with spaces' },
    { ...EVENT, from: 'host.example.com' },
    { ...EVENT, resource: '/a b' },
  ]) {
    await t.rejects(log.note(bad as AccessEvent), { code: 'base.bad-message' })
  }
  await log.stop()
})

t.test('pages, newest first, over several files', async (t) => {
  const folder = t.testdir({ access: {} })
  const path = join(folder, 'access')
  const numbered = (from: number, to: number) =>
    `${Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at}`).join('\n')}\n`
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'records-00000001.jsonl'), numbered(1, 5))
  writeFileSync(join(path, 'records-00000006.jsonl'), numbered(6, 8))
  chmodSync(path, 0o700)
  const seen: string[] = []
  let before: number | undefined
  do {
    const page = await readAccessPage(path, before, 3)
    t.ok(page.lines.length <= 3)
    seen.push(...page.lines)
    before = page.before
  } while (before !== undefined)
  t.same(
    seen,
    [8, 7, 6, 5, 4, 3, 2, 1].map((number) => `line ${number}`),
  )
  t.equal(typeof readAccess('line 1', undefined), 'string')
})
