/**
 * Disks that are full, one at a time: of the audit, the access log, the directory, the call history and the log. A call goes on through all of it; what must not happen unrecorded does not happen; an
 * alarm can be seen that does not depend on the disk; and once there is room all is as it was, without a restart. Where nobody may mount a disk for the test, all of them are full at once.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { pause } from '../../src/demo/waiting.ts'
import { limitFiles, type SmallDisk, smallDisk } from '../peers/small-disk.ts'
import { type Sotto, startSotto } from '../peers/sotto.ts'
import { dial, hearEachOther, type Talk, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(240_000)
const PATIENCE_MS = 60_000
const RECORDED = ['audit', 'access', 'directory', 'history', 'log'] as const
type Recorded = (typeof RECORDED)[number]

type Scene = { readonly sotto: Sotto; readonly talking: Talk; readonly call: () => Promise<void> }
type Shown = {
  readonly audit: boolean
  readonly accessLog: boolean
  readonly log: { readonly available: boolean }
  readonly history: { readonly available: boolean }
}

t.test('full disks', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-full-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const disks = RECORDED.map((name) => smallDisk(t, join(folder, name)))
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    logFile: join(folder, 'log/server.log'),
    more: `media: { processes: 1 }
audit: { folder: ${join(folder, 'audit/records')} }
people: { accessLogFolder: ${join(folder, 'access/records')} }
directory: { file: ${join(folder, 'directory/directory.sqlite')} }
history: { file: ${join(folder, 'history/calls.sqlite')} }\n`,
  })
  const talking = await talk(t, sotto)
  const agent = await sotto.agent({ user: 'agent-2', password: 'agent-password-2' })
  const caller = await sotto.caller({ user: '+4930999' })
  const call = async () => {
    const one = await dial(sotto, caller, agent, '101', sotto.events.length)
    await one.caller.signalling.hangUp()
    await one.over()
  }
  const scene = { sotto, talking, call }
  t.equal(await make(sotto), 201)
  const { control } = sotto.processes()
  if (disks.every((disk) => disk !== undefined)) {
    for (const [at, name] of RECORDED.entries()) await full(t, scene, [name], disks[at] as SmallDisk)
  } else {
    t.comment('no disk can be mounted here: no file of the server may grow instead, and all are full at once')
    await full(t, scene, RECORDED, { fill: () => limitFiles(control, true), free: () => limitFiles(control, false) })
  }
  t.equal(sotto.processes().control, control, 'the same process all along')
  await session(talking)
  await hearEachOther(t, talking)
})

async function full(
  t: Test,
  scene: Scene,
  of: readonly Recorded[],
  disk: Pick<SmallDisk, 'fill' | 'free'>,
): Promise<void> {
  const { sotto, talking } = scene
  disk.fill()
  for (const name of of) await stopped(t, scene, name)
  await hearEachOther(t, talking)
  disk.free()
  const beginMs = performance.now()
  for (const name of of) await eventually(() => isWell(sotto, name), `the ${name} goes on`)
  t.pass(`${of.join(', ')}: goes on, ${Math.round(performance.now() - beginMs)} ms after there is room`)
  t.equal(await make(sotto), 201)
  if (of.includes('log')) await sotto.logged(/"event":"log\.resumed"/, PATIENCE_MS)
}

/** What no longer happens, and where it shows. A file's last page has some room, even on a disk that has none. */
async function stopped(t: Test, { sotto, talking, call }: Scene, name: Recorded): Promise<void> {
  if (name === 'audit') {
    await eventually(async () => {
      const { status, body } = await sotto.startSecureSession(talking.callId)
      if (status === 202) await ended(talking, body as { sessionId: string })
      return (body as { code?: string }).code === 'secure.no-audit'
    }, 'no session starts')
    t.match((await sotto.startSecureSession(talking.callId)).body, { code: 'secure.no-audit' })
    t.notOk((await shown(sotto)).audit, 'the state tells')
  } else if (name === 'access') {
    await eventually(async () => (await make(sotto)) === 503, 'nothing is administered')
    t.notOk((await shown(sotto)).accessLog, 'the state tells')
  } else if (name === 'directory') {
    await eventually(async () => (await make(sotto)) >= 500, 'nothing is changed')
    t.equal((await sotto.server.request('GET', '/api/v1/directory/users')).status, 200, 'what was read stays in use')
  } else if (name === 'history') {
    await eventually(async () => {
      await call()
      return !(await shown(sotto)).history.available
    }, 'the history fails')
  } else {
    // It says something of each call.
    await eventually(async () => {
      await call()
      return !(await shown(sotto)).log.available
    }, 'the log fails')
    t.match(await metrics(sotto), /^sotto_log_available 0$/m)
  }
}

async function isWell(sotto: Sotto, name: Recorded): Promise<boolean> {
  if (name === 'directory') return (await make(sotto)) === 201
  const { audit, accessLog, log, history } = await shown(sotto)
  return { audit, access: accessLog, log: log.available, history: history.available }[name]
}

let users = 0
/** @returns the status of making one more user. */
async function make(sotto: Sotto): Promise<number> {
  users += 1
  return (await sotto.server.request('POST', '/api/v1/directory/users', { name: `user-${users}` })).status
}

async function shown(sotto: Sotto): Promise<Shown> {
  return (await sotto.server.request('GET', '/api/v1/status')).body as Shown
}

async function metrics(sotto: Sotto): Promise<string> {
  const headers = { authorization: `Bearer ${sotto.server.token}` }
  return (await fetch(`${sotto.server.base}/metrics`, { headers })).text()
}

async function session(talking: Talk): Promise<void> {
  const { sessionId } = await talking.secure()
  await ended(talking, { sessionId })
}

async function ended({ sotto, callId }: Talk, { sessionId }: { readonly sessionId: string }): Promise<void> {
  await sotto.server.request('DELETE', `/api/v1/calls/${callId}/secure-sessions/${sessionId}`)
  await sotto.event(
    (event) => event.type === 'secure.ended' && event['sessionId'] === sessionId,
    'the session is over',
    PATIENCE_MS,
  )
}

async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`did not come: ${what}`)
    await pause(50)
  }
}
