import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type CallsOptions, calls } from '../../src/cli/calls.ts'
import type { LegRow } from '../../src/history/index.ts'
import { HistoryStore } from '../../src/history/store.ts'
import { keptCall } from '../peers/kept-calls.ts'

const HOUR_MS = 3_600_000
const nowMs = Date.UTC(2026, 10, 27, 12)

const leg = (side: LegRow['side'], sessionUuid: string | null): LegRow => ({
  ...{ side, legId: `leg-${side}`, sessionUuid, account: null, trunk: null, codec: null, srtp: null },
  ...{ received: null, sent: null, lost: null, dropped: null },
  ...{ jitterMs: null, roundTripMs: null, mosReceived: null, mosSent: null },
})

/** A history beside a configuration, and the command over it. */
function bench(t: Test) {
  const folder = t.testdir({ 'sotto.yaml': 'history: { file: kept/calls.sqlite }\n' })
  mkdirSync(join(folder, 'kept'))
  const store = new HistoryStore(join(folder, 'kept', 'calls.sqlite'), 'boot-b')
  const session = {
    outcome: 'accepted',
    ...{ sessionId: 'secure-b', flow: 'card-payment', version: 1, startedBy: 'token' },
    ...{ startedMs: nowMs, endedMs: nowMs, reason: null },
  } as const
  store.write([
    keptCall('old', { startedMs: nowMs - 50 * HOUR_MS }),
    keptCall('recent', {
      startedMs: nowMs - HOUR_MS,
      bridgedMs: nowMs - HOUR_MS,
      endedMs: nowMs,
      secureSessions: [session],
      legs: [leg('caller', null), leg('agent', 'ab30317f1a784dc48ff824d0d3715d86')],
    }),
    keptCall('odd', {
      startedMs: nowMs,
      from: 'a\u001b[2J',
      ending: 'refused',
      status: 486,
      agent: null,
      bridgedMs: null,
    }),
  ])
  store.close()
  const run = (options: Partial<CallsOptions> & { config?: string | undefined } = {}) => {
    const lines: string[] = []
    const given = { csv: false, json: false, config: join(folder, 'sotto.yaml'), ...options }
    const code = calls({ ...given, nowMs, shippedFolder: folder, env: {} }, (line) => lines.push(line))
    return { code, lines }
  }
  return { folder, run }
}

t.test('a table, newest first', async (t) => {
  const { code, lines } = bench(t).run()
  t.equal(code, 0)
  t.match(lines[0], /^started \(UTC\) +from +to +agent +talk +ending +mos +session uuid +secure sessions +transfers$/)
  t.match(lines[1], /^2026-11-27 12:00:00 +a\?\[2J +100 +- +- +refused \(486\)$/, 'nothing steers the terminal')
  t.match(
    lines[2],
    /^2026-11-27 11:00:00 +\+493012345678 +100 +alice +3600 s +caller-hung-up +-\/- +-\/ab30317f +accepted$/,
  )
  t.equal(lines.length, 4)
})

t.test('by time, as a date or as how long ago', async (t) => {
  const { run } = bench(t)
  t.equal(run({ since: '2h' }).lines.length, 3)
  t.equal(run({ since: '2d', until: '2026-11-27T11:30:00Z' }).lines.length, 2)
  t.strictSame(run({ number: 'nobody' }).lines, ['no calls'])
  t.match(run({ session: 'AB30317F-1A78-4DC4' }).lines[1], /^2026-11-27 11:00:00 .* -\/ab30317f +accepted$/)
  for (const since of ['yesterday', '2w', '', 'Z']) t.equal(run({ since }).code, 2, since)
})

t.test('without a zone every time is UTC, wherever the machine stands', async (t) => {
  const { TZ } = process.env
  process.env['TZ'] = 'Europe/Berlin'
  t.teardown(() => {
    if (TZ === undefined) delete process.env['TZ']
    else process.env['TZ'] = TZ
  })
  t.equal(new Date(nowMs).getTimezoneOffset(), -60, 'an hour before UTC')
  const { run } = bench(t)
  const since = (text: string) => run({ since: text }).lines.length - 1
  t.equal(since('2026-11-27T11:30'), 1, 'the hour of the list')
  t.equal(since('2026-11-27 11:30:00.000'), 1)
  t.equal(since('2026-11-27T11:30Z'), 1)
  t.equal(since('2026-11-27T12:30+01:00'), 1)
  t.equal(since('2026-11-27T11:30+01:00'), 2)
  t.equal(since('2026-11-27'), 2)
})

t.test('as CSV and as JSON, with a limit', async (t) => {
  const { run } = bench(t)
  t.match(run({ csv: true }).lines, [/^call,/, /^odd,/, /^recent,/, /^old,/])
  const { lines } = run({ json: true, limit: 2 })
  t.match(
    lines.map((line) => JSON.parse(line).callId),
    ['odd', 'recent'],
  )
})

t.test('what cannot be read is said with advice', async (t) => {
  const { folder, run } = bench(t)
  t.match(run({ file: join(folder, 'none') }), { code: 1, lines: [/cannot be read.*history\.file/] })
  t.match(run({ config: join(folder, 'none.yaml') }), { code: 2, lines: [/none\.yaml/] })
  writeFileSync(join(folder, 'bad.yaml'), 'history: { keepDays: 0 }\n')
  t.match(run({ config: join(folder, 'bad.yaml') }), { code: 2, lines: [/history\.keepDays/] })
})
