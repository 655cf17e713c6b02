/** An administrator with a browser of his own, logged in, for the stories of what callers hear. */

import type { Browser, BrowserContextOptions } from 'playwright-core'
import { newPerson, type Person } from '../peers/browser.ts'
import { DOOR_TOKEN, type startHttps } from '../peers/https-server.ts'

type Server = Awaited<ReturnType<typeof startHttps>>

/** Nobody need set up a second factor: how that goes is the story of the door. */
export const SPARED = 'people: { secondFactorFor: [] }\n'
const GIVEN = 'horse battery staple correct'
const CHOSEN = 'another battery of words entirely'

/** Makes the administrator. */
export async function createAdministrator(server: Server, name: string): Promise<void> {
  const bearer = { authorization: `Bearer ${DOOR_TOKEN}` }
  const users = '/api/v1/directory/users'
  const made = await server.ask('POST', users, bearer, { name, administrator: true })
  const set = await server.ask('PUT', `${users}/${name}/password`, bearer, { password: GIVEN })
  if (made.status !== 201 || set.status !== 204) throw new Error(`no administrator: ${made.status} ${set.status}`)
}

/** Logs him in; the first time he chooses a password of his own. */
export async function administratorAt(
  browser: Browser,
  origin: string,
  name: string,
  options: BrowserContextOptions = {},
): Promise<Person> {
  const person = await newPerson(browser, origin, options)
  const headers = { 'sotto-request': '1' }
  const post = (path: string, data: object) => person.context.request.post(path, { headers, data })
  const own = await post('/api/v1/login', { name, password: CHOSEN })
  if (own.ok()) return person
  const first = await post('/api/v1/login', { name, password: GIVEN })
  const chosen = await post('/api/v1/me/password', { old: GIVEN, new: CHOSEN })
  if (!first.ok() || !chosen.ok()) throw new Error(`not logged in: ${first.status()} ${chosen.status()}`)
  return person
}
