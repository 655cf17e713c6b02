/** Runs a test of the directory on both engines: a SQLite file, and a database of one PostgreSQL. */

import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { clockFrom } from '../../src/base/clock.ts'
import { Secret } from '../../src/base/secret.ts'
import { type Directory, type DirectoryEvent, openDirectory, type StoreTerms } from '../../src/directory/index.ts'
import { startPostgres } from '../peers/postgres.ts'

export const clock = clockFrom({ now: () => performance.now(), setTimeout, clearTimeout })

export type Engine = {
  readonly name: 'SQLite' | 'PostgreSQL'
  readonly store: StoreTerms
  /** Opens the store, as one server would; may be done several times. */
  open(events?: DirectoryEvent[]): Promise<Directory>
}

/** @param run one test, for each of the two. */
export function onBothEngines(run: (t: Test, engine: Engine) => Promise<void>, sentence: string): void {
  t.test(`${sentence}, in SQLite`, async (t) =>
    run(t, engineOf(t, 'SQLite', { file: join(quickFolder(t), 'sub', 'd.sqlite') })),
  )
  t.test(`${sentence}, in PostgreSQL`, async (t) => {
    const url = await database()
    await run(t, engineOf(t, 'PostgreSQL', { postgres: new Secret(url) }))
  })
}

/** In memory where there is such a place: what a test waits for is not the disk. */
export function quickFolder(t: Test): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sotto-d-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function engineOf(t: Test, name: Engine['name'], store: StoreTerms): Engine {
  return {
    name,
    store,
    async open(events = []) {
      const directory = await openDirectory({
        store,
        clock,
        wallMs: Date.now,
        random: randomBytes,
        onEvent: (event) => events.push(event),
        pollMs: 50,
      })
      t.teardown(() => directory.stop())
      return directory
    },
  }
}

let server: ReturnType<typeof startPostgres> | undefined
let count = 0

/** One PostgreSQL for a whole file, started when it is first needed. */
async function database(): Promise<string> {
  if (server === undefined) {
    server = startPostgres()
    t.teardown(async () => (await server)?.stop())
  }
  count += 1
  return (await server).database(`d${count}`)
}
