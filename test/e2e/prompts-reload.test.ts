/** An administrator drops in a recording of their own while the server runs: the next caller hears it, and nobody has to restart anything. */

import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loudest, stretchOf } from '../../src/demo/listening.ts'
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
  await sotto.logged(/"event":"prompts\.reloaded"/)
  t.ok((await markInSession()) > -25, 'the recording that was dropped in')
  t.same(sotto.search(), [])
})
