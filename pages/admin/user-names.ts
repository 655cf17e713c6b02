/** Names of users by their ids, which is what tokens and records keep. */

import type { Api } from '../shared/api.ts'
import { everyEntry } from './entries/entries.ts'

/** @throws Problem */
export async function namesByIds(api: Api): Promise<ReadonlyMap<string, string>> {
  const users = await everyEntry<object>(api, 'users')
  return new Map(users.map(({ id, name }) => [id, name]))
}
