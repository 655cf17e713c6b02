/** Who writes a flow, in a real browser: beside somebody who was faster, and about to leave. */

import type { Page } from 'playwright-core'
import t from 'tap'
import { until } from '../../src/demo/waiting.ts'
import { axeFinds, picture, startBrowser } from '../peers/browser.ts'
import { DOOR_TOKEN } from '../peers/https-server.ts'
import { startFlowServer } from './flow-server.ts'
import { comeIn } from './people.ts'

t.setTimeout(300_000)

const { server, origin } = await startFlowServer(t)
const browser = await startBrowser(t)

const OURS = { authorization: `Bearer ${DOOR_TOKEN}` }
const VERSIONS = '/api/v1/flows/pair/versions'
const pair = (title: string) =>
  `id: pair\ntitle: ${title}\nfields:\n  pin: pin\nsteps:\n  - begin\n  - collect: pin\n  - validate\n`

/** Begins a new version of the flow. @returns its text in the editor. */
async function write(page: Page) {
  await page.goto('/admin/#/flows/pair/edit')
  const text = page.getByRole('textbox', { name: 'Text of the flow' })
  await text.waitFor()
  return {
    text,
    /** At the end of the title, at once: what is typed key by key may be asked about in between. */
    type: async (words: string) => {
      await text.press('Control+Home')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('End')
      await page.keyboard.insertText(words)
    },
    publish: async () => {
      await page.getByText('Nothing is wrong with it').waitFor()
      await page.getByRole('button', { name: 'Publish', exact: true }).press('Enter')
    },
  }
}

t.test('two write a new version at once, and none overwrites the other', async (t) => {
  t.equal((await server.ask('POST', VERSIONS, OURS, { text: pair('One') })).status, 201)
  const [ann, bob] = [await comeIn(browser, origin, 'root'), await comeIn(browser, origin, 'root')]
  const [anns, bobs] = [await write(ann.page), await write(bob.page)]
  await anns.type(' of Ann')
  await anns.publish()
  await ann.page.getByRole('status').filter({ hasText: 'Published as version 2' }).waitFor()
  await bobs.type(' of Bob')
  await bobs.publish()
  await bob.page.getByRole('alert').filter({ hasText: 'is the newest by now' }).waitFor()
  await bob.page.getByRole('button', { name: 'Publish mine after version 2' }).waitFor()
  t.strictSame(await axeFinds(bob.page), [], 'axe')
  await picture(bob.page, 'flows-newer')
  t.match((await server.ask('GET', VERSIONS, OURS)).json, { versions: { length: 2 } }, 'nothing was published')
  const [compared] = await Promise.all([
    bob.context.waitForEvent('page'),
    bob.page.getByRole('link', { name: 'Show what differs from version 1' }).press('Enter'),
  ])
  await compared.getByRole('row', { name: 'title: One of Ann' }).waitFor()
  await bobs.type(', after Ann')
  await bob.page.getByText('Nothing is wrong with it').waitFor()
  await bob.page.getByRole('button', { name: 'Publish mine after version 2' }).press('Enter')
  await bob.page.getByRole('status').filter({ hasText: 'Published as version 3' }).waitFor()
  t.match((await server.ask('GET', `${VERSIONS}/3`, OURS)).json, { text: pair('One of Bob, after Ann') })

  const publish = (body: object) => server.ask('POST', VERSIONS, OURS, body)
  t.match(await publish({ text: pair('Late'), basedOn: 2 }), { status: 412, json: { code: 'flow.changed-meanwhile' } })
  t.match(await publish({ text: pair('Late'), basedOn: 3 }), { status: 201, json: { version: 4 } })
  t.match(
    await publish({ text: pair('Later') }),
    { status: 201, json: { version: 5 } },
    'who does not say asks for nothing',
  )
  for (const { context, complaints } of [ann, bob]) {
    t.strictSame(complaints, [])
    await context.close()
  }
})

t.test('nobody leaves a text that is not published without being asked', async (t) => {
  const { page, complaints, context } = await comeIn(browser, origin, 'root')
  const { text, type, publish } = await write(page)
  await type(' and more')
  await page.getByText('Nothing is wrong with it').waitFor()
  await page.getByRole('link', { name: 'pair', exact: true }).press('Enter')
  await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor()
  await page.getByRole('button', { name: 'Stay' }).press('Enter')
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.type())
    void dialog.dismiss()
  })
  const isAsked = async (words: string) => {
    await until(() => asked.length > 0, 'asked')
    t.strictSame([...new Set(asked.splice(0))], ['beforeunload'])
    t.match(await text.innerText(), words)
  }
  await page.close({ runBeforeUnload: true })
  await isAsked('and more')
  const cookies = await context.cookies()
  await context.clearCookies()
  // The check of it is refused, and the page on its way to the log-in.
  await type(', still')
  await isAsked('and more, still')
  await context.addCookies(cookies)
  await type('!')
  await publish()
  await page.getByRole('status').filter({ hasText: 'Published as version 6' }).waitFor()
  await page.getByRole('link', { name: 'pair', exact: true }).press('Enter')
  await page.getByRole('heading', { name: /and more, still!$/ }).waitFor()
  t.strictSame(complaints, [])
  await context.close()
})

t.test('a new flow that was published is made into another one, in the same editor', async (t) => {
  const { page, complaints, context } = await comeIn(browser, origin, 'root')
  await page.goto('/admin/#/flows/%2Bnew')
  const text = page.getByRole('textbox', { name: 'Text of the flow' })
  await text.waitFor()
  for (const id of ['first-of-two', 'second-of-two']) {
    await text.press('Control+a')
    await Promise.all([
      page.waitForResponse((response) => response.request().postData()?.includes(`"text":"id: ${id}`) === true),
      page.keyboard.insertText(pair('One of two').replace('pair', id)),
    ])
    await page.locator('button.main:enabled', { hasText: 'Publish' }).press('Enter')
    await page.getByRole('status').getByRole('link', { name: 'version 1' }).waitFor()
    t.match((await server.ask('GET', `/api/v1/flows/${id}/versions`, OURS)).json, { versions: { length: 1 } }, id)
  }
  t.strictSame(complaints, [])
  await context.close()
})
