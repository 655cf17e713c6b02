/** Recordings of a forked media process onto disks that are full, or hang. */

import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { until } from '../../src/demo/waiting.ts'
import { isAlive } from '../peers/leak-watch.ts'
import {
  CALLER_HZ,
  folderFor,
  HEARD_DBM0,
  identities,
  LIMIT_MS,
  lastMark,
  opened,
  packetsOf,
  recordedCall,
  untilRecorded,
} from '../peers/recorded-call.ts'
import { limitFiles, type SmallDisk, smallDisk } from '../peers/small-disk.ts'

const own = identities(t).keyOf('own')

/** A file of a disk that hangs: a pipe that nobody reads is full, and whoever writes to it waits. */
function hanging(t: Test, file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  execFileSync('mkfifo', [file])
  const pipe = openSync(file, constants.O_RDWR | constants.O_NONBLOCK)
  t.teardown(() => closeSync(pipe))
  const fill = () => {
    for (;;) writeSync(pipe, Buffer.alloc(4096))
  }
  t.throws(fill, { code: 'EAGAIN' })
}

t.test(
  'a disk that hangs for ever: what it did not take is told, and a replaced process does not stay for it',
  async (t) => {
    const { pool, callerPort, terms, place, events, record } = await recordedCall(t, own)
    hanging(t, terms.file)
    await record()
    await untilRecorded(callerPort, 50)
    const pid = pool.processIds[0] as number
    await pool.replace(pid)
    place.close()
    await until(() => events.some(({ state }) => state === 'ended'), 'its end', LIMIT_MS)
    t.match(events, [{ state: 'failed' }, { state: 'ended', segments: 0, octets: 0 }])
    t.ok((events[1]?.lostMs ?? 0) >= 400, `${events[1]?.lostMs} ms are lost`)
    await until(() => !isAlive(pid), 'it leaves', LIMIT_MS)
  },
)

t.test('a disk that hangs for ever does not keep a process whose control is gone', async (t) => {
  const children: ChildProcess[] = []
  const { callerPort, terms, record } = await recordedCall(t, own, folderFor(t), (...words) => {
    const child = fork(...words)
    children.push(child)
    // Control cannot end it any more.
    child.kill = () => true
    return child
  })
  hanging(t, terms.file)
  await record()
  await untilRecorded(callerPort, 300)
  const [child] = children
  const pid = child?.pid as number
  t.teardown(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
  child?.disconnect()
  await until(() => !isAlive(pid), 'it ends by itself', LIMIT_MS)
  t.pass('it does')
})

t.test('a full disk: the call goes on, control is told once, and it records again when there is room', async (t) => {
  const folder = join(folderFor(t), 'small')
  const disk = smallDisk(t, folder)
  const { pool, callerPort, agentPort, terms, events, agent, record } = await recordedCall(t, own, folder)
  const pid = pool.processIds[0] as number
  const full: Pick<SmallDisk, 'fill' | 'free'> = disk ?? {
    fill: () => limitFiles(pid, true),
    free: () => limitFiles(pid, false),
  }
  if (disk === undefined) t.comment('no disk can be mounted here: no file of the process may grow instead')
  await record()
  await untilRecorded(callerPort, 600)
  full.fill()
  const whole = opened(terms.file, own).length
  t.ok(whole >= 1)
  await until(() => events.length > 0, 'told that it fails', LIMIT_MS)
  t.equal(events[0]?.state, 'failed')
  t.ok((events[0]?.lostMs ?? 0) >= 4900)
  await untilRecorded(callerPort, (await packetsOf(callerPort)) + 520)
  t.equal(events.length, 1, 'once')
  t.equal(opened(terms.file, own).length, whole, 'the file is whole')
  t.ok(agent.levelOf(CALLER_HZ, 200) > HEARD_DBM0, 'and the call is heard')
  t.equal((await agentPort.stats()).packetsLost, 0)
  full.free()
  const freedMs = performance.now()
  await until(() => events.some(({ state }) => state === 'resumed'), 'it records again', LIMIT_MS)
  t.comment(`${Math.round(performance.now() - freedMs)} ms after there is room`)
  await callerPort.unrecord()
  await until(() => events.some(({ state }) => state === 'ended'), 'its end', LIMIT_MS)
  const segments = opened(terms.file, own)
  t.equal(lastMark(segments), 'end')
  t.ok((segments.at(-1)?.head.number ?? 0) >= segments.length, 'numbers show what is missing')
  t.match(events.at(-1), { state: 'ended', segments: segments.length })
  t.equal(pool.processIds[0], pid)
})
