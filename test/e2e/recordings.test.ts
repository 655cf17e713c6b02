/**
 * Calls that are recorded, with a secure session in which the caller keys in tones: what is said before and after is there, on a track for each; of
 * the session there is nothing, no sound and no key; and on the server nobody can listen to any of it.
 */

import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { keysInSound, loudest, loudness, type Stretch } from '../../src/demo/listening.ts'
import { pause } from '../../src/demo/waiting.ts'
import {
  alongTimeline,
  type OpeningKey,
  openAll,
  readPrivateKey,
  type Survey,
  segmentsOf,
  surveyOf,
} from '../../src/record/index.ts'
import { parseWav } from '../../src/rtp/wav.ts'
import { CANARY, type Sotto, startSotto } from '../peers/sotto.ts'
import {
  AGENT_HUM_HZ,
  CALLER_HUM_HZ,
  checkClean,
  checkParted,
  dial,
  hearEachOther,
  type Talk,
  talk,
} from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'
import { openssl, rsa } from '../record/recording-keys.ts'

t.setTimeout(240_000)
const CLI = resolve(import.meta.dirname, '../../src/cli.ts')
/** Of a hum that is heard, and of one that is not, dBm0. */
const HEARD = -25
const UNHEARD = -45
/** The last packet lasts a while, and may lie a little behind when it came. */
const PLAYED_OUT_MS = 100
/** A hum is heard for so long before anything else happens, and after. */
const HUMMED_MS = 2000

type Opened = {
  readonly survey: Survey
  /** What was said before the session, in it, and after it. @param track 0 caller, 1 agent */
  before(track: 0 | 1): Stretch
  within(track: 0 | 1): Stretch
  after(track: 0 | 1): Stretch
  all(track: 0 | 1): Stretch
}

t.test('recorded calls', async (t) => {
  const keys = openssl()
  t.teardown(() => keys.close())
  keys.selfSigned('centre', rsa(3072))
  keys.selfSigned('escrow', rsa(2048))
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    phones: 4,
    more: `media: { processes: 1, codecs: [OPUS, G722, PCMA, PCMU] }
recording: { calls: all, folder: var/recordings, certificates: [${keys.folder}/centre.pem, ${keys.folder}/escrow.pem] }\n`,
  })

  await t.test('keys in tones, and the call goes on afterwards', async (t) => {
    const talking = await talk(t, sotto)
    await pause(HUMMED_MS)
    const session = await talking.secure()
    await session.enter(CANARY, 'in-band')
    t.match((await session.event('secure.ended', 60_000))['outcome'], { result: 'accepted' })
    await hearEachOther(t, talking)
    await checkParted(t, talking, session)
    await pause(HUMMED_MS)
    const file = await ended(t, sotto, talking)
    t.match(sinkIn(await recordOf(sotto, talking, session.sessionId)), { state: 'off', by: 'control' })

    const opened = await open(t, file, join(keys.folder, 'escrow.key'))
    t.equal(opened.survey.withheld.length, 1)
    checkHeard(t, opened)
    t.equal(sotted('recordings', 'check', file, '--key', join(keys.folder, 'centre.key')).status, 0)
    byOpensslAlone(t, file, keys.folder)
  })

  await t.test('the vault is killed with half of the number keyed in tones, and the call goes on', async (t) => {
    const agent = { user: 'agent-4', password: 'agent-password-4' }
    const talking = await talk(t, sotto, { agent, number: '103' })
    await pause(HUMMED_MS)
    const session = await talking.secure()
    await session.asked(0)
    await talking.key(CANARY.slice(0, 8), 'in-band')
    await session.event('secure.progress', 10_000, ({ keys }) => keys === 8)
    for (const pid of sotto.processes().vault) process.kill(pid, 'SIGKILL')
    await session.event('secure.rejoined', 10_000)
    t.match((await session.event('secure.ended'))['outcome'], { result: 'failed', reason: 'vault-lost' })
    await hearEachOther(t, talking)
    await checkParted(t, talking, session)
    await pause(HUMMED_MS)
    const file = await ended(t, sotto, talking)

    const opened = await open(t, file, join(keys.folder, 'centre.key'))
    t.ok(opened.survey.withheld.length > 0)
    checkHeard(t, opened)
    t.equal(sotted('recordings', 'check', file, '--key', join(keys.folder, 'centre.key')).status, 0)
  })

  await t.test('legs of two codecs, each as it was spoken', async (t) => {
    const agent = await sotto.agent({ user: 'agent-2', password: 'agent-password-2', codec: 'OPUS' })
    const caller = await sotto.caller({ user: '+4930222', codec: 'G722' })
    const talking = await dial(sotto, caller, agent, '101', sotto.events.length)
    await hearEachOther(t, talking)
    await pause(HUMMED_MS)
    const opened = await open(t, await ended(t, sotto, talking), join(keys.folder, 'centre.key'))
    t.equal(opened.all(0).sampleRate, 16_000)
    t.ok(loudest(opened.all(0), CALLER_HUM_HZ) > HEARD)
    t.ok(loudest(opened.all(1), AGENT_HUM_HZ) > HEARD)
  })

  await t.test('a media process that is killed: good up to the last whole segment', async (t) => {
    const agent = await sotto.agent({ user: 'agent-3', password: 'agent-password-3' })
    const caller = await sotto.caller({ user: '+4930333' })
    const talking = await dial(sotto, caller, agent, '102', sotto.events.length)
    await hearEachOther(t, talking)
    const file = fileOf(sotto, talking)
    const segments = () => [...segmentsIn(file)].length
    const endMs = performance.now() + 30_000
    while (segments() < 2 && performance.now() < endMs) await pause(100)
    for (const pid of sotto.processes().media) process.kill(pid, 'SIGKILL')
    await talking.over(10_000)
    const opened = await open(t, file, join(keys.folder, 'centre.key'))
    t.ok(loudest(opened.all(0), CALLER_HUM_HZ) > HEARD)
    const { status, output } = sotted('recordings', 'check', file, '--key', join(keys.folder, 'centre.key'))
    t.equal(status, 1)
    t.match(output, /no end/)
  })

  t.equal(statSync(join(sotto.folder, 'var/recordings')).mode & 0o777, 0o700)
  t.match(await metricsOf(sotto), /sotto_recordings_total\{state="ended"\} 3/)
  await checkClean(t, sotto)
})

/** Hangs up, and waits until the recording is on the disk. @returns its file. */
async function ended(t: Test, sotto: Sotto, talking: Talk): Promise<string> {
  await talking.caller.signalling.hangUp()
  const told = await sotto.event(
    ({ type, callId }) => type === 'recording.ended' && callId === talking.callId,
    'the recording is written',
  )
  const file = fileOf(sotto, talking)
  t.equal(told['lostMs'], 0)
  t.equal(told['octets'], statSync(file).size)
  t.equal(statSync(file).mode & 0o777, 0o600)
  return file
}

/** What was said before and after a session is there, each on the track of who said it; of the session there is nothing on either. */
function checkHeard(t: Test, opened: Opened): void {
  for (const when of ['before', 'after'] as const) {
    t.ok(loudest(opened[when](0), CALLER_HUM_HZ) > HEARD, `${when}: the caller is on his track`)
    t.ok(loudest(opened[when](1), AGENT_HUM_HZ) > HEARD, `${when}: the agent is on hers`)
    t.ok(loudest(opened[when](0), AGENT_HUM_HZ) < UNHEARD, `${when}: and on no other`)
    t.ok(loudest(opened[when](1), CALLER_HUM_HZ) < UNHEARD)
  }
  for (const track of [0, 1] as const) {
    t.ok(opened.within(track).pcm.length > opened.within(track).sampleRate, 'a second or more was withheld')
    t.equal(loudness(opened.within(track)), -100, 'nothing at all of the session')
    t.equal(keysInSound(opened.all(track)), 0, 'and no key anywhere')
  }
}

function fileOf(sotto: Sotto, { callId }: Talk): string {
  const folder = join(sotto.folder, 'var/recordings')
  const day = readdirSync(folder).find((each) => readdirSync(join(folder, each)).includes(`${callId}.p7m`))
  return join(folder, day ?? 'none', `${callId}.p7m`)
}

function* segmentsIn(file: string): Generator<Uint8Array> {
  const octets = readFileSync(file)
  yield* segmentsOf((at, length) => octets.subarray(at, at + length), octets.length)
}

/** Opens a recording with the command, to listen to it. */
async function open(t: Test, file: string, keyFile: string): Promise<Opened> {
  const wavFile = `${keyFile}.${t.name.replace(/\W+/g, '-')}.wav`
  const { status, output } = sotted('recordings', 'open', file, '--key', keyFile, '--out', wavFile)
  t.equal(status, 0, output)
  const wav = parseWav(readFileSync(wavFile))
  if (wav === undefined || wav.channels !== 2) throw new Error('no WAV of two tracks')
  const sampleRate = wav.sampleRate as 8000 | 16_000
  const survey = surveyOf(alongTimeline(openAll(segmentsIn(file), openingKey(keyFile))))
  const track = (of: 0 | 1, fromMs: number, toMs: number): Stretch => {
    const at = (ms: number) => Math.round((ms * sampleRate) / 1000)
    const frames = wav.samples.length / 2
    const pcm = Int16Array.from(
      { length: Math.max(0, Math.min(frames, at(toMs)) - at(fromMs)) },
      (_, i) => wav.samples[2 * (at(fromMs) + i) + of] as number,
    )
    return { packets: [], pcm, sampleRate }
  }
  // Where the caller's port was lost the next part of the recording may begin withheld.
  const fromMs = survey.withheld[0]?.fromMs ?? Number.POSITIVE_INFINITY
  const toMs = survey.withheld.at(-1)?.toMs ?? Number.POSITIVE_INFINITY
  return {
    survey,
    before: (of) => track(of, 0, fromMs),
    within: (of) => track(of, fromMs + PLAYED_OUT_MS, toMs),
    after: (of) => track(of, toMs, Number.POSITIVE_INFINITY),
    all: (of) => track(of, 0, Number.POSITIVE_INFINITY),
  }
}

function openingKey(file: string): OpeningKey {
  return { key: readPrivateKey(readFileSync(file, 'utf8')), certificate: undefined }
}

/** Each segment opens with what everybody has. */
function byOpensslAlone(t: Test, file: string, folder: string): void {
  for (const sealed of segmentsIn(file)) {
    const words = ['cms', '-decrypt', '-binary', '-inform', 'DER', '-inkey', 'centre.key', '-recip', 'centre.pem']
    const content = execFileSync('openssl', words, { cwd: folder, input: sealed, stdio: ['pipe', 'pipe', 'ignore'] })
    t.match(content.subarray(0, 60).toString('latin1'), /^\{"format":"sotto-recording","version":1,/)
  }
}

function sotted(...words: string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...words], { encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

async function recordOf(sotto: Sotto, { callId }: Talk, sessionId: string): Promise<unknown> {
  const { body } = await sotto.server.request('GET', `/api/v1/calls/${callId}/secure-sessions/${sessionId}/audit`)
  return body
}

/** What the signed record says of the recorder. */
function sinkIn(audit: unknown): unknown {
  const text = JSON.stringify(audit)
  const found = /\{[^{}]*"name":"recorder"[^{}]*\}/.exec(text)?.[0]
  return found === undefined ? undefined : JSON.parse(found)
}

async function metricsOf({ server: { base, token } }: Sotto): Promise<string> {
  return (await fetch(`${base}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text()
}
