/** Who is logged in, and the way to the page where one logs in. */

import type { Static } from 'typebox'
import type { aPrincipal } from '../../src/web/me-routes.ts'
import { type Api, createApi, Problem } from './api.ts'
import { isAttended, STILL_HERE_MS } from './attended.ts'

export type Me = Static<typeof aPrincipal>

/** For a page that needs somebody: whoever is nobody, or has something to do first, goes to the door and comes back. */
export function createPageApi(): Api {
  const api = createApi({ isAttended, onNobody: goToDoor })
  // What somebody does in the page alone, such as to fill something in, is use too, and the server would not know of it.
  const timer = setInterval(() => {
    if (isAttended()) api.get('/api/v1/me').catch((error: unknown) => isNobody(error) && clearInterval(timer))
  }, STILL_HERE_MS)
  return api
}

/** @returns who is logged in; never, when the browser is on its way to the door. */
export async function whoIsThere(api: Api): Promise<Me> {
  try {
    const me = await api.get<Me>('/api/v1/me')
    if (me.mustDo === 'nothing') return me
    goToDoor()
  } catch (error) {
    if (!isNobody(error)) throw error
  }
  return new Promise(() => undefined)
}

function isNobody(error: unknown): boolean {
  return error instanceof Problem && error.body.status === 401
}

export async function logOut(api: Api): Promise<void> {
  await api.ask('POST', '/api/v1/logout').catch(() => undefined)
  location.assign('/')
}

/** A page of this server alone is gone back to. */
export function wayBack(search: string): string | undefined {
  const to = new URLSearchParams(search).get('to') ?? ''
  return /^\/(?:first|desk|admin|supervisor)\/(?:#[\w/.~-]*)?$/.test(to) ? to : undefined
}

function goToDoor(): void {
  location.assign(`/?to=${encodeURIComponent(location.pathname + location.hash)}`)
}
