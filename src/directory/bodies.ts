/**
 * What entries of each kind hold beside their name: the schemas of the API, of exported files and of what stands in the store.
 */

import { type Static, type TProperties, Type } from 'typebox'
import { NAME, secret } from '../base/config-kinds.ts'
import type { Secret } from '../base/secret.ts'
import { phoneBody, routeBody, trunkBody } from './plan-bodies.ts'
import { RIGHTS } from './rights.ts'
import type { Kind } from './tables.ts'

const SHORT_CHARS = 128
const LONG_CHARS = 2000
const ID_CHARS = 64
const LANGUAGE = { pattern: '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$', says: 'a language tag such as en or de-AT' }

function members<P extends TProperties>(description: string, properties: P) {
  return Type.Object(properties, { additionalProperties: false, description })
}
function line(description: string, notes: object = {}) {
  return Type.String({ maxLength: SHORT_CHARS, pattern: '^[^\\p{Cc}\\p{Cs}]*$', description, ...notes })
}
/** A text, or one for each language. */
function words(description: string, maxLength = SHORT_CHARS) {
  const one = Type.String({ maxLength, ...(maxLength === SHORT_CHARS ? { pattern: '^[^\\p{Cc}\\p{Cs}]*$' } : {}) })
  const each = Type.Record(Type.String({ pattern: LANGUAGE.pattern }), one, {
    propertyNames: { pattern: LANGUAGE.pattern },
    minProperties: 1,
    maxProperties: 50,
  })
  const says = `text of at most ${maxLength} characters, or a map with one for each language, such as en and de`
  return Type.Union([one, each], { default: '', description, says })
}
function paragraph(description: string) {
  return Type.String({ maxLength: LONG_CHARS, default: '', description })
}
function names(description: string, maxItems: number) {
  return Type.Array(Type.String(NAME), { maxItems, uniqueItems: true, default: [], description })
}

/** What names an entry, in addresses too. */
export const aName = Type.String({ ...NAME, description: 'What people and files call it; it never changes.' })

/** What names a version of a flow. */
export const aFlowVersion = Type.String({
  pattern: '^[a-z][a-z0-9-]{0,63}@[1-9][0-9]{0,5}$',
  says: 'a version such as card-payment@2',
  description: 'Id and version.',
})

const grants = Type.Object(
  Object.fromEntries(
    RIGHTS.map((right) => [right, Type.Optional(Type.Unsafe<'allow' | 'deny'>(Type.Enum(['allow', 'deny'])))]),
  ) as { [R in (typeof RIGHTS)[number]]: ReturnType<typeof aGrant> },
  {
    additionalProperties: false,
    default: {},
    description: 'Rights, allowed or denied; a denial wins wherever it stands.',
  },
)
function aGrant() {
  return Type.Optional(Type.Unsafe<'allow' | 'deny'>(Type.Enum(['allow', 'deny'])))
}

const user = members('Somebody who works with Sotto.', {
  displayName: line('Name shown to people.', { default: '' }),
  disabled: Type.Boolean({ default: false, description: 'Whether he may do nothing at all.' }),
  administrator: Type.Boolean({ default: false, description: "Whether he may do over the API what is no agent's." }),
  phone: Type.Optional(Type.String({ ...NAME, description: 'Account of the phone that he works at.' })),
  rights: grants,
})

const workgroup = members('Users who work at the same, and what they may do.', {
  displayName: line('Name shown to people.', { default: '' }),
  members: names('Names of users.', 5000),
  supervisors: names('Names of users who look after it.', 100),
  forms: names('Names of the forms that its members may choose from, in this order.', 200),
  language: Type.Optional(
    Type.String({
      ...LANGUAGE,
      description:
        'Language of the prompts in sessions of its members, where the flow does not say; what it lacks is said in that of secureInput.language.',
    }),
  ),
  rights: grants,
})

/** PC-31: identifies an item that is sent to the validation service; names with spaces are in use. */
export const FIELD_ID = {
  minLength: 1,
  maxLength: ID_CHARS,
  pattern: '^[\\p{L}\\p{N}_.-][\\p{L}\\p{N}_. -]*$',
  description: 'Names the item that is sent to the validation service.',
}

const field = members('One thing that the agent fills in.', {
  id: Type.String(FIELD_ID),
  displayName: words('Label.'),
  type: Type.Unsafe<'text' | 'amount' | 'date' | 'choice'>(
    Type.Enum(['text', 'amount', 'date', 'choice'], {
      default: 'text',
      description: 'What is taken: any text, an amount such as 12.50, a date such as 1999-12-31, or one of `choices`.',
    }),
  ),
  required: Type.Boolean({ default: false, description: 'Whether it must be filled in.' }),
  choices: Type.Optional(
    Type.Array(line('One of them.', { minLength: 1 }), {
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      description: 'For a choice.',
    }),
  ),
})

const attribute = members('A value that goes along with each session of the form.', {
  name: Type.String(FIELD_ID),
  value: Type.String({ maxLength: 1024, pattern: '^[^\\p{Cc}\\p{Cs}]*$', description: 'Its value.' }),
})

/** For lookups of an add-in alone: it goes to no browser and to no validation service. */
const formSecret = members('What a lookup of the add-in proves itself with.', {
  name: Type.String({ ...FIELD_ID, description: 'Its name in the manifest of the add-in.' }),
  value: Type.Optional(
    secret('Its value, ASCII; it is never answered, and stays as it is while nobody sends another.', {
      pattern: '^[\\x20-\\x7e]+$',
      says: 'text of ASCII, at most 1024 characters',
    }),
  ),
})

const form = members(
  'What an agent fills in before a secure session, and which flow the session takes (PC-25 to PC-36).',
  {
    type: Type.Unsafe<'simple' | 'custom'>(
      Type.Enum(['simple', 'custom'], {
        default: 'simple',
        description: '"simple" is drawn from its fields; "custom" is drawn by the add-in whose name is `component`.',
      }),
    ),
    component: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)+$',
        maxLength: ID_CHARS,
        description: 'Name of the component, for a custom form: that of an add-in.',
      }),
    ),
    displayName: words('Name shown where a form is chosen.'),
    title: words('Title of the dialog.'),
    description: words('What it is for; shown where a form is chosen.', LONG_CHARS),
    flow: Type.String({
      pattern: '^[a-z][a-z0-9-]{0,63}(@[1-9][0-9]{0,5})?$',
      description: 'Flow that its sessions take: the newest version, or one such as card-payment@2.',
    }),
    fields: Type.Array(field, {
      maxItems: 30,
      default: [],
      description: 'In the order in which they are shown and sent.',
    }),
    attributes: Type.Array(attribute, { maxItems: 30, default: [], description: 'Sent along behind the fields.' }),
    secrets: Type.Array(formSecret, {
      maxItems: 10,
      default: [],
      description: 'For lookups of the add-in of a custom form; they go nowhere else.',
    }),
    notes: paragraph('For whoever looks after it.'),
  },
)

const flow = members('A version of a flow that was published into the store; nobody changes it any more.', {
  text: Type.String({ minLength: 1, maxLength: 60_000, description: 'The flow file.' }),
  retired: Type.Boolean({ default: false, description: 'Whether new sessions leave it alone.' }),
})

/** By kind. */
export const bodySchemas = {
  users: user,
  flows: flow,
  forms: form,
  workgroups: workgroup,
  phones: phoneBody,
  trunks: trunkBody,
  routes: routeBody,
} as const satisfies Record<Kind, unknown>

/** Secrets are text here: sealed in the store, as they were sent before that. */
type Frozen<T> = T extends Secret ? string : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T
export type Bodies = { readonly [K in Kind]: Frozen<Static<(typeof bodySchemas)[K]>> }
