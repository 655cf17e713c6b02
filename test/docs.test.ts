import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { readRooms } from '../scripts/check-rooms.ts'
import { withArbiterTable } from '../scripts/make-arbiter-table.ts'
import { withDiagrams } from '../scripts/make-state-diagrams.ts'

const root = new URL('../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')
const architecture = read('docs/ARCHITECTURE.md')

t.test('every room has a row, and every row a room', async (t) => {
  const folders = readdirSync(new URL('src', root), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const rooms = readRooms(architecture).map(({ name }) => name)
  t.same(rooms.toSorted(), folders.map(({ name }) => name).toSorted())
})

t.test('every entry file is named', async (t) => {
  for (const file of readdirSync(new URL('src', root)).filter((name) => name.endsWith('.ts'))) {
    t.match(architecture, `src/${file}`, file)
  }
})

for (const file of [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'docs/ARCHITECTURE.md',
  'docs/GLOSSARY.md',
  'docs/CAPTURE.md',
  'docs/VALIDATION.md',
  'docs/ACCESS.md',
  'docs/ADD-INS.md',
  'docs/AUDIT.md',
  'docs/OPERATION.md',
  'docs/DIRECTORY.md',
  'docs/REPLAY.md',
  'docs/RECORDINGS.md',
]) {
  t.test(`every file that ${file} names exists`, async (t) => {
    const files = /`((?:src|scripts|test|docs|media|prompts|bench)\/[\w./-]*(?:\.\w+|\/))`/g
    const named = [...read(file).matchAll(files)].map((match) => match[1] ?? '')
    for (const path of new Set(named)) t.ok(existsSync(new URL(path, root)), path)
  })
}

t.test('the diagrams are those of the machines', async (t) => {
  t.equal(withDiagrams(architecture), architecture, 'run node scripts/make-state-diagrams.ts')
})

t.test('the truth table of the key arbiter is that of the arbiter', async (t) => {
  const capture = read('docs/CAPTURE.md')
  t.match(capture, '| INFO, tone, event | 1 |', 'there is a table')
  t.equal(withArbiterTable(capture), capture, 'run node scripts/make-arbiter-table.ts')
})
