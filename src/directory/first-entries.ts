/** What the first administrator begins with: his user, and where he wants it an order form that a workgroup of his may use, so that a first secure session can start. Pure. */

import type { Change } from './change.ts'
import { completed } from './check-body.ts'
import type { Outside } from './checks.ts'
import type { Decision } from './directory.ts'
import { decideChanges, decideEdit } from './edits.ts'
import type { Picture } from './picture.ts'

export type FirstEntries = {
  readonly name: string
  readonly displayName: string
  /** Account of the phone that he works at. */
  readonly phone: string | undefined
  /** Whether the form and the workgroup are wanted. */
  readonly sample: boolean
}

const FORM = 'order'
const WORKGROUP = 'everybody'
const RIGHTS = { 'secure-input:view': 'allow', 'secure-input:start': 'allow' }

/** @returns the changes, or why they are refused: another user is faster, or a name cannot be taken. */
export function decideFirstEntries(picture: Picture, first: FirstEntries, outside: Outside): Decision {
  const { name, displayName, phone, sample } = first
  if (picture.entries.users.size > 0) return { refused: 'people.first-link-void' }
  const user = { displayName, administrator: true, ...(phone === undefined ? {} : { phone }) }
  const edit = decideEdit(picture, { kind: 'users', name, expected: 'none', how: { do: 'put', body: user } }, outside)
  if ('refused' in edit || !sample) return edit
  const form = {
    displayName: 'Order',
    title: 'Order',
    description: 'What the caller pays for. The card number is asked for by telephone.',
    flow: 'card-payment',
    fields: [
      { id: 'order number', displayName: 'Order number' },
      { id: 'charge amount', displayName: 'Amount', type: 'amount' },
    ],
    notes: 'A sample: change it, or remove it.',
  }
  const group = { displayName: 'Everybody', members: [name], supervisors: [name], forms: [FORM], rights: RIGHTS }
  const more = [
    { kind: 'forms', name: FORM, body: completed('forms', form) },
    { kind: 'workgroups', name: WORKGROUP, body: completed('workgroups', group) },
  ] as unknown as readonly Change[]
  return decideChanges(picture, [...edit.changes, ...more], outside)
}
