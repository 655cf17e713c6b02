/** Files of recordings that are there already: gone on with behind their last whole segment. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { type FileHandle, open as openHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import t from 'tap'
import { recordingDisk } from '../../src/media/recording-disk.ts'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { createSeal } from '../../src/record/seal.ts'
import { SEGMENT_OCTETS } from '../../src/record/segment.ts'
import { openssl } from '../record/recording-keys.ts'

const tool = openssl()
t.teardown(() => tool.close())
const seal = createSeal([readRecordingCertificate(tool.selfSigned('own').certificate, Date.now()).recipient])
const folder = mkdtempSync(join(tmpdir(), 'sotto-recording-disk-'))
t.teardown(() => rmSync(folder, { recursive: true }))

/** What a file is when it was opened, gone on with, and closed. */
async function goneOnWith(name: string, there: Uint8Array, more: Uint8Array): Promise<Buffer> {
  const file = join(folder, name)
  writeFileSync(file, there)
  const open = await recordingDisk.open(file)
  await open.append(more)
  await open.close()
  return readFileSync(file)
}

t.test('a file longer than what is looked through at once, cut in a segment', async (t) => {
  // 31 of them: several times what is looked through at once, the segments across its borders.
  const many = Array.from({ length: 31 }, (_, i) => seal(new Uint8Array(SEGMENT_OCTETS - i * 1000)))
  const whole = Buffer.concat(many)
  t.ok(whole.length > 2 * 1024 * 1024)
  const more = seal(new Uint8Array(10))
  const wanted = Buffer.concat([whole, more])
  t.ok((await goneOnWith('whole', whole, more)).equals(wanted), 'a whole one is left as it is')
  const cut = Buffer.concat([whole, seal(new Uint8Array(5000)).subarray(0, 4000)])
  t.ok((await goneOnWith('cut', cut, more)).equals(wanted), 'the cut segment goes')
  const zeros = Buffer.concat([whole, Buffer.alloc(3 * 1024 * 1024)])
  t.ok(
    (await goneOnWith('zeros', zeros, more)).equals(wanted),
    'and what a file system left of one that was never written',
  )
})

t.test('a file without a whole segment begins anew', async (t) => {
  const more = seal(new Uint8Array(10))
  t.ok((await goneOnWith('empty', new Uint8Array(), more)).equals(more))
  t.ok((await goneOnWith('short', more.subarray(0, more.length - 1), more)).equals(more))
})

t.test('folders are made, for nobody else; a link is not followed', async (t) => {
  const open = await recordingDisk.open(join(folder, 'a/b/call.p7m'))
  await open.close()
  t.same(
    ['a', 'a/b', 'a/b/call.p7m'].map((name) => statSync(join(folder, name)).mode & 0o777),
    [0o700, 0o700, 0o600],
  )
  symlinkSync(join(folder, 'whole'), join(folder, 'link'))
  await t.rejects(recordingDisk.open(join(folder, 'link')))
  await t.rejects(recordingDisk.open(join(folder, 'whole/call.p7m')))
})

t.test(
  'of what the disk takes a part of, or nothing, nothing is left; and it goes on when there is room',
  async (t) => {
    const file = join(folder, 'short-of-room')
    const [first, second, third] = [100, 5000, 200].map((size) => seal(new Uint8Array(size))) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    const open = await recordingDisk.open(file)
    await open.append(first)
    const onRefused = () => undefined
    process.on('SIGXFSZ', onRefused)
    t.teardown(() => {
      limitOwnFiles('unlimited')
      process.off('SIGXFSZ', onRefused)
    })
    limitOwnFiles(first.length + 1000)
    await t.rejects(open.append(second), { message: 'the disk took a part' })
    t.ok(readFileSync(file).equals(first))
    limitOwnFiles(first.length)
    await t.rejects(open.append(second), { code: 'EFBIG' })
    t.ok(readFileSync(file).equals(first))
    limitOwnFiles('unlimited')
    await open.append(third)
    await open.close()
    t.ok(readFileSync(file).equals(Buffer.concat([first, third])))
  },
)

t.test('at its end the disk is made to hold a file and its name, and a folder as soon as it is made', async (t) => {
  const synced: string[] = []
  const anyHandle = await openHandle(folder)
  await anyHandle.close()
  const handles = Object.getPrototypeOf(anyHandle) as FileHandle
  for (const call of ['sync', 'datasync'] as const) {
    const real = handles[call]
    handles[call] = async function (this: FileHandle) {
      await real.call(this)
      synced.push(`${call} ${relative(folder, readlinkSync(`/proc/self/fd/${this.fd}`))}`)
    }
    t.teardown(() => {
      handles[call] = real
    })
  }
  const open = await recordingDisk.open(join(folder, 'kept/2026-11-28/call.p7m'))
  t.strictSame(synced.splice(0), ['sync kept', 'sync '], 'each new folder by the one that it stands in')
  await open.append(seal(new Uint8Array(10)))
  t.strictSame(synced, [], 'nothing waits for the disk in the middle of a call')
  await open.sync()
  t.strictSame(synced.splice(0), ['datasync kept/2026-11-28/call.p7m', 'sync kept/2026-11-28'])
  await open.close()
  const next = await recordingDisk.open(join(folder, 'kept/2026-11-28/next.p7m'))
  await next.close()
  t.strictSame(synced, [], 'no folder was new')
  const gone = await recordingDisk.open(join(folder, 'gone/call.p7m'))
  rmSync(join(folder, 'gone'), { recursive: true })
  await t.rejects(gone.sync(), { code: 'ENOENT' }, 'a name that is gone is not kept')
  await gone.close()
})

/** How long files of this process may be, octets. */
function limitOwnFiles(octets: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${octets}:`])
}
