/**
 * The call history of the real server: a call with a secure session by API, CSV and command; a kill in the middle of a call; a file that cannot be
 * written to while people talk.
 */

import { execFile } from 'node:child_process'
import { linkSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { CANARY, type Sotto, startSotto } from '../peers/sotto.ts'
import { checkClean, dial, hearEachOther, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const CLI = resolve(import.meta.dirname, '../../src/cli.ts')
const LIMIT_MS = 20_000

async function stage(t: Test, folder?: string): Promise<Sotto> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  return startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    ...(folder === undefined ? {} : { folder }),
  })
}

const fileOf = ({ folder }: Sotto): string => join(folder, 'var', 'history', 'calls.sqlite')
const historyOf = async ({ server }: Sotto, query = '') =>
  (await server.request('GET', `/api/v1/call-history${query}`)).body as { calls: Record<string, unknown>[] }

/** The row of a call once it says so. */
async function kept(sotto: Sotto, callId: string, fits: (call: Record<string, unknown>) => boolean) {
  let call: Record<string, unknown> | undefined
  const look = async (): Promise<boolean> => {
    call = (await historyOf(sotto)).calls.find((each) => each['callId'] === callId)
    return call !== undefined && fits(call)
  }
  const endMs = performance.now() + LIMIT_MS
  while (!(await look())) {
    if (performance.now() > endMs)
      throw new Error(`not kept in time: ${JSON.stringify(call)}\n${sotto.log().slice(-2000)}`)
    await new Promise((next) => setTimeout(next, 50))
  }
  return call
}

/** A row without its measures and its ids, in which any four digits may stand by chance. */
function wordsOf(row: object | undefined): string {
  const isChance = (name: string, value: unknown) => typeof value === 'number' || /(?:Id|Uuid)$/.test(name)
  return JSON.stringify(row, (name, value) => (isChance(name, value) ? undefined : value))
}

t.test(
  'a call with a secure session is kept, without what was keyed; a kill leaves what was, and says what it cut off',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-history-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const sotto = await stage(t, folder)
    const talking = await talk(t, sotto)
    const session = await talking.secure([{ name: 'customer account', value: '343453422' }])
    await session.enter(CANARY)
    await session.event('secure.ended', 30_000)
    await talking.caller.signalling.hangUp()
    await talking.over()
    const row = await kept(sotto, talking.callId, (call) => JSON.stringify(call).includes('mosReceived'))
    t.match(row, {
      ...{
        origin: 'trunk',
        from: '+493012345678',
        to: '100',
        agent: 'agent',
        trunk: 'carrier',
        ending: 'caller-hung-up',
      },
      legs: [
        { side: 'caller', trunk: 'carrier', codec: 'PCMA', received: Number, mosReceived: Number },
        { side: 'agent', account: 'agent', codec: 'PCMA', received: Number },
      ],
      secureSessions: [{ sessionId: session.sessionId, flow: 'card-payment', startedBy: 'token', outcome: 'accepted' }],
    })
    t.notMatch(wordsOf(row), /343453422|9424|visa|discover/, 'of the session its outcome alone')
    const csv = await fetch(`${sotto.server.base}/api/v1/call-history`, {
      headers: { authorization: `Bearer ${sotto.server.token}`, accept: 'text/csv' },
    })
    t.match(await csv.text(), new RegExp(`\\r\\n${talking.callId},.*,accepted,\\r\\n$`))

    const standing = await dial(sotto, talking.caller, talking.agent, '100', sotto.events.length)
    await kept(sotto, standing.callId, (call) => 'bridgedAt' in call)
    sotto.server.signal('SIGKILL')
    await sotto.server.exited
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'calls', '--json', '--file', fileOf(sotto)])
    const cut = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    t.match(cut, [
      { callId: standing.callId, ending: null },
      { callId: talking.callId, ending: 'caller-hung-up' },
    ])

    const again = await stage(t, folder)
    t.match((await historyOf(again)).calls, [
      { callId: standing.callId, ending: 'interrupted' },
      { callId: talking.callId, ending: 'caller-hung-up' },
    ])
    await checkClean(t, again)
  },
)

t.test('a history that cannot be written to: calls go on, an alarm, and it is made up for once it can', async (t) => {
  const sotto = await stage(t)
  const talking = await talk(t, sotto)
  await kept(sotto, talking.callId, (call) => 'bridgedAt' in call)
  const file = fileOf(sotto)
  // At no moment is there no such file: the server would make one.
  linkSync(file, `${file}.kept`)
  symlinkSync('/dev/full', `${file}.full`)
  renameSync(`${file}.full`, file)
  const other = await talk(t, sotto, { agent: { user: 'agent-2', password: 'agent-password-2' }, number: '101' })
  await sotto.event(({ type }) => type === 'history.failed', 'the alarm', LIMIT_MS)
  t.match((await sotto.server.request('GET', '/api/v1/status')).body, { ready: true, history: { available: false } })
  const metrics = await fetch(`${sotto.server.base}/metrics`, {
    headers: { authorization: `Bearer ${sotto.server.token}` },
  })
  t.match(await metrics.text(), /^sotto_history_available 0$/m)
  t.match(await historyOf(sotto), { code: /^history\./ })
  await talking.caller.signalling.hangUp()
  await talking.over()
  await hearEachOther(t, other, 'in the other call, caller and agent still')
  renameSync(`${file}.kept`, file)
  await sotto.event(({ type }) => type === 'history.resumed', 'the end of the alarm', LIMIT_MS)
  await kept(sotto, talking.callId, ({ ending }) => ending === 'caller-hung-up')
  await kept(sotto, other.callId, (call) => 'bridgedAt' in call)
  t.match(sotto.log(), /"event":"history.failed"/)
})
