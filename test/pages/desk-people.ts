/** Agents at their desks, in stories: made in the directory, logged in, each in a browser of his own. */

import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Person } from '../peers/browser.ts'
import type { Sotto } from '../peers/sotto.ts'
import { type Administration, comeIn } from './people.ts'

const RIGHTS = { 'secure-input:view': 'allow', 'secure-input:start': 'allow' }

export const FORMS = {
  order: {
    flow: 'card-payment',
    title: 'Order',
    displayName: 'Order on account',
    description: 'For goods that are paid at once.',
    fields: [
      { id: 'Order number', displayName: 'Number of the order', required: true },
      { id: 'amount', displayName: 'Amount', type: 'amount', required: true },
      { id: 'due', displayName: 'Due on', type: 'date' },
      { id: 'plan', displayName: 'Plan', type: 'choice', choices: ['Standard', 'Express'] },
    ],
  },
  donation: { flow: 'card-payment-assisted', title: 'Donation', description: 'With help of the agent.' },
} as const

/** Amy and Ben at the phones `agent` and `agent-2`, both with the rights; the workgroup `payments` has Amy and the form `order`. @returns their cookies. */
export async function hireAgents(admin: Administration): Promise<{ readonly amy: string; readonly ben: string }> {
  const amy = await admin.user('amy', { phone: 'agent', displayName: 'Amy' })
  const ben = await admin.user('ben', { phone: 'agent-2', displayName: 'Ben' })
  for (const [name, form] of Object.entries(FORMS)) await admin.make('forms', { name, ...form })
  await admin.make('workgroups', { name: 'payments', members: ['amy'], forms: ['order'] })
  await admin.make('workgroups', { name: 'agents', members: ['amy', 'ben'], rights: RIGHTS })
  return { amy, ben }
}

/** Somebody at his desk. @param script runs before those of the page. */
export async function atDesk(
  browser: Browser,
  { server }: Pick<Sotto, 'server'>,
  name: string,
  options: BrowserContextOptions = {},
  script = '',
): Promise<Person> {
  const person = await comeIn(browser, server.base, name, options)
  if (script !== '') await person.page.addInitScript(script)
  await person.page.goto('/desk/')
  await person.page.getByRole('heading', { level: 1 }).waitFor()
  return person
}

/** @returns CSS pixels that the page is wide. */
export function widthOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth')
}
