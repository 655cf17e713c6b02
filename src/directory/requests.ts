/** Requests that were carried out, so that one that comes again under its key is not carried out twice. Within a transaction of the store's. */

import type { RequestKey } from './directory.ts'
import type { Writing } from './rows.ts'
import type { Database } from './tables.ts'

/** Nobody sends a request again after a day. */
const KEPT_MS = 86_400_000

/** @returns whether a request is new, was carried out already, or has the key of another one. */
export async function lookUp(
  db: Database,
  { by }: Pick<Writing, 'by'>,
  { key, digest }: RequestKey,
): Promise<'new' | 'again' | 'other'> {
  const row = await db
    .selectFrom('requests')
    .select('digest')
    .where('by_whom', '=', by)
    .where('request_key', '=', key)
    .executeTakeFirst()
  if (row === undefined) return 'new'
  return row.digest === digest ? 'again' : 'other'
}

/** Keeps a request, and forgets old ones. */
export async function remember(db: Database, { by, atMs }: Writing, { key, digest }: RequestKey): Promise<void> {
  await db
    .deleteFrom('requests')
    .where('at_ms', '<', atMs - KEPT_MS)
    .execute()
  await db.insertInto('requests').values({ by_whom: by, request_key: key, digest, at_ms: atMs }).execute()
}
