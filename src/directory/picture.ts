/**
 * The whole directory as it is at one moment, in memory: what sessions, calls and pages ask, without waiting for a disk. Immutable; a change
 * makes another picture.
 */

import type { Milliseconds } from '../base/units.ts'
import type { Bodies } from './bodies.ts'
import { KINDS, type Kind } from './tables.ts'

export type Entry<K extends Kind> = {
  readonly id: string
  readonly name: string
  readonly revision: number
  readonly createdMs: Milliseconds
  readonly updatedMs: Milliseconds
  readonly body: Bodies[K]
}

export type Picture = {
  /** Counts the changes of the store; two pictures of the same are alike. */
  readonly generation: number
  /** Whether the directory decides who may start sessions. Once it does, it does for good (docs/DIRECTORY.md). */
  readonly inCharge: boolean
  /** By name, sorted. */
  readonly entries: { readonly [K in Kind]: ReadonlyMap<string, Entry<K>> }
}

export const EMPTY_PICTURE: Picture = {
  generation: 0,
  inCharge: false,
  entries: Object.fromEntries(KINDS.map((kind) => [kind, new Map()])) as unknown as Picture['entries'],
}

/** @returns the picture with an entry put in, or taken out. */
export function withEntry<K extends Kind>(
  picture: Picture,
  kind: K,
  name: string,
  entry: Entry<K> | undefined,
): Picture {
  const rows = new Map<string, Entry<K>>(picture.entries[kind] as ReadonlyMap<string, Entry<K>>)
  if (entry === undefined) rows.delete(name)
  else rows.set(name, entry)
  const sorted = new Map([...rows].sort(([one], [other]) => (one < other ? -1 : 1)))
  return { ...picture, entries: { ...picture.entries, [kind]: sorted } }
}
