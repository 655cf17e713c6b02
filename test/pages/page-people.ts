/** People of the directory, each with a browser of his own in which he is logged in, for stories on pages. */

import type { Browser, BrowserContextOptions } from 'playwright-core'
import type { ServerChild } from '../../src/demo/server-child.ts'
import { newPerson, type Person } from '../peers/browser.ts'

const GIVEN = 'horse battery staple correct'
const OWN = 'another battery of words entirely'

type Server = Pick<ServerChild, 'base' | 'token'>

/** Makes an entry of the directory. @throws Error when it is not taken */
export function makeEntry(server: Server, kind: string, body: object): Promise<void> {
  return ask(server, 'POST', `/api/v1/directory/${kind}`, { authorization: `Bearer ${server.token}` }, body)
}

/** Makes a user who has chosen a password of his own. @throws Error when something of it is refused */
export async function makeUser(server: Server, body: { readonly name: string; readonly [member: string]: unknown }) {
  const { name } = body
  await makeEntry(server, 'users', body)
  const bearer = { authorization: `Bearer ${server.token}` }
  await ask(server, 'PUT', `/api/v1/directory/users/${name}/password`, bearer, { password: GIVEN })
  const { cookie } = await logIn(server, name, GIVEN)
  await ask(server, 'POST', '/api/v1/me/password', { 'sotto-request': '1', cookie }, { old: GIVEN, new: OWN })
}

/** A browser in which such a user is logged in. */
export async function comeIn(
  browser: Browser,
  server: Server,
  name: string,
  options: BrowserContextOptions = {},
): Promise<Person & { readonly cookie: string }> {
  const { cookie } = await logIn(server, name, OWN)
  const person = await newPerson(browser, server.base, options)
  const [cookieName = '', value = ''] = cookie.split('=')
  await person.context.addCookies([{ name: cookieName, value, url: server.base, httpOnly: true, sameSite: 'Strict' }])
  return { ...person, cookie }
}

async function logIn({ base }: Server, name: string, password: string): Promise<{ readonly cookie: string }> {
  const answer = await fetch(`${base}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sotto-request': '1' },
    body: JSON.stringify({ name, password }),
  })
  if (answer.status !== 200) throw new Error(`${name} does not come in: ${answer.status} ${await answer.text()}`)
  return { cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '' }
}

async function ask({ base }: Server, method: string, path: string, headers: Record<string, string>, body: object) {
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
}
