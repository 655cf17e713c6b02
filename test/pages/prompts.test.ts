/** The page of prompts in a real browser: listened to and looked at, recorded with a microphone, uploaded, said by the synthesiser, refused with advice, taken back. */

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { axeFinds, picture, startBrowser } from '../peers/browser.ts'
import { DOOR_TOKEN, furnish, startHttps } from '../peers/https-server.ts'
import { administrationOf, comeIn, NO_SECOND_FACTOR } from './people.ts'

t.setTimeout(300_000)

const PROMPTS = join(import.meta.dirname, '../../prompts/en')
const CLIPS = ['accepted', 'declined', 'digit-1']
const TOO_MANY_OCTETS = 8_000_001
const HOSTILE = `<img src=x onerror="document.title='owned'">`

const folder = t.testdir({ prompts: { en: {} } })
const manifest = JSON.parse(readFileSync(join(PROMPTS, 'manifest.json'), 'utf8'))
const clips = Object.fromEntries(CLIPS.map((name) => [name, manifest.clips[name]]))
mkdirSync(join(folder, 'prompts/en'), { recursive: true })
for (const name of CLIPS) cpSync(join(PROMPTS, `${name}.wav`), join(folder, `prompts/en/${name}.wav`))
writeFileSync(join(folder, 'prompts/en/manifest.json'), JSON.stringify({ ...manifest, clips }))
const { port, authority } = await furnish(folder, `${NO_SECOND_FACTOR}secureInput: { promptsFolder: prompts }\n`)
const origin = `https://127.0.0.1:${port}`
const server = await startHttps(t, folder, port, authority)
await administrationOf(server.ask, DOOR_TOKEN).user('root', { administrator: true })
// What the microphone hears is a prompt that comes with Sotto.
const browser = await startBrowser(t, [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  `--use-file-for-fake-audio-capture=${join(PROMPTS, 'declined.wav')}`,
])

function checker(t: Test, page: Page) {
  return async (what: string) => {
    t.strictSame(await axeFinds(page), [], `axe: ${what}`)
    await picture(page, `prompts-${what}`)
  }
}

t.test('prompts are listed with what is missing, listened to and replaced in three ways', async (t) => {
  const { page, complaints, context } = await comeIn(browser, origin, 'root')
  const clean = checker(t, page)
  await page.goto('/admin/#/prompts')
  await page.getByRole('link', { name: 'accepted', exact: true }).waitFor()
  await page.getByText('Missing in en for the card flow').waitFor()
  await page.getByRole('row', { name: /^accepted .* came with Sotto/ }).waitFor()
  await clean('list')

  await page.getByRole('link', { name: 'accepted', exact: true }).press('Enter')
  await page.getByRole('img', { name: /^Waveform of/ }).waitFor()
  await page.getByRole('img', { name: /^Speech at -\d/ }).waitFor()
  const player = page.getByLabel('Listen to accepted')
  await player.evaluate((at: HTMLAudioElement) => at.play())
  t.ok(await player.evaluate((at: HTMLAudioElement) => at.duration > 0.5), 'it can be heard')
  await clean('one')

  // A microphone.
  await page.getByLabel('What is said').fill(`Sorry. ${HOSTILE}`)
  await page.getByRole('button', { name: 'Record', exact: true }).press('Enter')
  await page.getByText('Recording: speak now.').waitFor()
  await new Promise((resolve) => setTimeout(resolve, 3000))
  await clean('recording')
  await page.getByRole('button', { name: 'Stop recording' }).press('Enter')
  await page.getByRole('heading', { name: 'As it was recorded' }).waitFor()
  await page
    .getByRole('img', { name: /^Speech at/ })
    .nth(1)
    .waitFor()
  await clean('recorded')
  await page.getByRole('button', { name: 'Publish' }).press('Enter')
  await page.getByRole('status').filter({ hasText: 'Published: the next session says it.' }).waitFor()
  await page.locator('.words').filter({ hasText: HOSTILE }).waitFor()
  await page.getByText('published here').waitFor()
  await page.getByText('changed by root').waitFor()
  await clean('published')

  // A file.
  const chooser = page.getByLabel('Upload a recording')
  await chooser.setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from(HOSTILE) })
  await page.getByRole('alert').filter({ hasText: 'WAV with 16-bit PCM is best' }).waitFor()
  await clean('no-sound')
  await chooser.setInputFiles({
    name: 'a.wav',
    mimeType: 'audio/wav',
    buffer: Buffer.from('RIFF and then nothing of the kind'),
  })
  await page.getByRole('button', { name: 'Publish' }).press('Enter')
  await page.getByRole('alert').filter({ hasText: 'Export the recording as WAV, 16-bit PCM' }).waitFor()
  await clean('refused')
  await chooser.setInputFiles(join(PROMPTS, 'failed.wav'))
  await page.getByRole('heading', { name: 'As it was recorded' }).waitFor()
  await page.getByRole('button', { name: 'Publish' }).press('Enter')
  await page.getByRole('status').filter({ hasText: 'Published: the next session says it.' }).waitFor()

  // Words.
  await page.getByLabel('What is said').fill('Thank you very much.')
  await page.getByRole('button', { name: 'Have it said' }).press('Enter')
  await page.getByRole('heading', { name: 'As the synthesiser says it' }).waitFor()
  await page
    .getByRole('img', { name: /^Speech at/ })
    .nth(1)
    .waitFor()
  await clean('synthesised')
  await page.getByRole('button', { name: 'Publish' }).press('Enter')
  await page.locator('.words').filter({ hasText: 'Thank you very much.' }).waitFor()
  await page.getByText('synthesised', { exact: true }).waitFor()

  await page.getByRole('button', { name: 'Put back what was there before' }).press('Enter')
  await page.getByRole('dialog').waitFor()
  await clean('take-back')
  await page.getByRole('button', { name: 'Put it back' }).press('Enter')
  await page.getByText('Taken back').waitFor()
  await page.getByText('came with Sotto').waitFor()
  t.ok(readFileSync(join(folder, 'prompts/en/accepted.wav')).equals(readFileSync(join(PROMPTS, 'accepted.wav'))))
  t.not(await page.title(), 'owned')
  t.strictSame(complaints, [])
  await context.close()
})

t.test('a prompt that is missing is made, on a narrow screen in the dark', async (t) => {
  const viewport = { width: 320, height: 700 }
  const { page, complaints, context } = await comeIn(browser, origin, 'root', {
    viewport,
    colorScheme: 'dark',
  })
  const clean = checker(t, page)
  const fits = async (what: string) => {
    const widest = await page.evaluate(() => document.documentElement.scrollWidth)
    t.ok(widest <= 320, `${what}: ${widest} CSS pixels wide`)
    await clean(`${what}-dark-320`)
  }
  await page.goto('/admin/#/prompts/en')
  await page.getByRole('link', { name: 'failed', exact: true }).waitFor()
  await fits('list')
  await page.getByRole('link', { name: 'failed', exact: true }).press('Enter')
  await page.getByText('There is no prompt of this name in en yet').waitFor()
  await page.getByLabel('What is said').fill('We could not check your card.')
  await page.getByLabel('Upload a recording').setInputFiles(join(PROMPTS, 'failed.wav'))
  await page.getByRole('img', { name: /^Waveform of/ }).waitFor()
  await fits('new')
  await page.getByRole('button', { name: 'Publish' }).press('Enter')
  await page.getByText('created by root').waitFor()
  await fits('made')
  await page.goto('/admin/#/prompts/en/%3Cimg%20src=x%3E')
  await page.getByRole('heading', { name: '<img src=x>' }).waitFor()
  t.equal(await page.locator('main img').count(), 0)
  t.strictSame(complaints, [])
  await context.close()
})

t.test('a microphone that is not allowed, and a recording that is too long, are said with what to do', async (t) => {
  const shy = await startBrowser(t, ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream=deny'])
  const { page, complaints } = await comeIn(shy, origin, 'root')
  const clean = checker(t, page)
  await page.goto('/admin/#/prompts/en/accepted')
  await page.getByRole('button', { name: 'Record', exact: true }).press('Enter')
  const alert = page.getByRole('alert')
  await alert.filter({ hasText: 'The microphone was not allowed. Allow it for this page in the browser' }).waitFor()
  t.equal(await page.getByText('Recording: speak now.').count(), 0)
  await clean('microphone-refused')
  const sound = Buffer.alloc(TOO_MANY_OCTETS)
  readFileSync(join(PROMPTS, 'failed.wav')).copy(sound)
  await page.getByLabel('Upload a recording').setInputFiles({ name: 'a.wav', mimeType: 'audio/wav', buffer: sound })
  await alert.filter({ hasText: 'The recording is larger than 8 MB' }).waitFor()
  t.equal(await page.getByRole('button', { name: 'Publish' }).count(), 0, 'nothing that would be refused is offered')
  await clean('too-large')
  await page.getByLabel('Upload a recording').setInputFiles(join(PROMPTS, 'failed.wav'))
  await page.getByRole('button', { name: 'Publish' }).waitFor()
  t.strictSame(complaints, [])
})

t.test('the microphone is for the administration alone', async (t) => {
  const policyOf = async (path: string) => (await fetchHead(path))['permissions-policy']
  t.match(await policyOf('/admin/'), /microphone=\(self\)/)
  for (const path of ['/', '/desk/', '/supervisor/', '/api/v1/me'])
    t.match(await policyOf(path), /microphone=\(\)/, path)
})

async function fetchHead(path: string): Promise<Record<string, string>> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const headers = (await context.request.get(`${origin}${path}`)).headers()
  await context.close()
  return headers
}
