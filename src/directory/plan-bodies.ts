/**
 * What trunks, phones and routes of the store hold beside their name: the rows of the configuration file, so that one can be moved from there to here. Secrets may be
 * left out of what somebody sends; the store has them sealed (`secrets.ts`).
 */

import { Type } from 'typebox'
import { phone, route } from '../base/config-plan-schema.ts'
import { trunk } from '../base/config-trunk-schema.ts'

const closed = { additionalProperties: false } as const
const DEFAULT_RANK = 100
const HIGHEST_RANK = 9999

/** Kinds of the dial plan. */
export const PLAN_KINDS = ['trunks', 'phones', 'routes'] as const
export type PlanKind = (typeof PLAN_KINDS)[number]

/** @returns whether entries of a kind belong to the dial plan. */
export function isPlanKind(kind: string): kind is PlanKind {
  return (PLAN_KINDS as readonly string[]).includes(kind)
}

const { credentials } = trunk.properties
const { password } = credentials.properties

export const trunkBody = Type.Object(
  {
    ...Type.Omit(trunk, ['name']).properties,
    credentials: Type.Optional(
      Type.Object(
        { ...credentials.properties, password: Type.Optional(password) },
        { ...closed, description: 'What it is answered when it asks for a password.' },
      ),
    ),
  },
  { ...closed, description: 'A carrier or PBX, known by its addresses.' },
)

export const phoneBody = Type.Object(
  { ...Type.Omit(phone, ['account']).properties },
  { ...closed, description: 'A softphone account; its name is what the phone registers with.' },
)

export const routeBody = Type.Object(
  {
    ...route.properties,
    rank: Type.Integer({
      minimum: 0,
      maximum: HIGHEST_RANK,
      default: DEFAULT_RANK,
      description:
        'Routes are tried in this order, behind those of the configuration file; by name where it is the same.',
    }),
  },
  { ...closed, description: 'Where a dialled number leads.' },
)
