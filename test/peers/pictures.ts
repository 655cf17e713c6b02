/** Directories for tests: a name and what matters of a body for each entry, the rest by its defaults. */

import { completed, EMPTY_PICTURE, KINDS, type Kind, type Picture } from '../../src/directory/index.ts'

export type Bodies = { readonly [K in Kind]?: Readonly<Record<string, object>> }

/** @returns a picture of a directory in charge. */
export function pictureOf(bodies: Bodies): Picture {
  const entries = KINDS.map((kind) => {
    const rows = Object.entries(bodies[kind] ?? {}).map(([name, body]) => [
      name,
      { id: `${kind}-${name}`, name, revision: 1, createdMs: 0, updatedMs: 0, body: completed(kind, body) },
    ])
    return [kind, new Map(rows as never)]
  })
  return { ...EMPTY_PICTURE, generation: 1, inCharge: true, entries: Object.fromEntries(entries) }
}

export const RIGHTS_OF_AGENTS = { 'secure-input:view': 'allow', 'secure-input:start': 'allow' }

/** An agent at the phone `agent`, in a workgroup with one form of a single field. */
export const ONE_FORM: Bodies = {
  users: { amy: { phone: 'agent' } },
  forms: {
    order: { title: 'Order', flow: 'card-payment', fields: [{ id: 'Order number', required: true }] },
  },
  workgroups: { payments: { members: ['amy'], forms: ['order'], rights: RIGHTS_OF_AGENTS } },
}
