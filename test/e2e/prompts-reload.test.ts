/** An administrator drops in a recording of their own while the server runs: the next caller hears it, and nobody has to restart anything. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loudest, stretchOf } from '../../src/demo/listening.ts'
import { until } from '../../src/demo/waiting.ts'
import { writeSine } from '../../src/rtp/tone.ts'
import { writeWav } from '../../src/rtp/wav.ts'
import { startSotto } from '../peers/sotto.ts'
import { talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const MARK_HZ = 3000
const RATE_HZ = 16_000

t.test('a prompt that was replaced is heard in the next session, once it was loaded anew', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-prompts-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(new URL('../../prompts', import.meta.url), folder, { recursive: true })
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://localhost:${validation.port}/`,
    caText: validation.authority,
    secureInput: [`promptsFolder: "${folder}"`],
  })
  const talking = await talk(t, sotto)
  const { caller } = talking

  /** The loudest that the mark ever was in the first second and a half of a session. */
  const markInSession = async (): Promise<number> => {
    const session = await talking.secure()
    await session.event('secure.began')
    const fromMs = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const heard = stretchOf(caller.sound.heard, caller.sound.pcm(), caller.sound.sampleRate, fromMs, performance.now())
    await sotto.server.request('DELETE', `/api/v1/calls/${talking.callId}/secure-sessions/${session.sessionId}`)
    await session.event('secure.ended')
    return loudest(heard, MARK_HZ)
  }

  t.ok((await markInSession()) < -40, 'the prompt as it was')
  const recording = new Int16Array(2 * RATE_HZ)
  writeSine(recording, 0, recording.length, MARK_HZ, -13, RATE_HZ)
  writeFileSync(join(folder, 'en', 'welcome.wav'), writeWav(recording, RATE_HZ))
  t.ok((await markInSession()) < -40, 'a changed file alone changes nothing')
  const { status } = await sotto.server.request('POST', '/api/v1/prompts/reload')
  t.equal(status, 204)
  await sotto.logged(/"event":"prompts\.reloaded"/, 60_000)
  t.ok((await markInSession()) > -25, 'the recording that was dropped in')

  const welcome = `${sotto.server.base}/api/v1/prompts/en/welcome`
  const headers = { authorization: `Bearer ${sotto.server.token}`, 'if-match': '*' }
  const from = sotto.log().length
  const shipped = readFileSync(new URL('../../prompts/en/welcome.wav', import.meta.url))
  const put = await fetch(`${welcome}/audio`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'audio/wav' },
    body: shipped,
  })
  const answer = (await put.json()) as { flows: readonly string[] }
  t.match(answer, { from: 'store', source: 'recorded' })
  t.ok(answer.flows.includes('card-payment'), 'flows that say it')
  await until(() => /"event":"prompts\.reloaded"/.test(sotto.log().slice(from)), 'the vault has it', 60_000)
  t.ok((await markInSession()) < -40, 'the recording that came over the API')
  const again = sotto.log().length
  const back = await fetch(welcome, { method: 'DELETE', headers })
  t.match(await back.json(), { from: 'folder' })
  await until(() => /"event":"prompts\.reloaded"/.test(sotto.log().slice(again)), 'the vault has the old one', 60_000)
  t.ok((await markInSession()) > -25, 'what was there before')
  t.same(await sotto.search(), [])
})
