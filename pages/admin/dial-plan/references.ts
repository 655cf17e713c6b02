/** What refers to a trunk or a phone. */

import type { Api } from '../../shared/api.ts'
import { everyEntry } from '../entries/entries.ts'
import type { Reference } from '../entries/remove.tsx'

export type PlanKind = 'trunks' | 'routes' | 'phones'

type Route = {
  readonly from?: string
  readonly to: { readonly phone?: string; readonly trunk?: string }
}
type Named<B> = B & { readonly name: string }

/** @returns references, by those that there are. Pure. */
export function referencesAmong(
  kind: PlanKind,
  name: string,
  routes: readonly Named<Route>[],
  users: readonly Named<{ readonly phone?: string }>[],
): readonly Reference[] {
  const at = kind === 'trunks' ? 'trunk' : 'phone'
  return [
    ...routes
      .filter(({ from }) => kind === 'trunks' && from === name)
      .map((route) => ({ kind: 'routes', name: route.name, says: 'the route is for calls from it' }) as const),
    ...routes
      .filter(({ to }) => kind !== 'routes' && to[at] === name)
      .map((route) => ({ kind: 'routes', name: route.name, says: 'the route leads to it' }) as const),
    ...users
      .filter(({ phone }) => kind === 'phones' && phone === name)
      .map((user) => ({ kind: 'users', name: user.name, says: 'the user works at it' }) as const),
  ]
}

/** @throws Problem */
export async function referencesTo(api: Api, kind: PlanKind, name: string): Promise<readonly Reference[]> {
  const routes = await everyEntry<Route>(api, 'routes')
  const users = kind === 'phones' ? await everyEntry<{ readonly phone?: string }>(api, 'users') : []
  return referencesAmong(kind, name, routes, users)
}
