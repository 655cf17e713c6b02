/** Recordings of a forked media process, opened with the private key: what they hold, who may read the file, and what is left of it when something dies. */

import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import t from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { segmentsOf } from '../../src/record/file-segments.ts'
import { openSegment } from '../../src/record/open.ts'
import { readSegment, type Segment } from '../../src/record/segment.ts'
import { bridge } from '../peers/media-pool.ts'
import {
  AGENT_HZ,
  CALLER_HZ,
  HEARD_DBM0,
  identities,
  LIMIT_MS,
  lastMark,
  levelIn,
  opened,
  recordedCall,
  UNHEARD_DBM0,
  untilRecorded,
} from '../peers/recorded-call.ts'

const { tool, keyOf } = identities(t)
const own = keyOf('own')
const other = keyOf('other')

t.test('a call is recorded, each side on its track, and nobody else may read the file', async (t) => {
  const { callerPort, terms, events, record } = await recordedCall(t, own)
  await record()
  await untilRecorded(callerPort, 120)
  await callerPort.withhold(true)
  const before = (await callerPort.stats()).recorded
  t.ok(before?.withheld)
  await pause(300)
  t.same((await callerPort.stats()).recorded, before, 'it stands still')
  await callerPort.withhold(false)
  await untilRecorded(callerPort, (before?.packets ?? 0) + 50)
  await callerPort.unrecord()
  t.equal((await callerPort.stats()).recorded, undefined)
  const segments = opened(terms.file, own)
  t.ok(levelIn(segments, 'caller', CALLER_HZ) > HEARD_DBM0)
  t.ok(levelIn(segments, 'caller', AGENT_HZ) < UNHEARD_DBM0)
  t.ok(levelIn(segments, 'agent', AGENT_HZ) > HEARD_DBM0)
  t.ok(levelIn(segments, 'agent', CALLER_HZ) < UNHEARD_DBM0)
  t.equal(lastMark(segments), 'end')
  t.ok(Math.abs((segments[0]?.head.startedAtMs ?? 0) - Date.now()) < 60_000)
  t.equal(statSync(terms.file).mode & 0o777, 0o600)
  t.equal(statSync(dirname(terms.file)).mode & 0o777, 0o700)
  await until(() => events.length > 0, 'told of its end', LIMIT_MS)
  t.match(events, [
    { state: 'ended', segments: segments.length, octets: statSync(terms.file).size, recording: 'call-1' },
  ])
})

t.test('openssl opens a segment by itself', async (t) => {
  const { callerPort, terms, place, events, record } = await recordedCall(t, own)
  await record()
  await untilRecorded(callerPort, 20)
  place.close()
  await until(() => events.some(({ state }) => state === 'ended'), 'told of its end though all is closed', LIMIT_MS)
  tool.write('one.p7m', readFileSync(terms.file))
  const plain = tool.run(
    'cms',
    '-decrypt',
    '-inform',
    'DER',
    '-in',
    'one.p7m',
    '-inkey',
    'own.key',
    '-recip',
    'own.pem',
    '-binary',
  )
  t.match(readSegment(plain), { head: { recording: 'call-1', number: 0 } })
})

t.test('other certificates are for the next segment, and need no restart', async (t) => {
  const { pool, callerPort, terms, record } = await recordedCall(t, own)
  await record()
  await untilRecorded(callerPort, 600)
  await pool.sealTo(other.recipients)
  await callerPort.unrecord()
  const octets = readFileSync(terms.file)
  const sealed = [...segmentsOf((at, length) => octets.subarray(at, at + length), octets.length)]
  const last = sealed.at(-1) as Uint8Array
  t.throws(() => openSegment(last, own.key))
  t.equal(lastMark([readSegment(openSegment(last, other.key)) as Segment]), 'end')
  t.ok(sealed.length > 1)
  t.match(readSegment(openSegment(sealed[0] as Uint8Array, own.key)), { head: { number: 0 } })
})

t.test(
  'a process that is killed leaves a file that is good up to its last whole segment, and another part goes on behind it',
  async (t) => {
    const { pool, callerPort, terms, caller, agent, place, record } = await recordedCall(t, own)
    await record()
    await untilRecorded(callerPort, 600)
    let lost = false
    place.onLost(() => {
      lost = true
    })
    process.kill(pool.processIds[0] as number, 'SIGKILL')
    await until(() => lost, 'lost', LIMIT_MS)
    const first = opened(terms.file, own)
    t.ok(first.length >= 1)
    t.ok(levelIn(first, 'caller', CALLER_HZ) > HEARD_DBM0)
    // As if it had died in the middle of a segment.
    const octets = readFileSync(terms.file)
    appendFileSync(terms.file, octets.subarray(0, 1000))
    await until(() => pool.processes().some(({ state }) => state === 'runs'), 'another process', LIMIT_MS)
    const again = await bridge(pool, caller, agent)
    await again.callerPort.record(terms, () => undefined)
    await untilRecorded(again.callerPort, 50)
    await again.callerPort.unrecord()
    const both = opened(terms.file, own)
    t.equal(new Set(both.map(({ head }) => head.part)).size, 2, 'two parts')
    t.same(
      both.map(({ head }) => head.number),
      [...first.keys(), 0],
    )
    t.equal(lastMark(both), 'end')
    t.notOk(first.some((_, i) => lastMark(first.slice(0, i + 1)) === 'end'))
  },
)

t.test('what runs when the pool is closed is ended first', async (t) => {
  const { pool, callerPort, terms, record } = await recordedCall(t, own)
  await record()
  await untilRecorded(callerPort, 50)
  await pool.close()
  const segments = opened(terms.file, own)
  t.equal(lastMark(segments), 'end')
  t.ok(levelIn(segments, 'caller', CALLER_HZ) > HEARD_DBM0)
})

t.test('a process that is told to leave ends its recordings with its calls', async (t) => {
  const { pool, callerPort, terms, place, events, record } = await recordedCall(t, own)
  await record()
  const [pid] = pool.processIds
  await pool.replace(pid as number)
  await untilRecorded(callerPort, 50)
  place.close()
  await until(() => events.some(({ state }) => state === 'ended'), 'its end', LIMIT_MS)
  t.equal(lastMark(opened(terms.file, own)), 'end')
  await until(() => !pool.processIds.includes(pid as number), 'it leaves', LIMIT_MS)
})
