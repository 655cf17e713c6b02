/** Stories of what somebody does, or a slow line brings, while a user is being saved. */

import type { Test } from 'tap'
import type { administer, Site } from './administration.ts'

type Saver = Pick<Awaited<ReturnType<typeof administer>>, 'page' | 'says' | 'button'> & {
  beforeNextSave(act: () => Promise<unknown>): Promise<void>
}

/** @param site where Amy and Ben are users. */
export async function savingStories(t: Test, site: Site, { page, says, button, beforeNextSave }: Saver): Promise<void> {
  await t.test('who goes on in the moment in which it is saved is not asked', async (t) => {
    await page.goto('/admin/#/users/amy')
    await page.getByLabel('Display name').fill('Amy at once')
    await page.evaluate(() => {
      const goes = new MutationObserver(() => {
        if (!document.body.innerText.includes('Saved.')) return
        goes.disconnect()
        location.hash = '#/users'
      })
      goes.observe(document.body, { childList: true, subtree: true, characterData: true })
    })
    await button('Save').click()
    await page.getByRole('cell', { name: 'Amy at once', exact: true }).waitFor()
    t.equal(await page.getByRole('heading', { name: 'Leave without saving?' }).count(), 0)
  })

  await t.test('what is typed while a save is on its way stays, unsaved', async (t) => {
    await page.goto('/admin/#/users/amy')
    const typedOn = Promise.withResolvers<void>()
    await beforeNextSave(() => typedOn.promise)
    await page.getByLabel('Display name').fill('Amy first')
    await button('Save').click()
    await page.getByLabel('Display name').fill('Amy second')
    typedOn.resolve()
    await says(/Saved\./)
    t.equal(await page.getByLabel('Display name').inputValue(), 'Amy second')
    await page.getByText('Not saved').waitFor()
    t.equal((await site.ask('GET', '/api/v1/directory/users/amy')).json['displayName'], 'Amy first')
    await button('Save').click()
    await page.getByText('Not saved').waitFor({ state: 'detached' })
    t.equal((await site.ask('GET', '/api/v1/directory/users/amy')).json['displayName'], 'Amy second')
  })

  await t.test('what was read before a save and comes after it changes nothing', async (t) => {
    await page.goto('/admin/#/users/amy')
    const [asked, saved, come] = Array.from({ length: 3 }, () => Promise.withResolvers<void>())
    const reading = [asked]
    await page.route('**/api/v1/directory/users/amy', async (route) => {
      const first = route.request().method() === 'GET' ? reading.pop() : undefined
      if (first === undefined) return route.fallback()
      const response = await route.fetch()
      first.resolve()
      await saved?.promise
      await route.fulfill({ response })
      come?.resolve()
    })
    await site.change('users', 'ben', { displayName: 'Ben' })
    await asked?.promise
    await page.getByLabel('Display name').fill('Amy of now')
    await button('Save').click()
    await says(/Saved\./)
    saved?.resolve()
    await come?.promise
    await page.evaluate(() => new Promise((taken) => setTimeout(taken, 100)))
    t.equal(await page.getByLabel('Display name').inputValue(), 'Amy of now')
  })
}
