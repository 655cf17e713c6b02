/** Recordings of a forked media process, opened with the private key: what they hold, who may read the file, and what is left of it when something dies. */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { openRtpPhone } from '../../src/demo/rtp-phone.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import type { Recipients, RecordingEvent } from '../../src/media/contract-recording.ts'
import { segmentsOf } from '../../src/record/file-segments.ts'
import { openSegment } from '../../src/record/open.ts'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { readSegment, type Segment, type Track } from '../../src/record/segment.ts'
import { createDecoder } from '../../src/rtp/codec.ts'
import { goertzelPower, levelOf } from '../../src/rtp/tone.ts'
import { bridge, makePool } from '../peers/media-pool.ts'
import { limitFiles, type SmallDisk, smallDisk } from '../peers/small-disk.ts'
import { openssl } from '../record/recording-keys.ts'

const CALLER_HZ = 620
const AGENT_HZ = 440
const HEARD_DBM0 = -20
const UNHEARD_DBM0 = -45
const LIMIT_MS = 30_000

const tool = openssl()
t.teardown(() => tool.close())
const own = keyOf('own')
const other = keyOf('other')

function keyOf(name: string): { readonly recipients: Recipients; readonly key: KeyObject } {
  const { certificate, key } = tool.selfSigned(name)
  return {
    recipients: [readRecordingCertificate(certificate, Date.now()).recipient],
    key: createPrivateKey(key),
  }
}

function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-recorded-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A pool that records, a bridged call in it, and a file for its recording. */
async function call(t: Test, folder = folderFor(t)) {
  const pool = makePool({ recipients: own.recipients })
  await pool.start()
  t.teardown(() => pool.close())
  const caller = await openRtpPhone({ humHz: CALLER_HZ })
  const agent = await openRtpPhone({ humHz: AGENT_HZ })
  t.teardown(() => Promise.all([caller.close(), agent.close()]))
  const events: RecordingEvent[] = []
  const bridged = await bridge(pool, caller, agent)
  const terms = { recording: 'call-1', file: join(folder, 'recordings/2026-11-28/call-1.p7m') }
  const record = () => bridged.callerPort.record(terms, (event) => events.push(event))
  return { pool, caller, agent, events, terms, record, ...bridged }
}

/** All segments of a file that the key opens. */
function opened(file: string, key = own.key): readonly Segment[] {
  const octets = readFileSync(file)
  return [...segmentsOf((at, length) => octets.subarray(at, at + length), octets.length)].map((sealed) => {
    const segment = readSegment(openSegment(sealed, key))
    if (segment === undefined) throw new Error('no segment')
    return segment
  })
}

/** Level of a tone in the last 200 ms of a track, dBm0. */
function levelIn(segments: readonly Segment[], track: Track, hz: number): number {
  const decoder = createDecoder('PCMA')
  const out = new Int16Array(160)
  const all = segments
    .flatMap(({ entries }) => entries)
    .flatMap((entry) => {
      if (entry.kind !== 'sound' || entry.track !== track) return []
      return [...out.subarray(0, decoder.decode(entry.payload, 0, entry.payload.length, out))]
    })
  if (all.length < 1600) return -100
  return levelOf(goertzelPower(Int16Array.from(all.slice(-1600)), 0, 1600, hz, 8000))
}

const lastMark = (segments: readonly Segment[]) => {
  const last = segments.at(-1)?.entries.at(-1)
  return last?.kind === 'mark' ? last.mark : undefined
}
const packetsOf = async (port: { stats(): Promise<{ recorded?: { packets: number } | undefined }> }) =>
  (await port.stats()).recorded?.packets ?? 0

async function untilRecorded(port: Parameters<typeof packetsOf>[0], packets: number): Promise<void> {
  let now = 0
  const endMs = performance.now() + LIMIT_MS
  while (now < packets) {
    if (performance.now() > endMs) throw new Error(`${now} of ${packets} packets recorded`)
    await pause(20)
    now = await packetsOf(port)
  }
}

t.test('a call is recorded, each side on its track, and nobody else may read the file', async (t) => {
  const { callerPort, terms, events, record } = await call(t)
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
  const segments = opened(terms.file)
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
  const { callerPort, terms, place, events, record } = await call(t)
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
  const { pool, callerPort, terms, record } = await call(t)
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
    const { pool, callerPort, terms, caller, agent, place, record } = await call(t)
    await record()
    await untilRecorded(callerPort, 600)
    let lost = false
    place.onLost(() => {
      lost = true
    })
    process.kill(pool.processIds[0] as number, 'SIGKILL')
    await until(() => lost, 'lost', LIMIT_MS)
    const first = opened(terms.file)
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
    const both = opened(terms.file)
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
  const { pool, callerPort, terms, record } = await call(t)
  await record()
  await untilRecorded(callerPort, 50)
  await pool.close()
  const segments = opened(terms.file)
  t.equal(lastMark(segments), 'end')
  t.ok(levelIn(segments, 'caller', CALLER_HZ) > HEARD_DBM0)
})

t.test('a process that is told to leave ends its recordings with its calls', async (t) => {
  const { pool, callerPort, terms, place, events, record } = await call(t)
  await record()
  const [pid] = pool.processIds
  await pool.replace(pid as number)
  await untilRecorded(callerPort, 50)
  place.close()
  await until(() => events.some(({ state }) => state === 'ended'), 'its end', LIMIT_MS)
  t.equal(lastMark(opened(terms.file)), 'end')
  await until(() => !pool.processIds.includes(pid as number), 'it leaves', LIMIT_MS)
})

t.test('a full disk: the call goes on, control is told once, and it records again when there is room', async (t) => {
  const folder = join(folderFor(t), 'small')
  const disk = smallDisk(t, folder)
  const { pool, callerPort, agentPort, terms, events, agent, record } = await call(t, folder)
  const pid = pool.processIds[0] as number
  const full: Pick<SmallDisk, 'fill' | 'free'> = disk ?? {
    fill: () => limitFiles(pid, true),
    free: () => limitFiles(pid, false),
  }
  if (disk === undefined) t.comment('no disk can be mounted here: no file of the process may grow instead')
  await record()
  await untilRecorded(callerPort, 600)
  full.fill()
  const whole = opened(terms.file).length
  t.ok(whole >= 1)
  await until(() => events.length > 0, 'told that it fails', LIMIT_MS)
  t.equal(events[0]?.state, 'failed')
  t.ok((events[0]?.lostMs ?? 0) >= 4900)
  await untilRecorded(callerPort, (await packetsOf(callerPort)) + 520)
  t.equal(events.length, 1, 'once')
  t.equal(opened(terms.file).length, whole, 'the file is whole')
  t.ok(agent.levelOf(CALLER_HZ, 200) > HEARD_DBM0, 'and the call is heard')
  t.equal((await agentPort.stats()).packetsLost, 0)
  full.free()
  const freedMs = performance.now()
  await until(() => events.some(({ state }) => state === 'resumed'), 'it records again', LIMIT_MS)
  t.comment(`${Math.round(performance.now() - freedMs)} ms after there is room`)
  await callerPort.unrecord()
  await until(() => events.some(({ state }) => state === 'ended'), 'its end', LIMIT_MS)
  const segments = opened(terms.file)
  t.equal(lastMark(segments), 'end')
  t.ok((segments.at(-1)?.head.number ?? 0) >= segments.length, 'numbers show what is missing')
  t.match(events.at(-1), { state: 'ended', segments: segments.length })
  t.equal(pool.processIds[0], pid)
})
