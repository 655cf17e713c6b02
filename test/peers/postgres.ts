/** A PostgreSQL of a test's own: in a temporary folder, on a Unix socket, never as root, gone with the test. */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const DEBIAN_FOLDER = '/usr/lib/postgresql'
/** Of Debian's package; PostgreSQL does not run as root. */
const USER = 'postgres'
const START_TRIES = 300
const RETRY_MS = 100

export type PostgresPeer = {
  /** Makes an empty database. @returns its URL. */
  database(name: string): Promise<string>
  /** Kills every process of it, as a power cut would end them, and starts it again. */
  crash(): Promise<void>
  stop(): Promise<void>
}

/** @throws when PostgreSQL is not installed, or does not start */
export async function startPostgres(): Promise<PostgresPeer> {
  // The path of a Unix socket may have 107 octets.
  const folder = mkdtempSync(join(tmpdir(), 'sotto-pg-'))
  chmodSync(folder, 0o700)
  const isRoot = process.getuid?.() === 0
  if (isRoot) await run('chown', [`${USER}:`, folder])
  const as = (command: string, args: readonly string[]): [string, string[]] =>
    isRoot
      ? ['setpriv', [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', command, ...args]]
      : [command, [...args]]
  const data = join(folder, 'data')
  const initdb = as(tool('initdb'), ['-D', data, '-U', 'sotto', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'])
  await run(...initdb, { cwd: folder })
  const start = async () => {
    const child = spawn(
      ...as(tool('postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off']),
      {
        stdio: 'ignore',
        cwd: folder,
      },
    )
    for (let tries = 0; ; tries++) {
      if (child.exitCode !== null || tries === START_TRIES) throw new Error('PostgreSQL does not start')
      const ready = await run(tool('pg_isready'), ['-h', folder, '-q']).then(
        () => true,
        () => false,
      )
      if (ready) return child
      await pause(RETRY_MS)
    }
  }
  let server = await start()
  const end = async (signal: 'SIGQUIT') => {
    const gone = once(server, 'exit')
    server.kill(signal)
    await gone
  }
  return {
    async database(name) {
      await run(tool('createdb'), ['-h', folder, '-U', 'sotto', name])
      return `postgres://sotto@/${name}?host=${encodeURIComponent(folder)}`
    },
    async crash() {
      // Immediate shutdown: as after a crash, it recovers from its log (PostgreSQL documentation, section 19.5).
      await end('SIGQUIT')
      server = await start()
    },
    async stop() {
      // Nothing of it is wanted any more: no checkpoint.
      await end('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Debian keeps the server's tools away from PATH, a folder for each version. */
function tool(name: string): string {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER) : []
  const newest = versions.sort((one, other) => Number(other) - Number(one))[0]
  return newest === undefined ? name : join(DEBIAN_FOLDER, newest, 'bin', name)
}
