import { execFileSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { readPageOf } from '../../src/history/reading.ts'
import type { LegRow } from '../../src/history/row.ts'
import { HistoryStore } from '../../src/history/store.ts'
import { handedOver, keptCall } from '../peers/kept-calls.ts'

const UUID = 'ab30317f1a784dc48ff824d0d3715d86'

/** A file in a folder of its own that is not there yet. */
function fileOf(t: Test): string {
  return join(t.testdir(), 'history', 'calls.sqlite')
}

function storeAt(t: Test, file: string, boot = 'boot-b'): HistoryStore {
  const store = new HistoryStore(file, boot)
  t.teardown(() => store.close())
  return store
}

const idsOf = (file: string, asked = {}) => readPageOf(file, { limit: 100, ...asked }).calls.map(({ callId }) => callId)

t.test('what was written is read while the writer stands, as it was given', async (t) => {
  const file = fileOf(t)
  const store = storeAt(t, file)
  const leg = {
    side: 'caller',
    ...{
      legId: 'leg-b',
      sessionUuid: UUID,
      account: null,
      trunk: 'carrier',
      codec: 'PCMA',
      srtp: 'AES_CM_128_HMAC_SHA1_80',
    },
    ...{
      received: 5,
      sent: 6,
      lost: -1,
      dropped: 0,
      jitterMs: 1.5,
      roundTripMs: null,
      mosReceived: 4.4,
      mosSent: null,
    },
  } as const
  const session = {
    ...{ sessionId: 'secure-b', flow: 'card-payment', version: 1, startedBy: 'token' },
    ...{ startedMs: 3_000, endedMs: null, outcome: null, reason: null },
  } as const
  const call = keptCall('call-b', { endedMs: null, ending: null, legs: [leg], secureSessions: [session] })
  store.write([call])
  t.strictSame(readPageOf(file, { limit: 10 }), { calls: [call] })
  const ended = keptCall('call-b', {
    legs: [leg, { ...leg, side: 'agent', legId: 'leg-c' }],
    secureSessions: [{ ...session, endedMs: 4_000, outcome: 'declined' }],
  })
  store.write([ended])
  t.strictSame(readPageOf(file, { limit: 10 }), { calls: [ended] }, 'one row a call, the newest that was told')
  t.equal(statSync(file).mode & 0o777, 0o600, 'for nobody else to read')
  t.equal(statSync(`${file}-wal`).mode & 0o777, 0o600, 'its journal neither')
  t.equal(statSync(dirname(file)).mode & 0o777, 0o700)
})

t.test('a file of before halves of Session-ID were kept gets their column, and is read without it', async (t) => {
  const file = fileOf(t)
  storeAt(t, file).write([keptCall('call-b', { legs: [] })])
  const old = new DatabaseSync(file)
  old.exec('DROP INDEX legs_session; ALTER TABLE legs DROP COLUMN session_uuid; PRAGMA user_version = 2')
  old.prepare("INSERT INTO legs (call_id, side, leg_id) VALUES ('call-b', 'caller', 'leg-b')").run()
  old.close()
  t.strictSame(idsOf(file, { sessionUuid: UUID }), [])
  t.match(readPageOf(file, { limit: 1 }).calls, [{ callId: 'call-b', legs: [{ sessionUuid: null }] }])
  const store = storeAt(t, file, 'boot-c')
  const leg = { ...readPageOf(file, { limit: 1 }).calls[0]?.legs[0], legId: 'leg-c', sessionUuid: UUID, side: 'caller' }
  store.write([keptCall('call-c', { legs: [leg as LegRow] })])
  t.strictSame(idsOf(file, { sessionUuid: UUID }), ['call-c'])
  t.strictSame(idsOf(file, { sessionUuid: UUID.slice(0, 8) }), ['call-c'], 'how it begins')
  t.strictSame(idsOf(file, { sessionUuid: 'ab30317e' }), [])
  t.equal(idsOf(file).length, 2, 'nothing is lost')
})

t.test(
  'a leg that is told again is the newest in all that it says, and found by the Session-ID that it has now',
  async (t) => {
    const file = fileOf(t)
    const store = storeAt(t, file)
    const leg: LegRow = {
      ...{ side: 'agent', legId: 'leg-b', sessionUuid: null, account: null, trunk: 'carrier', codec: null, srtp: null },
      ...{ received: null, sent: null, lost: null, dropped: null },
      ...{ jitterMs: null, roundTripMs: null, mosReceived: null, mosSent: null },
    }
    const other = 'e2b2447c5ab94dc48ff824d0d3715d86'
    const taken: LegRow = {
      ...{
        side: 'agent',
        legId: 'leg-c',
        sessionUuid: other,
        account: 'amy',
        trunk: null,
        codec: 'OPUS',
        srtp: 'AEAD_AES_128_GCM',
      },
      ...{ received: 1, sent: 2, lost: 3, dropped: 4 },
      ...{ jitterMs: 5.5, roundTripMs: 6.5, mosReceived: 4.1, mosSent: 4.2 },
    }
    for (const told of [leg, { ...leg, sessionUuid: UUID }, taken]) store.write([keptCall('call-b', { legs: [told] })])
    t.strictSame(readPageOf(file, { limit: 1 }).calls[0]?.legs, [taken])
    t.strictSame(idsOf(file, { sessionUuid: UUID }), [])
    t.strictSame(idsOf(file, { sessionUuid: other }), ['call-b'])
    store.write([keptCall('call-b', { legs: [{ ...taken, sessionUuid: null }] })])
    t.strictSame(idsOf(file, { sessionUuid: other }), [])
  },
)

t.test('pages go from the newest to the oldest, each call once, whatever is added meanwhile', async (t) => {
  const file = fileOf(t)
  const store = storeAt(t, file)
  const at = [5, 3, 3, 9, 3, 1, 7]
  store.write(at.map((startedMs, i) => keptCall(`call-${i}`, { startedMs })))
  const seen: string[] = []
  let after: { startedMs: number; number: number } | undefined
  do {
    const page = readPageOf(file, { limit: 2, ...(after === undefined ? {} : { after }) })
    seen.push(...page.calls.map(({ callId }) => callId))
    after = page.next
    store.write([keptCall(`late-${seen.length}`, { startedMs: 100 })])
  } while (after !== undefined)
  t.strictSame(seen, ['call-3', 'call-6', 'call-0', 'call-4', 'call-2', 'call-1', 'call-5'])
})

t.test('questions', async (t) => {
  const file = fileOf(t)
  storeAt(t, file).write([
    keptCall('one', { startedMs: 10, from: '+49301', to: '100', agent: 'alice', ending: 'caller-hung-up' }),
    keptCall('two', { startedMs: 20, from: '+49302', to: '+49301', agent: 'bob', ending: 'no-answer', trunk: null }),
    keptCall('three', { startedMs: 30, from: '+43', to: '200', agent: null, ending: 'refused', status: 486 }),
    keptCall("x' OR 1=1 --", { startedMs: 40, from: "x' OR 1=1 --", to: '%' }),
  ])
  const rows = [
    [{ sinceMs: 20 }, ["x' OR 1=1 --", 'three', 'two']],
    [{ untilMs: 20 }, ['one']],
    [{ number: '+49301' }, ['two', 'one']],
    [{ number: '+49*' }, ['two', 'one']],
    [{ number: '+4*' }, ['three', 'two', 'one']],
    [{ number: "x' OR 1=1 --" }, ["x' OR 1=1 --"]],
    [{ number: '%' }, ["x' OR 1=1 --"]],
    [{ number: '_*' }, []],
    [{ agent: 'bob' }, ['two']],
    [{ trunk: 'carrier', untilMs: 25 }, ['one']],
    [{ ending: 'refused' }, ['three']],
    [{ callId: 'two' }, ['two']],
    [{ agent: 'alice', ending: 'no-answer' }, []],
  ] as const
  for (const [asked, ids] of rows) t.strictSame(idsOf(file, asked), ids, JSON.stringify(asked))
})

t.test('a batch is written whole or not at all', async (t) => {
  const file = fileOf(t)
  const store = storeAt(t, file)
  store.write([keptCall('call-b')])
  const broken = { ...keptCall('call-d'), origin: null as unknown as string }
  t.throws(() => store.write([keptCall('call-c'), broken]), { code: 'history.not-writable' })
  t.strictSame(idsOf(file), ['call-b'])
  store.write([keptCall('call-c')])
  t.strictSame(idsOf(file).length, 2, 'and it goes on')
})

t.test('calls that another run left standing were interrupted; those of this one stand', async (t) => {
  const file = fileOf(t)
  const standing = { endedMs: null, ending: null } as const
  const session = {
    ...{ sessionId: 'secure-b', flow: 'card-payment', version: 1, startedBy: 'token', startedMs: 1 },
    ...{ endedMs: null, outcome: null, reason: null },
  } as const
  const killed = storeAt(t, file, 'boot-b')
  killed.write([keptCall('ended'), keptCall('stood', { ...standing, secureSessions: [session] })])
  killed.close()
  const next = storeAt(t, file, 'boot-c')
  next.write([keptCall('stands', standing)])
  next.close()
  storeAt(t, file, 'boot-c').write([])
  const calls = readPageOf(file, { limit: 10 }).calls
  t.strictSame(Object.fromEntries(calls.map(({ callId, ending }) => [callId, ending])), {
    ended: 'caller-hung-up',
    stood: 'interrupted',
    stands: null,
  })
  t.match(
    calls.find(({ callId }) => callId === 'stood'),
    {
      endedMs: null,
      secureSessions: [{ outcome: 'failed', reason: 'interrupted' }],
    },
  )
})

t.test('what is forgotten is in no file any more', async (t) => {
  const file = fileOf(t)
  const store = storeAt(t, file)
  const number = `+49${randomInt(1e9, 9e9)}`
  const olds = Array.from({ length: 1200 }, (_, i) => keptCall(`old-${i}`, { startedMs: i, from: number }))
  store.write(olds)
  store.write([
    keptCall('stands', { startedMs: 1, endedMs: null, ending: null }),
    keptCall('new', { startedMs: 5_000 }),
  ])
  const octets = () => Buffer.concat([file, `${file}-wal`].filter(existsSync).map((each) => readFileSync(each)))
  t.ok(octets().includes(number), 'the number is found while it is kept')
  let portions = 1
  while (store.forget(5_000)) portions += 1
  t.equal(portions, 3, 'some at a time')
  t.strictSame(idsOf(file), ['new', 'stands'])
  t.notOk(octets().includes(number), 'overwritten, in the journal too')
})

/** The kernel refuses whatever would make a file of this process longer than so; undefined: nothing. */
function limitFiles(octets: number | undefined): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${octets ?? 'unlimited'}:`])
}

t.test('a disk that takes no more: nothing is half written, and it goes on once there is room', async (t) => {
  const file = fileOf(t)
  const store = storeAt(t, file)
  store.write([keptCall('call-b')])
  // Else the signal that goes with the refusal would end the process.
  const onRefused = (): void => undefined
  process.on('SIGXFSZ', onRefused)
  limitFiles(statSync(`${file}-wal`).size + 4096)
  t.teardown(() => {
    limitFiles(undefined)
    process.off('SIGXFSZ', onRefused)
  })
  const many = Array.from({ length: 200 }, (_, i) => keptCall(`call-${i}`))
  for (const _ of [1, 2, 3]) t.throws(() => store.write(many), { code: 'history.not-writable' })
  t.strictSame(idsOf(file), ['call-b'], 'what was there is there')
  limitFiles(undefined)
  store.write(many)
  t.equal(readPageOf(file, { limit: 1000 }).calls.length, 201)
})

t.test('a file that another program holds for too long', async (t) => {
  const file = fileOf(t)
  const store = storeAt(t, file)
  store.write([keptCall('call-b')])
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  t.throws(() => store.write([keptCall('call-c')]), { code: 'history.not-writable' })
  other.exec('COMMIT')
  other.close()
  store.write([keptCall('call-c')])
  t.strictSame(idsOf(file), ['call-c', 'call-b'])
})

t.test('a file that is moved away is begun anew, and one that is no database is left alone', async (t) => {
  const file = fileOf(t)
  const store = storeAt(t, file)
  store.write([keptCall('call-b')])
  renameSync(file, `${file}.kept`)
  store.write([keptCall('call-c')])
  t.strictSame(idsOf(file), ['call-c'])

  const foreign = join(dirname(file), 'letters.txt')
  writeFileSync(foreign, 'these are letters, and nobody may overwrite them\n'.repeat(100))
  t.throws(() => storeAt(t, foreign).write([]), { code: 'history.damaged' })
  t.match(readFileSync(foreign, 'utf8'), /^these are letters/)

  const newer = join(dirname(file), 'newer.sqlite')
  const database = new DatabaseSync(newer)
  database.exec('PRAGMA user_version = 7')
  database.close()
  t.throws(() => storeAt(t, newer).write([]), { code: 'history.not-ours' })
  t.throws(() => readPageOf(newer, { limit: 1 }), { code: 'history.not-ours' })
  t.throws(() => readPageOf(join(dirname(file), 'none'), { limit: 1 }), { code: 'history.not-readable' })
})

t.test('a folder that cannot be made', async (t) => {
  const folder = t.testdir({ plain: 'a file' })
  t.throws(() => storeAt(t, join(folder, 'plain', 'calls.sqlite')).write([]), { code: 'history.not-writable' })
  mkdirSync(join(folder, 'later'))
  chmodSync(join(folder, 'later'), 0o700)
  storeAt(t, join(folder, 'later', 'calls.sqlite')).write([])
})

t.test('transfers are kept in their order, go with their call, and one that a kill cut off has failed', async (t) => {
  const file = fileOf(t)
  const failed = { ...handedOver, by: null, to: null, kind: 'attended', outcome: 'failed', status: 486 } as const
  const open = { ...handedOver, to: null, endedMs: null, outcome: 'pending' } as const
  const call = keptCall('call-b', { endedMs: null, ending: null, transfers: [failed, handedOver, open] })
  const store = storeAt(t, file)
  store.write([call])
  t.strictSame(readPageOf(file, { limit: 1 }).calls, [call])
  store.close()
  const next = storeAt(t, file, 'boot-c')
  next.write([])
  const [cut] = readPageOf(file, { limit: 1 }).calls
  t.match(cut, { ending: 'interrupted', transfers: [failed, handedOver, { outcome: 'failed', endedMs: null }] })
  t.notOk(next.forget(Number.MAX_SAFE_INTEGER))
  next.write([keptCall('call-b')])
  t.strictSame(readPageOf(file, { limit: 1 }).calls[0]?.transfers, [])
})

t.test('a file of the first version is read as it is, and brought up to date by the writer', async (t) => {
  const file = fileOf(t)
  const store = storeAt(t, file)
  store.write([keptCall('call-b')])
  store.close()
  const database = new DatabaseSync(file)
  database.exec(`DROP TABLE transfers; DROP INDEX legs_session; ALTER TABLE legs DROP COLUMN session_uuid;
    PRAGMA user_version = 1`)
  database.close()
  t.strictSame(readPageOf(file, { limit: 1 }).calls, [keptCall('call-b')])
  const again = storeAt(t, file)
  again.write([keptCall('call-c', { startedMs: 5_000, transfers: [handedOver] })])
  t.strictSame(readPageOf(file, { limit: 9 }).calls, [
    keptCall('call-c', { startedMs: 5_000, transfers: [handedOver] }),
    keptCall('call-b'),
  ])
})
