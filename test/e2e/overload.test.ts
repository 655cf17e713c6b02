/**
 * A server that is full: new calls get 503 with Retry-After, those that run go on with everything that belongs to a call, and calls are taken
 * again afterwards. Full of lateness (the media process is held up, which no machine is too fast for), and full of ports. And a media process
 * that is replaced while it has a call.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { holdUpAgainAndAgain } from '../peers/hold-up.ts'
import { claimRange } from '../peers/port-ranges.ts'
import { startSipp } from '../peers/sipp.ts'
import { expect, scenario, sdp, send } from '../peers/sipp-scenario.ts'
import { CANARY, type Sotto, type SottoOptions, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { checkClean, checkParted, hearEachOther, type TalkOptions, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

const REFUSED = 10
const SECOND = { agent: { user: 'agent-2', password: 'agent-password-2' }, number: '101' }
const THIRD = { agent: { user: 'agent-3', password: 'agent-password-3' }, number: '102' }

/** What is encrypted must go on under its keys in the old process, through a vault and back; the fresh one has keys of its own calls. */
const REPLACED: readonly {
  readonly says: string
  readonly options: Partial<SottoOptions>
  readonly phones: TalkOptions
}[] = [
  { says: '', options: {}, phones: {} },
  {
    says: ' of SRTP',
    options: { trunk: 'srtp: required' },
    phones: {
      caller: { srtp: { suite: 'AEAD_AES_256_GCM', profile: 'RTP/SAVP' } },
      agent: { srtp: { suite: 'AES_CM_128_HMAC_SHA1_80', profile: 'RTP/AVP' } },
    },
  },
]

t.setTimeout(300_000)

t.test('late: new calls are refused, the running one goes on, and calls are taken again', async (t) => {
  const sotto = await start(t, { admission: 'admission: { mediaLateMs: 100, controlLateMs: 5000 }' })
  const talking = await talk(t, sotto)
  const { caller } = talking
  const release = holdUpAgainAndAgain(sotto.processes().media[0] ?? 0)
  t.teardown(release)
  await takesCalls(sotto, false)
  t.match(await status(sotto), { admission: { fault: 'media.full' }, media: [/runs \(late, takes no more calls\)/] })
  t.match(await metrics(sotto), /^sotto_takes_calls 0$/m)

  await refuse(t, sotto)
  const optionsRefused = scenario('OPTIONS', [send('OPTIONS', { cseq: 1 }), expect(503, { has: RETRY_AFTER })])
  await play(t, sotto, 'options', optionsRefused, 1)
  await caller.hold()
  await caller.resume()
  t.equal((await sotto.event(({ type }) => type === 'call.retrieved', 'the end of the hold'))['callId'], talking.callId)
  const session = await talking.secure()
  await session.enter(CANARY)
  t.match((await session.event('secure.ended', 60_000))['outcome'], { result: 'accepted' })
  t.notOk((await status(sotto)).admission.takesCalls, 'it was full all the time')
  release()
  await takesCalls(sotto, true)
  await hearEachOther(t, talking)
  await checkParted(t, talking, session)
  await talk(t, sotto, SECOND)
  t.equal((await status(sotto)).admission.refused, REFUSED)
  t.match(await metrics(sotto), new RegExp(`^sotto_calls_refused_total ${REFUSED}$`, 'm'))
  await sotto.logged(/control\.refusing-ended/, 20_000)
  t.equal(lines(sotto, /"fault":"media\.full"/).length, 1, 'an episode is one line of the log')
  t.match(lines(sotto, /control\.refusing-ended/), [new RegExp(`"count":${REFUSED}\\b`)])
  await checkClean(t, sotto)
})

t.test('no ports: new calls are refused, and taken again when a call has ended', async (t) => {
  const portMin = claimRange()
  const sotto = await start(t, { more: `media: { processes: 1, portMin: ${portMin}, portMax: ${portMin + 7} }` })
  const first = await talk(t, sotto)
  const second = await talk(t, sotto, SECOND)
  await takesCalls(sotto, false)
  t.match(await status(sotto), { admission: { fault: 'media.no-port' } })
  await refuse(t, sotto)
  await hearEachOther(t, first)
  await hearEachOther(t, second)
  await second.caller.signalling.hangUp()
  // What phones go on to send must not come in at a port that the next call gets.
  for (const phone of [second.caller, second.agent]) await phone.close()
  await takesCalls(sotto, true)
  await hearEachOther(t, await talk(t, sotto, THIRD))
  await hearEachOther(t, first)
})

for (const { says, options, phones } of REPLACED) {
  t.test(`a media process is replaced under a call${says}, which goes on and has its secure session`, async (t) => {
    const sotto = await start(t, options)
    const talking = await talk(t, sotto, phones)
    const [old = 0] = sotto.processes().media
    const replaced = await sotto.server.request('POST', `/api/v1/media/${old}/replace`)
    t.match(replaced, { status: 200, body: { callsOnTheOld: 1 } })
    const { pid } = replaced.body as { pid: number }
    await hearEachOther(t, talking)
    await hearEachOther(
      t,
      await talk(t, sotto, { ...SECOND, ...(phones.caller === undefined ? {} : { caller: phones.caller }) }),
    )
    const { body } = await sotto.server.request('GET', '/api/v1/media')
    t.match(body, { processes: [{ pid, state: 'runs', calls: 1, beingReplaced: false }, { pid: old, state: 'leaves', calls: 1, beingReplaced: true }] }) // biome-ignore format: rows
    t.match(await metrics(sotto), new RegExp(`^sotto_media_being_replaced\\{pid="${old}"\\} 1$`, 'm'))
    const session = await talking.secure()
    await session.enter(CANARY)
    t.match((await session.event('secure.ended', 60_000))['outcome'], { result: 'accepted' })
    await hearEachOther(t, talking)
    await talking.caller.hold()
    await sotto.event(({ type }) => type === 'call.held', 'the hold')
    await talking.caller.resume()
    talking.agent.sound.forget()
    await hearEachOther(t, talking)
    t.ok(sotto.processes().media.includes(old))
    await talking.caller.signalling.hangUp()
    await sotto.logged(/process\.left/, 20_000)
    t.strictSame(sotto.processes().media, [pid])
    await checkClean(t, sotto)
  })
}

const RETRY_AFTER = /Retry-After: [1-9]/

async function start(t: Test, options: Partial<SottoOptions> = {}): Promise<Sotto> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  return startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    phones: 3,
    ...options,
  })
}

/** Callers on the trunk, by a stack that this project did not write: each is refused at once, and told when to try again. */
async function refuse(t: Test, sotto: Sotto): Promise<void> {
  const steps = [
    send('INVITE', { cseq: 1, sdp: sdp() }),
    expect(503, { has: RETRY_AFTER }),
    send('ACK', { cseq: 1, branchBack: 2 }),
  ]
  await play(t, sotto, 'refused', scenario('refused', steps), REFUSED)
}

async function play(t: Test, sotto: Sotto, says: string, made: string, calls: number): Promise<void> {
  const folder = join(sotto.folder, says)
  mkdirSync(folder)
  const scenarioFile = join(folder, 'made.xml')
  writeFileSync(scenarioFile, made)
  const sipp = await startSipp({
    ...{ folder, scenarioFile, calls, fill: {}, service: '101', transport: 'udp', rate: 10, limitSeconds: 30 },
    target: `127.0.0.1:${sotto.sipPort}`,
    address: TRUNK_ADDRESS,
  })
  const { code, output } = await sipp.ended
  t.equal(code, 0, code === 0 ? `${says}: ${calls} times` : `${says}\n${errorsIn(folder)}\n${output.slice(-1000)}`)
}

function errorsIn(folder: string): string {
  try {
    return readFileSync(join(folder, 'errors.log'), 'utf8').slice(0, 3000)
  } catch {
    return ''
  }
}

type Status = { readonly admission: { readonly takesCalls: boolean; readonly refused: number } }

async function status(sotto: Sotto): Promise<Status> {
  return (await sotto.server.request('GET', '/api/v1/status')).body as Status
}

async function metrics({ server }: Sotto): Promise<string> {
  const response = await fetch(`${server.base}/metrics`, { headers: { authorization: `Bearer ${server.token}` } })
  return response.text()
}

async function takesCalls(sotto: Sotto, wanted: boolean): Promise<void> {
  const endMs = performance.now() + 60_000
  while ((await status(sotto)).admission.takesCalls !== wanted) {
    if (performance.now() > endMs) throw new Error(`did not come: calls are ${wanted ? 'taken' : 'refused'}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function lines(sotto: Sotto, which: RegExp): readonly string[] {
  return sotto
    .log()
    .split('\n')
    .filter((line) => which.test(line))
}
