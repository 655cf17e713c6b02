/**
 * The tables of the directory, as queries see them. Every kind of entry has a table of its own with the same columns: what can be searched
 * for and referred to stands in columns, the rest is one JSON text, whose shape is `bodies.ts`.
 */

import type { Kysely } from 'kysely'
import type { Milliseconds } from '../base/units.ts'

/** The kinds of entries, in the order in which one may refer to those before it. */
export const KINDS = ['users', 'flows', 'forms', 'workgroups', 'phones', 'trunks', 'routes'] as const
export type Kind = (typeof KINDS)[number]

type EntryTable = {
  /** Made by us, never given to another entry again: other tables refer to it. */
  readonly id: string
  /** What people and files call it; it never changes. */
  readonly name: string
  readonly body: string
  /** Counts from 1; each change is one more. */
  readonly revision: number
  readonly created_ms: Milliseconds
  readonly updated_ms: Milliseconds
}

/** Every change of an entry, made with it in one transaction. */
type ChangesTable = {
  readonly kind: string
  readonly entry_id: string
  readonly revision: number
  readonly name: string
  readonly action: string
  readonly at_ms: Milliseconds
  readonly by_whom: string
  /** JSON: what it was and what it is, for each member that changed. */
  readonly difference: string
}

/** Numbers of the whole store, by name: `schema`, `generation`, `in-charge`. */
type MetaTable = { readonly name: string; readonly value: number }

/** Requests that were carried out and may come again. */
type RequestsTable = {
  readonly request_key: string
  readonly by_whom: string
  /** Of what was asked for. */
  readonly digest: string
  readonly at_ms: Milliseconds
}

export type Tables = { readonly [K in Kind]: EntryTable } & {
  readonly changes: ChangesTable
  readonly meta: MetaTable
  readonly requests: RequestsTable
}

export type Database = Kysely<Tables>
