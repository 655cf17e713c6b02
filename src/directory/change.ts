/** What is to become of entries, and what a change made of them. Pure: the store carries it out. */

import type { Bodies } from './bodies.ts'
import type { Entry, Picture } from './picture.ts'
import { hiddenSecrets } from './secrets.ts'
import { KINDS, type Kind } from './tables.ts'

/** One entry as it shall be; without a body it goes. */
export type Change = {
  readonly [K in Kind]: { readonly kind: K; readonly name: string; readonly body: Bodies[K] | undefined }
}[Kind]

/** Members of a body that changed: before and after; absent where there was or is nothing. */
export type Difference = { readonly [member: string]: { readonly from?: unknown; readonly to?: unknown } }

export type ChangeAction = 'created' | 'changed' | 'removed'

/** A text in the history longer than this is named by its length alone: a flow file is kept with its version already. */
const LONGEST_CHARS = 4000

/** @returns what differs between two bodies of a kind, member by member; of secrets, only that they do. */
export function differenceOf(kind: Kind, before: object | undefined, after: object | undefined): Difference {
  const one = (before ?? {}) as Readonly<Record<string, unknown>>
  const other = (after ?? {}) as Readonly<Record<string, unknown>>
  const [shownOne, shownOther] = [hiddenSecrets(kind, one), hiddenSecrets(kind, other)]
  const members = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort()
  return Object.fromEntries(
    members
      .filter((member) => JSON.stringify(one[member]) !== JSON.stringify(other[member]))
      .map((member) => [
        member,
        {
          ...(one[member] === undefined ? {} : { from: shortened(shownOne[member]) }),
          ...(other[member] === undefined ? {} : { to: shortened(shownOther[member]) }),
        },
      ]),
  )
}

/**
 * @returns whether the directory decides from now on who may start a session: once it holds a form, a workgroup or a right. Users alone do not
 * count, so that the first administrator takes nothing from anybody.
 */
export function takesCharge(changes: readonly Change[]): boolean {
  return changes.some(({ kind, body }) => {
    if (body === undefined) return false
    if (kind === 'forms' || kind === 'workgroups') return true
    return kind === 'users' && Object.keys(body.rights).length > 0
  })
}

/** @returns changes without those that change nothing, in an order in which nothing refers to what is not there. */
export function effective(picture: Picture, changes: readonly Change[]): readonly Change[] {
  const real = changes.filter(({ kind, name, body }) => {
    const before = picture.entries[kind].get(name) as Entry<Kind> | undefined
    return JSON.stringify(before?.body) !== JSON.stringify(body)
  })
  const rank = ({ kind, body }: Change) => (body === undefined ? -KINDS.indexOf(kind) - 1 : KINDS.indexOf(kind))
  return real.toSorted((one, other) => rank(one) - rank(other))
}

function shortened(value: unknown): unknown {
  return typeof value === 'string' && value.length > LONGEST_CHARS ? `(${value.length} characters)` : value
}
