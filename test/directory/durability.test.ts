/** What was acknowledged is there, whatever is killed and whenever; a full disk loses nothing. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { completed, type Directory, type DirectoryEvent } from '../../src/directory/index.ts'
import { startPostgres } from '../peers/postgres.ts'
import { engineOf } from './engines.ts'

const ROUNDS = 5
const WRITER = resolve(import.meta.dirname, '../peers/directory-writer.ts')
const count = (number: number, filler = '') => ({
  changes: [
    { kind: 'users' as const, name: 'counter', body: completed('users', { displayName: `${number}${filler}` }) },
  ],
})
const counted = (directory: Directory) =>
  Number(directory.picture().entries.users.get('counter')?.body.displayName ?? 0)

t.test('a writer that is killed at any moment has lost nothing that it was told is written', async (t) => {
  const file = join(diskFolder(t), 'directory.sqlite')
  let last = 0
  for (let round = 0; round < ROUNDS; round++) {
    const seed = Math.random()
    const child = spawn(process.execPath, [WRITER, file, String(last + 1)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    if (child.exitCode !== null) throw new Error('the writer has ended by itself')
    const waited = Math.floor(seed * 300)
    await new Promise((wait) => setTimeout(wait, waited))
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
    const acknowledged = Number(said.trimEnd().split('\n').at(-1))
    const engine = engineOf(t, 'SQLite', { file })
    const directory = await engine.open()
    const stored = counted(directory)
    // What the writer has said and nobody has read may be more.
    t.ok(stored >= acknowledged, `killed after ${waited} ms: ${acknowledged}, ${stored}`)
    const revision = directory.picture().entries.users.get('counter')?.revision
    const changes = await directory.db.selectFrom('changes').select('revision').execute()
    t.equal(changes.length, revision, 'every change has its row in the history, and no row is too many')
    await directory.stop()
    last = stored
  }
  const database = new DatabaseSync(file)
  t.same(database.prepare('PRAGMA integrity_check').all(), [{ integrity_check: 'ok' }])
  database.close()
  t.ok(last >= ROUNDS)
})

t.test('a PostgreSQL that is killed is a fault meanwhile, and has lost nothing afterwards', async (t) => {
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const events: DirectoryEvent[] = []
  const engine = engineOf(t, 'PostgreSQL', { postgres: new Secret(await server.database('d')) })
  const directory = await engine.open(events)
  let acknowledged = 0
  let refusal: unknown
  let stop = false
  const writing = (async () => {
    while (!stop) {
      try {
        await directory.change('writer', () => count(acknowledged + 1))
        acknowledged += 1
      } catch (thrown) {
        refusal ??= thrown
        stop = true
      }
    }
  })()
  await until(() => acknowledged >= 20)
  const before = directory.picture()
  await server.crash()
  stop = true
  await writing
  t.match(refusal, { code: 'directory.unreachable' })
  t.ok(directory.picture().generation >= before.generation, 'what was read last stays in use')
  await until(
    () =>
      events.some(({ type }) => type === 'directory.resumed') ||
      !events.some(({ type }) => type === 'directory.failed'),
  )
  await directory.refresh()
  const stored = counted(directory)
  t.ok(stored === acknowledged || stored === acknowledged + 1, `${acknowledged}, ${stored}`)
  await directory.change('writer', () => count(stored + 5))
  t.equal(counted(directory), stored + 5, 'it goes on by itself')
})

t.test('on a full disk a change is refused, and everything that was there stays', async (t) => {
  const engine = engineOf(t, 'SQLite', { file: join(diskFolder(t), 'directory.sqlite') })
  const directory = await engine.open()
  await directory.change('a', () => count(1))
  // SQLite says "full" at this many pages as it does when the disk is (sqlite.org/pragma.html#pragma_max_page_count).
  const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(directory.db)
  await sql.raw(`PRAGMA max_page_count = ${(rows[0]?.page_count ?? 0) + 1}`).execute(directory.db)
  let refused: unknown
  let written = 1
  for (let at = 2; at < 1000 && refused === undefined; at++) {
    await directory
      .change('a', () => count(at, ' '.repeat(100)))
      .then(
        () => {
          written = at
        },
        (thrown: unknown) => {
          refused = thrown
        },
      )
  }
  t.match(refused, { code: 'directory.disk-full' })
  t.equal(counted(directory), written)
  t.equal(counted(await engine.open()), written, 'on the disk, too')
  await sql.raw('PRAGMA max_page_count = 1000000').execute(directory.db)
  await directory.change('a', () => count(5000))
  t.equal(counted(directory), 5000, 'and goes on once there is room')
})

/** Where there is something to be lost, and nobody else. */
function diskFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-kill-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((wait) => setTimeout(wait, 10))
}
