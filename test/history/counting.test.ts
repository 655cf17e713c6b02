import { join } from 'node:path'
import t, { type Test } from 'tap'
import { countIn } from '../../src/history/counting.ts'
import { readPageOf } from '../../src/history/reading.ts'
import type { SecureRow } from '../../src/history/row.ts'
import { HistoryStore } from '../../src/history/store.ts'
import { keptCall } from '../peers/kept-calls.ts'

const HOUR_MS = 3_600_000
const session = (sessionId: string, outcome: SecureRow['outcome'], seconds: number): SecureRow => ({
  ...{ sessionId, flow: 'card-payment', version: 1, startedBy: 'token', startedMs: 10_000 },
  ...{ endedMs: outcome === null ? null : 10_000 + seconds * 1000, outcome, reason: null },
})
const leg = (account: string) => ({
  ...({ side: 'agent', legId: 'leg-a', sessionUuid: null, account, trunk: null, codec: null, srtp: null } as const),
  ...{ received: null, sent: null, lost: null, dropped: null, jitterMs: null, roundTripMs: null },
  ...{ mosReceived: null, mosSent: null },
})

function written(t: Test): string {
  const file = join(t.testdir(), 'calls.sqlite')
  const store = new HistoryStore(file, 'boot-b')
  store.write([
    keptCall('call-a', { startedMs: 10, secureSessions: [session('s1', 'accepted', 30), session('s2', 'failed', 5)] }),
    keptCall('call-b', { startedMs: HOUR_MS - 1, bridgedMs: null, agent: null, legs: [leg('bob')] }),
    keptCall('call-c', { startedMs: 2 * HOUR_MS, agent: 'bob', secureSessions: [session('s3', 'declined', 60)] }),
    keptCall('call-d', { startedMs: 2 * HOUR_MS + 1, secureSessions: [session('s4', null, 0)] }),
    keptCall('call-e', { startedMs: 3 * HOUR_MS }),
  ])
  store.close()
  return file
}
const NOTHING = { calls: 0, bridged: 0, withSession: 0, accepted: 0, declined: 0, failed: 0, secureMs: 0 }

t.test('stretch by stretch, each call where it began', async (t) => {
  const counted = countIn(written(t), { sinceMs: 0, untilMs: 3 * HOUR_MS, stepMs: HOUR_MS })
  t.strictSame(counted, [
    { ...NOTHING, fromMs: 0, calls: 2, bridged: 1, withSession: 1, accepted: 1, failed: 1, secureMs: 35_000 },
    { ...NOTHING, fromMs: HOUR_MS },
    { ...NOTHING, fromMs: 2 * HOUR_MS, calls: 2, bridged: 2, withSession: 2, declined: 1, secureMs: 60_000 },
  ])
})

t.test('those of some accounts alone, by their legs too', async (t) => {
  const file = written(t)
  const asked = { sinceMs: 0, untilMs: 4 * HOUR_MS, stepMs: 4 * HOUR_MS }
  t.match(countIn(file, { ...asked, accounts: ['bob'] }), [{ calls: 2, bridged: 1, declined: 1, accepted: 0 }])
  t.match(countIn(file, { ...asked, accounts: [] }), [{ calls: 0 }])
  const idsOf = (accounts: readonly string[]) =>
    readPageOf(file, { limit: 9, accounts }).calls.map(({ callId }) => callId)
  t.strictSame(idsOf(['bob']), ['call-c', 'call-b'])
  t.strictSame(idsOf(['nobody', "'); DROP TABLE calls; --"]), [])
})

t.test('calls by how a secure session in them ended', async (t) => {
  const file = written(t)
  const idsOf = (outcome: 'accepted' | 'declined' | 'failed' | 'any') =>
    readPageOf(file, { limit: 9, outcome }).calls.map(({ callId }) => callId)
  t.strictSame(idsOf('accepted'), ['call-a'])
  t.strictSame(idsOf('failed'), ['call-a'])
  t.strictSame(idsOf('declined'), ['call-c'])
  t.strictSame(idsOf('any'), ['call-d', 'call-c', 'call-a'], 'one that has not ended too')
})

t.test('a file that is not there', async (t) => {
  const asked = { sinceMs: 0, untilMs: 1, stepMs: 1 }
  t.throws(() => countIn(join(t.testdir(), 'none'), asked), { code: 'history.not-readable' })
})
