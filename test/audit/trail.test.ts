import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { verifyingKey } from '../../src/audit/signature.ts'
import { splitLines } from '../../src/audit/store.ts'
import { type AuditEvent, createAuditTrail, type RunningTrail } from '../../src/audit/trail.ts'
import { type Report, verifyRecords } from '../../src/audit/verify.ts'
import { closing, opening } from '../peers/audit-chain.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

const PROGRAM = { version: '0.1.0', node: 'v26.0.0', digest: 'p'.repeat(43) }
let made = 0

type Bench = {
  readonly trail: RunningTrail
  readonly clock: ReturnType<typeof steppedClock>
  readonly events: AuditEvent[]
}

function bench(folder: string, wallMs = 1_790_000_000_000, linesPerFile?: number): Bench {
  const clock = steppedClock()
  const events: AuditEvent[] = []
  const trail = createAuditTrail({
    folder,
    clock,
    wallMs: () => wallMs,
    random: (count) => Uint8Array.from({ length: count }, () => made++ & 0xff),
    program: PROGRAM,
    onEvent: (event) => events.push(event),
    ...(linesPerFile === undefined ? {} : { linesPerFile }),
  })
  return { trail, clock, events }
}

const recordsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith('records-'))
    .toSorted()

function verify(folder: string, running = false): Report {
  const key = verifyingKey(readFileSync(join(folder, 'public-key.pem'), 'utf8'))
  const files = recordsIn(folder).map((name) => splitLines(readFileSync(join(folder, name))))
  return verifyRecords(
    files.flatMap(({ lines }) => lines),
    { key, excerpt: false, running },
  )
}

/** What a kill leaves: the claim is gone with the process, and nothing more was written. */
async function killed({ trail }: Bench): Promise<void> {
  await trail.stop()
}

/** Without a limit: how long a disk that others use takes is not what is tested. */
async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 10))
}

t.test('sessions are recorded, for the owner alone, and checked with the public key', async (t) => {
  const folder = join(t.testdir(), 'deep', 'audit')
  const { trail, events } = bench(folder)
  t.equal(trail.available, false, 'not before it has begun')
  await t.rejects(trail.open(opening()), { code: 'audit.not-writable' })
  await trail.start()
  t.equal(trail.available, true)
  t.equal(await trail.open(opening()), 2)
  t.equal(await trail.close(closing()), 3)
  t.same(
    trail.recordsOf('secure-a').map(({ record }) => record.body.kind),
    ['opened', 'closed'],
  )
  await trail.stop()
  t.equal(trail.available, false)
  t.same(verify(folder).findings, [])
  const modeOf = (name: string) => statSync(join(folder, name)).mode & 0o777
  t.same([modeOf('.'), modeOf('signing-key.pem'), modeOf('records-00000001.jsonl')], [0o700, 0o600, 0o600])
  t.same(
    events.map((event) => (event.type === 'recorded' ? event.kind : event.type)),
    ['started', 'opened', 'closed'],
  )
  t.equal(readFileSync(join(folder, 'public-key.pem'), 'utf8'), trail.publicKey)
})

t.test('many at once become one chain in the order they came', async (t) => {
  const folder = t.testdir()
  const { trail } = bench(folder)
  await trail.start()
  const ids = Array.from({ length: 60 }, (_, i) => `secure-${i}`)
  const numbers = await Promise.all(ids.map((id) => trail.open(opening(id))))
  t.same(
    numbers,
    ids.map((_, i) => i + 2),
  )
  await Promise.all(ids.map((id) => trail.close(closing({}, id))))
  await trail.stop()
  t.match(verify(folder), { records: 121, findings: [] })
})

t.test('a session that a kill left open is closed at the next start; the key stays', async (t) => {
  const folder = t.testdir()
  const first = bench(folder)
  await first.trail.start()
  await first.trail.open(opening('secure-a'))
  await first.trail.open(opening('secure-b'))
  await first.trail.close(closing({}, 'secure-b'))
  await killed(first)
  t.match(verify(folder).findings, [{ code: 'incomplete' }])
  const second = bench(folder)
  await second.trail.start()
  t.equal(second.trail.publicKey, first.trail.publicKey)
  t.equal(await second.trail.open(opening('secure-c')), 7)
  await second.trail.close(closing({}, 'secure-c'))
  await second.trail.stop()
  const report = verify(folder)
  t.same(report.findings, [])
  t.match(report.sessions, [{ sessionId: 'secure-a', ending: 'interrupted' }, { ending: 'ended' }, { ending: 'ended' }])
})

t.test('a torn last line is taken away, told, and the chain goes on', async (t) => {
  for (const cut of ['in the middle of a line', 'before its newline']) {
    const folder = t.testdir()
    const first = bench(folder)
    await first.trail.start()
    await first.trail.open(opening())
    await killed(first)
    const file = join(folder, 'records-00000001.jsonl')
    const torn = cut === 'before its newline' ? 1 : 200
    truncateSync(file, statSync(file).size - torn)
    const second = bench(folder)
    await second.trail.start()
    t.equal(second.trail.available, true, cut)
    await second.trail.stop()
    t.same(verify(folder).findings, [])
    const started = JSON.parse(splitLines(readFileSync(file)).lines[1] ?? '').record.body
    t.match(started, { kind: 'started' })
    t.ok(started.tornOctets > 100, `${started.tornOctets} octets`)
  }
})

t.test('a new file begins between sessions, never within one, and a start reads only the newest', async (t) => {
  const folder = t.testdir()
  const first = bench(folder, undefined, 4)
  await first.trail.start()
  await first.trail.open(opening('secure-long'))
  for (const id of ['secure-a', 'secure-b', 'secure-c']) {
    await first.trail.open(opening(id))
    await first.trail.close(closing({}, id))
  }
  t.same(recordsIn(folder), ['records-00000001.jsonl'])
  await first.trail.close(closing({}, 'secure-long'))
  await first.trail.open(opening('secure-d'))
  t.same(recordsIn(folder), ['records-00000001.jsonl', 'records-00000010.jsonl'])
  await killed(first)
  const second = bench(folder, undefined, 4)
  await second.trail.start()
  await second.trail.stop()
  t.match(verify(folder), { findings: [], records: 12 })
})

t.test('a file that a kill left empty is gone on with from the one before', async (t) => {
  const folder = t.testdir()
  const first = bench(folder)
  await first.trail.start()
  await killed(first)
  writeFileSync(join(folder, 'records-00000002.jsonl'), '{"half')
  const second = bench(folder)
  await second.trail.start()
  await second.trail.stop()
  t.match(verify(folder), { findings: [], records: 2 })
  t.match(JSON.parse(readFileSync(join(folder, 'records-00000002.jsonl'), 'utf8')).record, {
    number: 2,
    body: { tornOctets: 6 },
  })
})

t.test('order is kept by the counter, whatever the clock on the wall says', async (t) => {
  const folder = t.testdir()
  for (const wallMs of [1_790_000_000_000, 1_790_000_000_000 - 86_400_000, 1_790_000_000_000 + 3_600_000]) {
    const one = bench(folder, wallMs)
    await one.trail.start()
    await one.trail.stop()
  }
  t.match(verify(folder), { findings: [], records: 3 })
})

/** Puts a full disk in the place of the newest file: the kernel itself refuses every octet. @returns takes it away again. */
function fillDisk(folder: string): () => void {
  const file = join(folder, recordsIn(folder).at(-1) ?? '')
  renameSync(file, `${file}.kept`)
  symlinkSync('/dev/full', file)
  return () => {
    rmSync(file)
    renameSync(`${file}.kept`, file)
  }
}

t.test('a full disk: nothing new may begin, what runs is kept, and it goes on by itself', async (t: Test) => {
  const folder = t.testdir()
  const { trail, clock, events } = bench(folder)
  await trail.start()
  await trail.open(opening('secure-runs'))
  const free = fillDisk(folder)
  await t.rejects(trail.open(opening('secure-new')), { code: 'audit.not-writable' })
  t.equal(trail.available, false)
  await t.rejects(trail.open(opening('secure-newer')))
  const closed = trail.close(closing({}, 'secure-runs'))
  await until(() => clock.pending > 0)
  for (let turn = 0; turn < 3; turn++) {
    clock.step(2000)
    await until(() => clock.pending > 0)
  }
  t.equal(events.filter(({ type }) => type === 'failed').length, 1, 'one alarm')
  free()
  clock.step(2000)
  await until(() => trail.available)
  t.equal(await closed, 4, 'after the record that says for how long nothing could be written')
  t.equal(await trail.open(opening('secure-after')), 5)
  await trail.close(closing({}, 'secure-after'))
  await trail.stop()
  t.match(verify(folder), { findings: [], records: 6 })
  t.match(
    events.find(({ type }) => type === 'resumed'),
    { missedMs: 8000 },
  )
  t.match(JSON.parse(readFileSync(join(folder, 'records-00000001.jsonl'), 'utf8').split('\n')[2] ?? '').record.body, {
    kind: 'resumed',
    missedMs: 8000,
  })
})

t.test('a folder that is not there yet when the server starts', async (t) => {
  const root = t.testdir({ blocked: 'a file where a folder should be' })
  const { trail, clock, events } = bench(join(root, 'blocked', 'audit'))
  await trail.start()
  t.equal(trail.available, false)
  t.match(events, [{ type: 'failed', fault: { code: 'audit.not-writable' } }])
  rmSync(join(root, 'blocked'))
  mkdirSync(join(root, 'blocked'))
  clock.step(2000)
  await until(() => trail.available)
  await trail.stop()
})

t.test('one writer a folder', async (t) => {
  const folder = t.testdir()
  const [first, second] = [bench(folder), bench(folder)]
  await first.trail.start()
  await second.trail.start()
  t.match(second.events, [{ type: 'failed', fault: { code: 'audit.in-use' } }])
  await first.trail.stop()
  second.clock.step(2000)
  await until(() => second.trail.available)
  await second.trail.stop()
  t.same(verify(folder).findings, [])
})

t.test(
  'records without their key, with a broken one, and records that somebody changed are not gone on with',
  async (t) => {
    const spoil: readonly (readonly [code: string, how: (folder: string) => void])[] = [
      ['audit.key-missing', (folder) => rmSync(join(folder, 'signing-key.pem'))],
      ['audit.bad-key', (folder) => writeFileSync(join(folder, 'signing-key.pem'), 'no key')],
      ['audit.damaged', (folder) => appendFileSync(join(folder, 'records-00000001.jsonl'), '{}\n')],
      [
        'audit.damaged',
        (folder) => {
          const file = join(folder, 'records-00000001.jsonl')
          writeFileSync(file, readFileSync(file, 'utf8').replace('"tornOctets":0', '"tornOctets":1'))
        },
      ],
    ]
    for (const [code, how] of spoil) {
      const folder = t.testdir()
      const first = bench(folder)
      await first.trail.start()
      await first.trail.stop()
      how(folder)
      const second = bench(folder)
      await second.trail.start()
      t.match(second.events, [{ type: 'failed', fault: { code } }], code)
      t.equal(second.trail.available, false)
      await second.trail.stop()
    }
  },
)

t.test('a file that somebody shortened while the server ran is not gone on with', async (t) => {
  const folder = t.testdir()
  const { trail, events } = bench(folder)
  await trail.start()
  await trail.open(opening())
  truncateSync(join(folder, 'records-00000001.jsonl'), 10)
  await t.rejects(trail.open(opening('secure-b')), { code: 'audit.damaged' })
  t.match(events.at(-1), { type: 'failed', fault: { code: 'audit.damaged' } })
  await trail.stop()
})
