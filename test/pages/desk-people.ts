/** Agents at their desks, in stories: made in the directory, logged in, each in a browser of his own. */

import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { newPerson, type Person } from '../peers/browser.ts'
import type { Sotto } from '../peers/sotto.ts'

const GIVEN = 'horse battery staple correct'
const CHOSEN = 'another battery of words entirely'
const RIGHTS = { 'secure-input:view': 'allow', 'secure-input:start': 'allow' }

/** Lines at the top level of a configuration with which agents log in by password alone. */
export const NO_SECOND_FACTOR = 'people: { secondFactorFor: [] }\nmedia: { processes: 1 }'

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

export type Administration = {
  make(kind: string, body: object): Promise<void>
  /** Changes an entry, whatever it is like. */
  change(kind: string, name: string, body: object): Promise<void>
  remove(kind: string, name: string): Promise<void>
  /** A user with a password of his own. @returns the cookie of a log-in. */
  user(name: string, body?: object): Promise<string>
}

/** What an administrator does over the API of a server. */
export function administrationOf({ server }: Sotto): Administration {
  const ask = async (method: string, path: string, headers: Record<string, string>, body: object = {}) => {
    const response = await fetch(`${server.base}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'sotto-request': '1', ...headers },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response
  }
  const token = { authorization: `Bearer ${server.token}` }
  const make = async (kind: string, body: object) => void (await ask('POST', `/directory/${kind}`, token, body))
  const cookieFor = async (name: string, password: string) => {
    const response = await ask('POST', '/login', {}, { name, password })
    return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  }
  return {
    make,
    change: async (kind, name, body) =>
      void (await ask('PATCH', `/directory/${kind}/${name}`, { ...token, 'if-match': '*' }, body)),
    remove: async (kind, name) =>
      void (await ask('DELETE', `/directory/${kind}/${name}`, { ...token, 'if-match': '*' })),
    user: async (name, body = {}) => {
      await make('users', { name, ...body })
      await ask('PUT', `/directory/users/${name}/password`, token, { password: GIVEN })
      const cookie = await cookieFor(name, GIVEN)
      await ask('POST', '/me/password', { cookie }, { old: GIVEN, new: CHOSEN })
      return cookieFor(name, CHOSEN)
    },
  }
}

/** Amy and Ben at the phones `agent` and `agent-2`, both with the rights; the workgroup `payments` has Amy and the form `order`. @returns their cookies. */
export async function hireAgents(admin: Administration): Promise<{ readonly amy: string; readonly ben: string }> {
  const amy = await admin.user('amy', { phone: 'agent', displayName: 'Amy' })
  const ben = await admin.user('ben', { phone: 'agent-2', displayName: 'Ben' })
  for (const [name, form] of Object.entries(FORMS)) await admin.make('forms', { name, ...form })
  await admin.make('workgroups', { name: 'payments', members: ['amy'], forms: ['order'] })
  await admin.make('workgroups', { name: 'agents', members: ['amy', 'ben'], rights: RIGHTS })
  return { amy, ben }
}

/** Somebody who is logged in, at his desk. @param script runs before those of the page. */
export async function atDesk(
  browser: Browser,
  { server }: Sotto,
  cookie: string,
  options: BrowserContextOptions = {},
  script = '',
): Promise<Person> {
  const person = await newPerson(browser, server.base, options)
  const [name = '', value = ''] = cookie.split('=')
  await person.context.addCookies([{ name, value, url: server.base, httpOnly: true, sameSite: 'Strict' }])
  if (script !== '') await person.page.addInitScript(script)
  await person.page.goto('/desk/')
  await person.page.getByRole('heading', { level: 1 }).waitFor()
  return person
}

/** @returns CSS pixels that the page is wide. */
export function widthOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth')
}
