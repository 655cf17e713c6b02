/** People of a server, in stories: what an administrator does over its API, users with a password of their own, and their browsers in which they are logged in. */

import type { Browser, BrowserContextOptions } from 'playwright-core'
import { newPerson, type Person } from '../peers/browser.ts'

/** The password that somebody else has chosen, and the one of one's own. */
const GIVEN = 'horse battery staple correct'
const CHOSEN = 'another battery of words entirely'
const OWN_PAGE = { 'sotto-request': '1' }

/** Lines of a configuration with which everybody logs in by password alone. */
export const NO_SECOND_FACTOR = 'people: { secondFactorFor: [] }\n'

/** Lines of `secureInput`: a caller waits with his next key, or his first one, until pages have been looked at. */
export const UNHURRIED = ['firstDigitSeconds: 300', 'interDigitSeconds: 120', 'sessionSeconds: 3600'] as const

export type Ask = (
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: object,
) => Promise<{
  readonly status: number
  readonly json: unknown
  readonly headers: { readonly 'set-cookie'?: readonly string[] | undefined }
}>

export type Administration = {
  make(kind: string, body: object): Promise<void>
  /** Changes an entry, whatever it is like. */
  change(kind: string, name: string, body: object): Promise<void>
  remove(kind: string, name: string): Promise<void>
  /** A new user with a password of his own. @returns the cookie of a log-in. */
  user(name: string, body?: object): Promise<string>
  /** Gives a user who is there a password, which he changes into one of his own. @returns the cookie of a log-in. */
  letIn(name: string): Promise<string>
}

/** @param base such as `http://127.0.0.1:8080`. @returns asks a server whose certificate, if it has one, this process trusts. */
export function askAt(base: string): Ask {
  return async (method, path, headers, body) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await fetch(`${base}${path}`, { method, headers: { ...type, ...headers }, ...sent })
    const text = await answer.text()
    const json = text === '' ? {} : JSON.parse(text)
    return { status: answer.status, json, headers: { 'set-cookie': answer.headers.getSetCookie() } }
  }
}

/** @param token of the configuration, which may do everything. */
export function administrationOf(ask: Ask, token: string): Administration {
  const must = async (...asked: Parameters<Ask>) => {
    const answer = await ask(...asked)
    const { status, json } = answer
    if (status >= 300) throw new Error(`${asked[0]} ${asked[1]}: ${status} ${JSON.stringify(json)}`)
    return answer
  }
  const bearer = { authorization: `Bearer ${token}` }
  const anyRevision = { ...bearer, 'if-match': '*' }
  const entry = (kind: string, name: string) => `/api/v1/directory/${kind}/${name}`
  const logIn = async (name: string, password: string) => {
    const { headers } = await must('POST', '/api/v1/login', OWN_PAGE, { name, password })
    return (headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
  }
  const make = async (kind: string, body: object) =>
    void (await must('POST', `/api/v1/directory/${kind}`, bearer, body))
  const letIn = async (name: string) => {
    await must('PUT', `${entry('users', name)}/password`, bearer, { password: GIVEN })
    const cookie = await logIn(name, GIVEN)
    await must('POST', '/api/v1/me/password', { ...OWN_PAGE, cookie }, { old: GIVEN, new: CHOSEN })
    return logIn(name, CHOSEN)
  }
  return {
    make,
    change: async (kind, name, body) => void (await must('PATCH', entry(kind, name), anyRevision, body)),
    remove: async (kind, name) => void (await must('DELETE', entry(kind, name), anyRevision)),
    user: async (name, body = {}) => {
      await make('users', { name, ...body })
      return letIn(name)
    },
    letIn,
  }
}

/** A browser in which a user with a password of his own is logged in. */
export async function comeIn(
  browser: Browser,
  origin: string,
  name: string,
  options: BrowserContextOptions = {},
): Promise<Person & { readonly cookie: string }> {
  const person = await newPerson(browser, origin, options)
  const data = { name, password: CHOSEN }
  const answer = await person.context.request.post('/api/v1/login', { headers: OWN_PAGE, data })
  if (!answer.ok()) throw new Error(`${name} does not come in: ${answer.status()} ${await answer.text()}`)
  return { ...person, cookie: (answer.headers()['set-cookie'] ?? '').split(';')[0] ?? '' }
}
