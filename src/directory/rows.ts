/** Between the tables and what is worked with: whole pictures read, changes written. Within a transaction of the store's. */

import type { Milliseconds } from '../base/units.ts'
import type { Bodies } from './bodies.ts'
import { type Change, type ChangeAction, differenceOf } from './change.ts'
import { completed } from './check-body.ts'
import { type Entry, type Picture, withEntry } from './picture.ts'
import { type Database, KINDS, type Kind } from './tables.ts'

/** @returns the directory as it stands. */
export async function readPicture(db: Database): Promise<Picture> {
  const meta = await db.selectFrom('meta').selectAll().execute()
  const numberOf = (name: string) => Number(meta.find((row) => row.name === name)?.value ?? 0)
  const entries: [Kind, ReadonlyMap<string, Entry<Kind>>][] = []
  for (const kind of KINDS) {
    const rows = await db.selectFrom(kind).selectAll().execute()
    const named = rows.map((row): [string, Entry<Kind>] => [
      row.name,
      {
        id: row.id,
        name: row.name,
        revision: Number(row.revision),
        createdMs: Number(row.created_ms),
        updatedMs: Number(row.updated_ms),
        body: completed(kind, JSON.parse(row.body)),
      },
    ])
    // By code point, and not as each database would sort it.
    entries.push([kind, new Map(named.sort(([one], [other]) => (one < other ? -1 : 1)))])
  }
  return {
    generation: numberOf('generation'),
    inCharge: numberOf('in-charge') > 0,
    entries: Object.fromEntries(entries) as unknown as Picture['entries'],
  }
}

export type Writing = {
  readonly by: string
  readonly atMs: Milliseconds
  readonly makeId: (kind: Kind) => string
}

/** Writes one change and its row in the history. @returns the picture with it. */
export async function writeChange(db: Database, picture: Picture, change: Change, writing: Writing): Promise<Picture> {
  const { kind, name, body } = change
  const { by, atMs } = writing
  const before = picture.entries[kind].get(name) as Entry<Kind> | undefined
  const revision = (before?.revision ?? 0) + 1
  const id = before?.id ?? writing.makeId(kind)
  const action: ChangeAction = before === undefined ? 'created' : body === undefined ? 'removed' : 'changed'
  if (body === undefined) await db.deleteFrom(kind).where('id', '=', id).execute()
  else if (before === undefined) {
    const row = { id, name, body: JSON.stringify(body), revision, created_ms: atMs, updated_ms: atMs }
    await db.insertInto(kind).values(row).execute()
  } else {
    await db
      .updateTable(kind)
      .set({ body: JSON.stringify(body), revision, updated_ms: atMs })
      .where('id', '=', id)
      .execute()
  }
  await db
    .insertInto('changes')
    .values({
      kind,
      entry_id: id,
      revision,
      name,
      action,
      at_ms: atMs,
      by_whom: by,
      difference: JSON.stringify(differenceOf(kind, before?.body, body)),
    })
    .execute()
  const entry =
    body === undefined
      ? undefined
      : {
          id,
          name,
          revision,
          createdMs: before?.createdMs ?? atMs,
          updatedMs: atMs,
          body: body as Bodies[Kind],
        }
  return withEntry(picture, kind, name, entry)
}
