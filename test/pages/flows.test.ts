/** The page of flows in a real browser: written with completion, refused at its line, drawn, gone through with a made-up caller to each verdict, published, compared and retired. */

import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { axeFinds, picture, startBrowser } from '../peers/browser.ts'

import { startFlowServer } from './flow-server.ts'
import { comeIn } from './people.ts'

t.setTimeout(300_000)

const { server, origin } = await startFlowServer(t)
const browser = await startBrowser(t)

const HOSTILE = `<img src=x onerror="document.title='owned'">`

function checker(t: Test, page: Page) {
  return async (what: string) => {
    t.strictSame(await axeFinds(page), [], `axe: ${what}`)
    await picture(page, `flows-${what}`)
  }
}

t.test('a flow is written, refused at its line, published and taken', async (t) => {
  const { page, complaints, context } = await comeIn(browser, origin, 'root')
  const clean = checker(t, page)
  await page.goto('/admin/#/flows')
  await page.getByRole('link', { name: 'card-payment', exact: true }).waitFor()
  await clean('list')
  await page.getByRole('link', { name: 'New flow' }).press('Enter')
  const text = page.getByRole('textbox', { name: 'Text of the flow' })
  await text.waitFor()
  await page.getByText('Nothing is wrong with it').waitFor()
  await page.getByRole('img', { name: /The flow as 6 states/ }).waitFor()
  await clean('new')

  // Completion by the schema, with the keyboard alone.
  await text.press('Control+End')
  await page.keyboard.type('  - sa')
  await page.getByRole('option', { name: 'say' }).waitFor()
  await clean('completion')
  await page.keyboard.press('Escape')
  await page.keyboard.type('y: no-such-clip')
  const problem = page.getByRole('listitem').filter({ hasText: 'The clip no-such-clip is in none of the languages' })
  await problem.waitFor()
  await problem.getByRole('button', { name: 'Line 12' }).waitFor()
  await clean('problem')
  await page.getByRole('button', { name: 'Publish' }).press('Enter')
  await page.getByRole('alert').filter({ hasText: 'The flow has mistakes' }).waitFor()
  await clean('refused')
  await problem.getByRole('button', { name: 'Line 12' }).press('Enter')
  t.ok(await text.evaluate((at) => (at.getRootNode() as ShadowRoot).activeElement === at), 'the line is gone to')
  await page.keyboard.press('Shift+End')
  await page.keyboard.type('  - end')
  await page.getByText('Nothing is wrong with it').waitFor()
  await page.getByRole('button', { name: 'Publish' }).press('Enter')
  await page.getByRole('status').filter({ hasText: 'Published as version 1' }).waitFor()
  const { json } = await server.ask('GET', '/api/v1/flows/my-flow', { authorization: 'Bearer story-token-on-loopback' })
  t.match(json, { versions: [{ version: 1, state: 'published', from: 'store' }] })

  // A second version, what differs, and the first retired.
  await page.goto('/admin/#/flows/my-flow/edit')
  await text.waitFor()
  await text.press('Control+Home')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('End')
  await page.keyboard.type(' of ours')
  await page.getByText('Nothing is wrong with it').waitFor()
  await page.getByRole('button', { name: 'Publish' }).press('Enter')
  await page.getByRole('status').filter({ hasText: 'Published as version 2' }).waitFor()
  await page.goto('/admin/#/flows/my-flow')
  await page.getByRole('heading', { name: 'My flow of ours' }).waitFor()
  await clean('versions')
  await page.getByRole('button', { name: 'Show what differs' }).press('Enter')
  await page.getByRole('row', { name: 'title: My flow of ours' }).waitFor()
  await page.getByText('2 lines').waitFor()
  await clean('compared')
  await page.goto('/admin/#/flows/my-flow')
  await page.getByRole('button', { name: 'Retire version 1' }).press('Enter')
  await page.getByRole('dialog').waitFor()
  await clean('retire')
  await page.getByRole('button', { name: 'Retire it' }).press('Enter')
  await page.getByText('Version 1 is retired').waitFor()
  await page.getByRole('row', { name: /Version 1 retired/ }).waitFor()
  t.strictSame(complaints, [])
  await context.close()
})

t.test('a made-up caller goes through a flow to each verdict, and no key leaves the page', async (t) => {
  const { page, complaints, context } = await comeIn(browser, origin, 'root')
  const clean = checker(t, page)
  const sent: string[] = []
  page.on('request', (request) => sent.push(request.postData() ?? ''))
  await page.goto('/admin/#/flows/card-payment-assisted/1')
  const log = page.getByRole('log', { name: 'What happens' })
  await log.getByText('Asks for credit card, attempt 1 of 3').waitFor()
  await page.getByRole('heading', { name: 'Asked for: credit card' }).waitFor()
  await clean('dry-run')
  const heard = page.waitForResponse((response) => response.url().endsWith('/api/v1/prompts/en/ask-card-number/audio'))
  await log.getByRole('button', { name: /^Listen to: Please enter your card number/ }).press('Enter')
  t.equal((await heard).status(), 200, 'it can be listened to')

  const keypad = page.getByRole('group', { name: 'Keys of the caller’s phone' })
  await keypad.getByRole('button', { name: '1', exact: true }).focus()
  const key = async (keys: string) => {
    await keypad.waitFor()
    await page.keyboard.type(keys)
  }
  await key('4211111111111110#')
  await page.getByRole('alert').filter({ hasText: 'could be the number of a real card' }).waitFor()
  await key('1234567890123456#')
  await log.getByText('credit card is refused: invalid card number').waitFor()
  await clean('dry-run-refused')
  const focusAtOnce = page.evaluate(
    () =>
      new Promise<boolean>((told) => {
        const sees = new MutationObserver(() => {
          const heading = [...document.querySelectorAll('h3')].find((at) => at.textContent === 'Asked for: expiry date')
          if (heading === undefined) return
          sees.disconnect()
          told(document.activeElement === heading)
        })
        sees.observe(document.body, { childList: true, subtree: true, characterData: true })
      }),
  )
  await page.getByLabel('Key a published test card').selectOption('4111111111111111')
  await page.getByRole('heading', { name: 'Asked for: expiry date' }).waitFor()
  t.equal(await focusAtOnce, true, 'keys that come at once have somewhere to go')
  await page.getByLabel('The check of the entry says').selectOption('expired')
  await key('1230')
  await log.getByText('expiry date is refused: expired').waitFor()
  await key('1230')
  await page.getByRole('heading', { name: 'Asked for: security code' }).waitFor()
  await key('123')
  await page.getByRole('heading', { name: 'The service is asked' }).waitFor()
  await clean('dry-run-verdict')
  await page.getByRole('button', { name: 'Declined' }).press('Enter')
  await page.getByRole('heading', { name: 'What does the agent order?' }).waitFor()
  await log.getByText('security code is overwritten').waitFor()
  await clean('dry-run-agent')
  await page.getByRole('button', { name: 'expiry date again' }).press('Enter')
  await page.getByRole('heading', { name: 'Asked for: expiry date' }).waitFor()
  await key('1230')
  await page.getByRole('heading', { name: 'Asked for: security code' }).waitFor()
  await key('123')
  for (const [button, ending] of [
    ['Accepted', 'The session ends: accepted'],
    ['No answer', 'Verdict: no answer from the validation service'],
  ] as const) {
    await page.getByRole('button', { name: button }).press('Enter')
    await log.getByText(ending).waitFor()
    if (button === 'Accepted') await page.getByRole('heading', { name: 'The session is over' }).waitFor()
    await clean(`dry-run-${button === 'Accepted' ? 'accepted' : 'no-answer'}`)
    await page.getByRole('button', { name: 'One step back' }).press('Enter')
    await page.getByRole('heading', { name: 'The service is asked' }).waitFor()
  }
  const keyed = ['4211111111111110', '1234567890123456', '4111111111111111', '"1230"', '"123"']
  for (const each of keyed)
    t.notOk(
      sent.some((body) => body.includes(each)),
      'keys stay in the page',
    )
  t.ok(
    sent.some((body) => body.includes('"keys":16')),
    'how many is told',
  )
  t.strictSame(complaints, [])
  await context.close()
})

t.test('it fits a narrow screen in the dark, and hostile text is text', async (t) => {
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
  await page.goto('/admin/#/flows')
  await page.getByRole('link', { name: 'card-payment', exact: true }).waitFor()
  await fits('list')
  await page.goto('/admin/#/flows/my-flow')
  await page.getByRole('button', { name: 'Show what differs' }).waitFor()
  await fits('versions')
  await page.goto('/admin/#/flows/+new')
  const text = page.getByRole('textbox', { name: 'Text of the flow' })
  await text.waitFor()
  await text.press('Control+a')
  await page.keyboard.insertText(
    `id: hostile\ntitle: ${HOSTILE}\nfields:\n  pin: pin\nsteps:\n  - begin\n  - collect: pin\n  - insert: { '${HOSTILE}': '${HOSTILE.replaceAll("'", "''")}' }\n  - validate\n`.replace(
      `'${HOSTILE}'`,
      `'${HOSTILE.replaceAll("'", "''")}'`,
    ),
  )
  await page.getByText('Nothing is wrong with it').waitFor()
  await page.getByRole('img', { name: /The flow as/ }).waitFor()
  await fits('workbench')
  await page.getByRole('button', { name: 'Publish' }).press('Enter')
  await page.getByRole('status').filter({ hasText: 'Published as version 1' }).waitFor()
  await page.goto('/admin/#/flows/hostile')
  await page.getByRole('heading', { name: HOSTILE }).waitFor()
  await page.goto('/admin/#/flows/%3Cimg%20src=x%3E/7')
  await page.getByRole('alert').filter({ hasText: 'There is no such flow or version' }).waitFor()
  t.not(await page.title(), 'owned')
  t.equal(await page.locator('main img').count(), 0)
  t.strictSame(complaints, [])
  await context.close()
})
