/**
 * Disks that are full, one at a time: of recordings, the audit, the access log, the directory, the call history and the log. A call goes on through all of it; what must not happen unrecorded does not happen; an
 * alarm can be seen that does not depend on the disk; and once there is room all is as it was, without a restart. Where nobody may mount a disk for the test, all of them are full at once.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { pause } from '../../src/demo/waiting.ts'
import { alongTimeline, openAll, readPrivateKey, segmentsOf, surveyOf, wholeLength } from '../../src/record/index.ts'
import { limitFiles, type SmallDisk, smallDisk } from '../peers/small-disk.ts'
import { type Sotto, startSotto } from '../peers/sotto.ts'
import { dial, hearEachOther, type Talk, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'
import { openssl, rsa } from '../record/recording-keys.ts'

t.setTimeout(240_000)
const PATIENCE_MS = 60_000
const RECORDED = ['recordings', 'audit', 'access', 'directory', 'history', 'log'] as const
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
  const keys = openssl()
  t.teardown(() => keys.close())
  keys.selfSigned('centre', rsa(2048))
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
history: { file: ${join(folder, 'history/calls.sqlite')} }
recording: { calls: all, folder: ${join(folder, 'recordings/sealed')}, certificates: [${keys.folder}/centre.pem] }\n`,
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
    const limit = (isFull: boolean) => {
      for (const pid of [control, ...sotto.processes().media]) limitFiles(pid, isFull)
    }
    await full(t, scene, RECORDED, { fill: () => limit(true), free: () => limit(false) })
  }
  t.equal(sotto.processes().control, control, 'the same process all along')
  await session(talking)
  await hearEachOther(t, talking)
  await recorded(t, talking, keys.folder, join(folder, 'recordings/sealed'))
})

/** What was recorded before and after is there, and whole. */
async function recorded(t: Test, { sotto, callId, caller }: Talk, keyFolder: string, folder: string): Promise<void> {
  await caller.signalling.hangUp()
  const isIts = (event: { callId?: unknown; type: string }) =>
    event.type === 'recording.ended' && event.callId === callId
  const told = await sotto.event(isIts, 'the recording is over', PATIENCE_MS)
  t.ok(Number(told['lostMs']) > 0, `${told['lostMs']} ms of it are not there`)
  const [day = ''] = readdirSync(folder)
  const octets = readFileSync(join(folder, day, `${callId}.p7m`))
  const read = (at: number, length: number) => octets.subarray(at, at + length)
  t.equal(octets.length, told['octets'])
  t.equal(wholeLength(read, octets.length), octets.length, 'the file ends with a whole segment')
  const key = { key: readPrivateKey(readFileSync(join(keyFolder, 'centre.key'), 'utf8')), certificate: undefined }
  const { packets, segments } = surveyOf(alongTimeline(openAll(segmentsOf(read, octets.length), key)))
  t.equal(segments, told['segments'])
  t.ok(packets.caller > 100 && packets.agent > 100, 'and every one of them opens')
}

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
  for (const name of of) await eventually(() => isWell(scene, name), `the ${name} goes on`)
  t.pass(`${of.join(', ')}: goes on, ${Math.round(performance.now() - beginMs)} ms after there is room`)
  t.equal(await make(sotto), 201)
  if (of.includes('log')) await sotto.logged(/"event":"log\.resumed"/, PATIENCE_MS)
}

/** What no longer happens, and where it shows. A file's last page has some room, even on a disk that has none. */
async function stopped(t: Test, { sotto, talking, call }: Scene, name: Recorded): Promise<void> {
  if (name === 'recordings') {
    await eventually(async () => isInterrupted(sotto, talking.callId), 'the recording fails')
  } else if (name === 'audit') {
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

/** Whether the last that was told of a recording is that the disk takes nothing. */
function isInterrupted(sotto: Sotto, callId: string): boolean {
  const told = sotto.events.filter((event) => event.type.startsWith('recording.') && event['callId'] === callId)
  return told.at(-1)?.type === 'recording.failed'
}

async function isWell({ sotto, talking }: Scene, name: Recorded): Promise<boolean> {
  if (name === 'recordings') return !isInterrupted(sotto, talking.callId)
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
