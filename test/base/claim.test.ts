/** One writer, however it comes to the folder: by another path, out of another network or another view of the disks; and nothing stale after a kill. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { claimFile, claimFolder } from '../../src/base/claim.ts'

const CLAIMER = resolve(import.meta.dirname, '../peers/claimer.ts')

/** Another process. @param before words of another command that it is run by. @returns it, and what it says. */
async function other(t: Test, folder: string, ...before: readonly string[]) {
  const [command = '', ...args] = [...before, process.execPath, CLAIMER, folder]
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [chunk] = child.stdout === null ? [] : await once(child.stdout, 'data')
  return { child, said: String(chunk).trim() }
}

/** Without rights of our own by a user namespace. */
function unshared(...what: readonly string[]): readonly string[] {
  return ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), ...what, '--']
}

t.test('a second one is refused, in this process and in another, by any path', async (t) => {
  const top = t.testdir({ one: {} })
  symlinkSync(join(top, 'one'), join(top, 'two'))
  const letGo = claimFolder('audit', join(top, 'one'))
  t.throws(() => claimFolder('audit', join(top, 'one')), { code: 'audit.in-use' })
  t.equal((await other(t, join(top, 'two'))).said, 'audit.in-use')
  letGo()
  letGo()
  t.equal((await other(t, join(top, 'two'))).said, 'claimed')
  t.throws(() => claimFolder('audit', join(top, 'one')), { code: 'audit.in-use' })
})

t.test('out of another network, as a container that shares the volume', async (t) => {
  const folder = t.testdir()
  const { said } = await other(t, folder)
  t.equal(said, 'claimed')
  t.equal((await other(t, folder, ...unshared('--net'))).said, 'audit.in-use')
})

t.test('another disk at the same path, as two containers on one network', async (t) => {
  const folder = t.testdir()
  t.equal((await other(t, folder)).said, 'claimed')
  const mounted = ['sh', '-c', `mount -t tmpfs tmpfs '${folder}' && exec "$@"`, 'sh']
  t.equal((await other(t, folder, ...unshared('--mount'), ...mounted)).said, 'claimed')
})

t.test('nothing is left of who was killed', async (t) => {
  const folder = t.testdir()
  for (let times = 0; times < 3; times++) {
    const { child, said } = await other(t, folder)
    t.equal(said, 'claimed')
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  t.strictSame(readdirSync(folder), ['.claim'])
  t.match(statSync(join(folder, '.claim')), { size: 0, mode: 0o100600 })
})

t.test('a file: its folder is made, and where that cannot be it is told so', async (t) => {
  const top = t.testdir()
  const letGo = await claimFile('history', join(top, 'sub/calls.sqlite'))
  t.equal(statSync(join(top, 'sub')).mode & 0o777, 0o700)
  await t.rejects(claimFile('history', join(top, 'sub/calls.sqlite')), { code: 'history.in-use' })
  const another = await claimFile('history', join(top, 'sub/others.sqlite'))
  another()
  letGo()
  writeFileSync(join(top, 'file'), '')
  await t.rejects(claimFile('directory', join(top, 'file/directory.sqlite')), { code: 'directory.not-writable' })
  mkdirSync(join(top, 'sub/folder.sqlite.claim'))
  await t.rejects(claimFile('directory', join(top, 'sub/folder.sqlite')), { code: 'directory.not-writable' })
})
