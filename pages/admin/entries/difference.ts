/** What differs between two states of an entry, for people; and how two changes of one entry come together. Pure. */

import type { Body } from './entries.ts'

/** One member: what it was and what it is, as text; of a list what came, what went, and whether the rest stands in another order. */
export type Row = {
  readonly member: string
  readonly from?: string
  readonly to?: string
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
  readonly isReordered?: boolean
}

const NOTHING: readonly string[] = ['(empty)', '(none)', 'no']

/** @returns whether two values say the same; the order of members of an object says nothing. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
}

/** @returns the members that differ. */
export function changedMembers(before: Body, after: Body): readonly string[] {
  const members = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...members].filter((member) => !isSame(before[member], after[member]))
}

/**
 * Puts a change of somebody else under one's own: what only one of them touched is as he wanted it.
 * @param wins whose is taken where both did. @returns the result, and the members that both changed to something else.
 */
export function bringTogether<B extends Body>(
  before: B,
  mine: B,
  theirs: B,
  wins: 'mine' | 'theirs',
): { readonly body: B; readonly both: readonly string[] } {
  const touched = changedMembers(before, mine)
  const both = touched.filter(
    (member) => !isSame(before[member], theirs[member]) && !isSame(mine[member], theirs[member]),
  )
  const kept = touched.filter((member) => wins === 'mine' || !both.includes(member))
  const members = new Map(Object.entries(theirs))
  for (const member of kept) {
    if (mine[member] === undefined) members.delete(member)
    else members.set(member, mine[member])
  }
  return { body: Object.fromEntries(members) as B, both }
}

/** @returns a row for each member that differs. */
export function rowsBetween(before: Body, after: Body): readonly Row[] {
  return changedMembers(before, after).map((member) => rowOf(member, before[member], after[member]))
}

/** @returns how one member changed. */
export function rowOf(member: string, from: unknown, to: unknown): Row {
  if (Array.isArray(from ?? to) && (from === undefined || to === undefined || Array.isArray(to))) {
    const [before, after] = [(from ?? []) as unknown[], (to ?? []) as unknown[]].map((list) => list.map(textOf))
    const added = (after ?? []).filter((each) => !before?.includes(each))
    const removed = (before ?? []).filter((each) => !after?.includes(each))
    return { member, added, removed, isReordered: added.length === 0 && removed.length === 0 }
  }
  return {
    member,
    ...(from === undefined ? {} : { from: textOf(from) }),
    ...(to === undefined ? {} : { to: textOf(to) }),
  }
}

/** @returns whether a member of an entry that was made or removed says something: one that was left empty does not. */
export function isTelling({ from, to, added = [], removed = [] }: Row): boolean {
  const values = [from, to, ...added, ...removed].filter((value) => value !== undefined)
  return values.some((value) => !NOTHING.includes(value))
}

/** @returns a value as people read it. */
export function textOf(value: unknown): string {
  if (value === undefined || value === '') return '(empty)'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : value.map(textOf).join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value)
  return members.length === 0 ? '(none)' : members.map(([name, each]) => `${name}: ${textOf(each)}`).join('; ')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  )
}
