/** The key that seals secrets is whole or not there: a disk that is full, or another process that is first, leaves nothing that would have to be mended by hand. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import t from 'tap'
import { sealingIn } from '../../src/people/sealing-file.ts'
import { limitFiles, smallDisk } from '../peers/small-disk.ts'

const SECRET = Buffer.from('of a second factor')

t.test('a full disk: nothing is sealed, and once there is room all is well', async (t) => {
  // Not one of tap, which takes it away before the disk.
  const top = mkdtempSync(join(tmpdir(), 'sotto-sealing-'))
  t.teardown(() => rmSync(top, { recursive: true, force: true }))
  const disk = smallDisk(t, join(top, 'disk'))
  const folder = join(top, 'disk/people')
  mkdirSync(folder)
  // Where no disk can be mounted, no file of this process may grow.
  if (disk === undefined) process.once('SIGXFSZ', () => undefined)
  const full = (isFull: boolean) =>
    disk === undefined ? limitFiles(process.pid, isFull) : isFull ? disk.fill() : disk.free()
  full(true)
  const sealing = sealingIn(join(folder, 'sealing.key'))
  t.throws(() => sealing.seal(SECRET, 'alice'), { code: 'people.key-not-written' })
  full(false)
  t.strictSame(readdirSync(folder), [], 'nothing is left of it')
  t.same(sealing.open(sealing.seal(SECRET, 'alice'), 'alice'), SECRET, 'the same server goes on')
  t.same(sealingIn(join(folder, 'sealing.key')).open(sealing.seal(SECRET, 'alice'), 'alice'), SECRET, 'and the next')
  t.strictSame(readdirSync(folder), ['sealing.key'])
  t.equal(statSync(join(folder, 'sealing.key')).mode & 0o777, 0o600)
})

t.test(
  'what another process writes at the same time is left alone, though it is in another container and of the same number',
  async (t) => {
    const folder = t.testdir({})
    const file = join(folder, 'sealing.key')
    const others = `${file}.${process.pid}.new`
    writeFileSync(others, 'half a k')
    sealingIn(file).seal(SECRET, 'alice')
    t.strictSame(readdirSync(folder).toSorted(), ['sealing.key', basename(others)].toSorted())
    t.equal(readFileSync(others, 'utf8'), 'half a k')
  },
)

t.test('a file that is there is never written over', async (t) => {
  const folder = t.testdir({ empty: '', bad: 'no key\n', folder: {} })
  for (const name of ['empty', 'bad', 'folder'])
    t.throws(() => sealingIn(join(folder, name)).seal(SECRET, 'alice'), { code: 'people.bad-key' }, name)
  t.equal(readFileSync(join(folder, 'bad'), 'utf8'), 'no key\n')
  writeFileSync(join(folder, 'file'), '')
  t.throws(() => sealingIn(join(folder, 'file/key')).seal(SECRET, 'alice'), { code: 'people.key-not-written' })
})
