/** The build of the addon as an installation runs it: with a compiler, without one, and when there is nothing to do. */

import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { canBuildAddon } from './peers/udp-implementations.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** @returns a folder with what the build needs, and the build. */
function installation(t: { teardown(done: () => void): void }) {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-build-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const sources = (file: string) => !/\.node/.test(file)
  cpSync(join(root, 'native'), join(folder, 'native'), { recursive: true, filter: sources })
  cpSync(join(root, 'scripts/build-native.mjs'), join(folder, 'scripts/build-native.mjs'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const addonFolder = join(folder, 'native/udp-batch')
  return {
    addon: join(addonFolder, 'udp-batch.node'),
    addonFolder,
    build: (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
      spawnSync(process.execPath, ['scripts/build-native.mjs', ...args], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, ...env },
      }),
  }
}

t.test('without a compiler one line says so, and the installation goes on', async (t) => {
  const { addon, build } = installation(t)
  writeFileSync(addon, 'of older sources')
  utimesSync(addon, 0, 0)
  const { status, stdout, stderr } = build({ CXX: 'no-such-compiler' })
  t.equal(status, 0)
  t.match(stdout, /^UDP addon not built \([^\n]+\): media will run over node:dgram[^\n]*\n$/)
  t.equal(stderr, '')
  t.notOk(existsSync(addon))
  t.equal(build({ CXX: 'no-such-compiler' }, '--required').status, 1)
})

if (canBuildAddon()) {
  t.test('with a compiler the addon is built without a word, once', async (t) => {
    const { addon, addonFolder, build } = installation(t)
    t.match(build({}, '--required'), { status: 0, stdout: '', stderr: '' })
    const built = statSync(addon).mtimeMs
    t.match(build({ CXX: 'no-such-compiler' }, '--required'), { status: 0, stdout: '', stderr: '' })
    t.equal(statSync(addon).mtimeMs, built)
    t.same(
      readdirSync(addonFolder).filter((name) => name.includes('.node')),
      ['udp-batch.node'],
    )
  })

  t.test('sources that do not compile leave no half of an addon', async (t) => {
    const { addonFolder, build } = installation(t)
    writeFileSync(join(addonFolder, 'send.cc'), 'this is no C++')
    const { status, stdout } = build({})
    t.equal(status, 0)
    t.match(stdout, /^UDP addon not built \([^\n]*error[^\n]*\)[^\n]*\n$/)
    t.same(
      readdirSync(addonFolder).filter((name) => name.includes('.node')),
      [],
    )
  })
}
