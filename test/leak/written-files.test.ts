import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { searchWritten } from '../../src/leak/file-sinks.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import { randomTestNumber } from '../../src/leak/test-number.ts'
import { writtenFiles } from '../../src/leak/written-files.ts'
import { passesLuhn } from '../../src/vault/luhn.ts'
import { spanOf } from '../vault/spans.ts'

t.test('files that changed are found, and those that are open though deleted', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-written-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const number = randomTestNumber()
  const needles = needlesOf(digitsOf(number))
  const sinceMs = Date.now() - 1000
  mkdirSync(join(folder, 'deep'))
  writeFileSync(join(folder, 'deep/new.txt'), `card ${number}`)
  mkdirSync(join(folder, 'own'))
  writeFileSync(join(folder, 'own/capture'), number)
  const deleted = join(folder, 'deleted.txt')
  const open = openSync(deleted, 'w+')
  t.teardown(() => closeSync(open))
  writeFileSync(open, `again ${number}`)
  unlinkSync(deleted)
  const search = { pids: [process.pid], folders: [folder], sinceMs, except: [join(folder, 'own')] }
  const where = searchWritten(search, needles).finds.map((find) => find.where)
  t.ok(where.some((name) => name === join(folder, 'deep/new.txt')))
  t.ok(
    where.some((name) => name.startsWith(deleted)),
    where.join(' '),
  )
  t.notOk(where.some((name) => name.includes('/own/')))
})

t.test('what is old was not written now', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-written-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'old.txt')
  writeFileSync(file, 'old')
  utimesSync(file, 1, 1)
  // Its inode changed just now all the same: only what changed after that is looked at.
  const { files } = writtenFiles([], [folder], Date.now() + 60_000, [])
  t.notOk(files.some(({ path }) => path === file))
})

t.test('a test number is good, and distinct in every part', async (t) => {
  for (let round = 0; round < 50; round++) {
    const number = randomTestNumber()
    t.match(number, /^6011\d{12}$/)
    t.ok(passesLuhn(spanOf(number)))
  }
})
