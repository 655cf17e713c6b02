/**
 * The words of a flow file: every key with its type, default and a sentence. `docs/flow.schema.json` (for editors), the tables of
 * `docs/FLOWS.md` and the checks of a file's shape all come from here.
 *
 * Annotations beside those of JSON Schema: `says` (what a pattern means, for people), `oneOrMany` (one value may stand for a list of one),
 * `bare` (the word alone will do), `orNumber` (text that YAML may take for a number), `shared` (written once in the published schema), `by` (the
 * default, in words, when it depends on something else).
 */

import { type TProperties, type TSchema, Type } from 'typebox'
import type { SchemaNode } from '../base/config-sources.ts'
import { BRANDS, ENTRY_FAULTS, FIELD_KINDS } from './terms.ts'

type Notes = { readonly by?: string; readonly oneOrMany?: true; readonly bare?: true; readonly shared?: string }

const ID = { pattern: '^[a-z][a-z0-9-]{0,63}$', says: 'small letters, digits and dashes, beginning with a letter' }
const CLIP = { pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', says: 'the name of a clip, such as ask-card-number' }
const LOCALE = { pattern: '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$', says: 'a language tag such as en or de-AT' }
const KEY = { pattern: '^([0-9]|\\*|#|star|hash|none)$', says: 'star, hash, a digit, or none', orNumber: true }
const LENGTH = {
  pattern: '^[1-9][0-9]?(-[1-9][0-9]?)?$',
  says: 'a count of keys such as 6, or a range such as 4-17',
  orNumber: true,
}
const LABEL = { pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N} _-]{0,63}$', says: 'a name of letters, digits and spaces' }
/** As the vault takes it in a request. */
const FIELD = {
  pattern: '^[\\p{L}\\p{N}_.-][\\p{L}\\p{N}_. -]{0,63}$',
  says: 'letters, digits, spaces, dot, dash, underscore',
}

function group<P extends TProperties>(description: string, properties: P, notes: object = {}) {
  return Type.Object(properties, { additionalProperties: false, description, ...notes })
}
function text(description: string, notes: object = {}) {
  return Type.String({ minLength: 1, maxLength: 1024, description, ...notes })
}
function whole(description: string, minimum: number, maximum: number, notes: object = {}) {
  return Type.Integer({ minimum, maximum, description, ...notes })
}
function flag(description: string) {
  return Type.Boolean({ default: false, description })
}
function oneOf(description: string, words: readonly string[], notes: object = {}) {
  return Type.Enum([...words], { description, ...notes })
}
function list(description: string, items: TSchema, maxItems: number, notes: Notes = {}) {
  return Type.Array(items, { minItems: 1, maxItems, description, ...notes })
}
/** A map with keys of the writer's choice. */
function mapOf(description: string, rest: TSchema) {
  return Type.Object({}, { additionalProperties: rest, description })
}
/** The word alone: there is nothing to say beside it. */
function bare(description: string) {
  return Type.Enum([true] as unknown as string[], { description, bare: true })
}
const some = Type.Optional

const keysSchema = group('Keys with a meaning.', {
  end: some(text('Ends the entry.', { ...KEY, default: 'hash' })),
  clear: some(text('Clears what was keyed of the entry.', { ...KEY, default: 'star' })),
  escape: some(text('Pressed before anything is keyed: back to the agent.', { ...KEY, default: 'none' })),
  moreTime: some(text('Pressed before anything is keyed: more time.', { ...KEY, default: 'none' })),
})

const timing = {
  keys: some(keysSchema),
  attempts: some(whole('How often it may be tried.', 1, 10, { by: 'secureInput.attempts' })),
  firstDigitSeconds: some(
    whole('From the end of a prompt to the first key.', 1, 300, { by: 'secureInput.firstDigitSeconds' }),
  ),
  interDigitSeconds: some(whole('From one key to the next.', 1, 120, { by: 'secureInput.interDigitSeconds' })),
  moreTimes: some(whole('How often "more time" is given for an entry.', 0, 5, { by: '2 when there is a key for it' })),
}

const promptRule = group('Which clip, and when.', {
  attempt: some(whole('In this attempt only.', 1, 10, { by: 'any' })),
  brand: some(oneOf('For this card brand only.', [...BRANDS, 'unknown'], { by: 'any' })),
  say: text('The clip.', CLIP),
})
export const promptsOfOneMoment = list('A clip, or rules.', promptRule, 20, { oneOrMany: true, shared: 'prompt' })
const PROMPT_MOMENTS = ['ask', 'enter-again', 'read-back', 'confirm', 'cleared', 'more-time', ...ENTRY_FAULTS]
const promptsSchema = group(
  'Clips of your own, by moment: one, or rules of which the first that fits is taken.',
  Object.fromEntries(PROMPT_MOMENTS.map((moment) => [moment, some(promptsOfOneMoment)])),
)

/** One of `fields`, written in full. */
export const fieldSchema = group('One thing asked for.', {
  kind: some(oneOf('What it is.', FIELD_KINDS, { by: 'the name, when it is a kind or a usual name of one' })),
  length: some(text('How many keys.', { ...LENGTH, by: 'the kind' })),
  ...timing,
  digits: some(
    text('Digits that may be keyed; another one is ignored.', {
      pattern: '^[0-9]{1,10}$',
      says: 'digits',
      orNumber: true,
      default: '0123456789',
    }),
  ),
  pattern: some(text('Digit pattern that the whole entry must match.', { by: 'none' })),
  luhn: some(flag('Whether the last digit is a check digit by Luhn.')),
  brands: some(
    list('Card brands taken, for a card number.', oneOf('A brand.', BRANDS), BRANDS.length, {
      by: 'secureInput.allowedBrands',
      oneOrMany: true,
    }),
  ),
  country: some(
    text('Country of an IBAN: the two letters that cannot be keyed.', {
      pattern: '^[A-Z]{2}$',
      says: 'two capital letters',
    }),
  ),
  scheme: some(oneOf('Which national id.', ['us-ssn', 'nl-bsn', 'se-personnummer'])),
  dateOrder: some(oneOf('Order of a date of birth.', ['ddmmyyyy', 'mmddyyyy', 'yyyymmdd'])),
  decimals: some(whole('Digits of an amount after the point.', 0, 3, { default: 2 })),
  largest: some(whole('Largest amount taken, in smallest units.', 1, 999_999_999_999, { by: 'any' })),
  enterTwice: some(flag('Whether it has to be keyed twice, alike.')),
  readBack: some(oneOf('What is read back to be confirmed.', ['none', 'last-four', 'all'], { default: 'none' })),
  tell: some(
    oneOf('What the agent is told after a positive verdict.', ['nothing', 'last-four'], {
      by: 'last-four for a card number',
    }),
  ),
  prompts: some(promptsSchema),
})

const label = some(text('Name of this step, for others to go to.', LABEL))
const goal = (description: string) => some(text(description, { ...LABEL, by: 'the next step' }))
const clips = (description: string, notes: Notes = {}) =>
  list(description, text('A clip.', CLIP), 20, { oneOrMany: true, ...notes })
const bargeIn = some(
  Type.Boolean({ default: true, description: 'Whether a key stops it; the key counts for the next field.' }),
)
const aField = (description: string) => text(description, FIELD)

/** The steps, by their words. */
export const stepSchemas = {
  begin: group('Greets the caller.', {
    begin: clips('Clips of the greeting.', {
      bare: true,
      by: 'welcome, or entry-welcome in a flow without a card number',
    }),
    bargeIn,
    label,
  }),
  say: group('Plays clips.', { say: clips('Clips, in order.'), bargeIn, label }),
  collect: group('Asks for a field and takes it; passed over when it is taken already.', {
    collect: aField('Name of the field.'),
    label,
  }),
  'get-key': group('The same as collect, in the word of older systems.', {
    'get-key': aField('Name of the field.'),
    label,
  }),
  insert: group('Sends plain data along.', {
    insert: mapOf('Names and values.', Type.String({ maxLength: 1024, description: 'Value.', orNumber: true })),
    label,
  }),
  'insert-form': group("Sends the agent's form along from here; without this step it comes first.", {
    'insert-form': bare('Nothing to say beside it.'),
    label,
  }),
  validate: group('Sends one request to the validation service; its answer is the verdict.', {
    validate: bare('Nothing to say beside it.'),
    label,
  }),
  branch: group('Goes on by the last verdict.', {
    branch: group('Labels, or "end".', {
      accepted: goal('Where to after "accepted".'),
      declined: goal('Where to after "declined".'),
      failed: goal('Where to when the service gave no answer.'),
    }),
    label,
  }),
  repeat: group(
    'Forgets fields and goes back, so that they are asked for again; a field that was not forgotten is not.',
    {
      repeat: list('Names of fields, or "everything".', aField('Name of a field.'), 16, { oneOrMany: true }),
      times: some(whole('How often at most.', 1, 10, { default: 1 })),
      from: some(text('Label to go back to.', { ...LABEL, by: 'the first step that collects one of them' })),
      otherwise: goal('Where to after that.'),
      label,
    },
  ),
  'ask-agent': group(
    'After a verdict that is not positive: waits for what the agent orders. Passed over in a session begun by feature code, since that agent has no desk to order from.',
    {
      'ask-agent': whole('Seconds.', 5, 600, { bare: true, by: '60' }),
      label,
    },
  ),
  go: group('Goes to another step.', { go: text('Label, or "end".', LABEL), label }),
  end: group('Ends the session with the last verdict. So does the end of the list.', {
    end: bare('Nothing to say beside it.'),
    label,
  }),
} as const

/** A label on its own, for the step that follows. */
export const labelSchema = group('A label for the next step.', { label: text('The label.', LABEL) })

export type StepWord = keyof typeof stepSchemas
export const STEP_WORDS = Object.keys(stepSchemas) as StepWord[]

/** A flow file without what stands in `fields` and `steps`, which have schemas of their own. */
export const headSchema = group('A flow: what one secure session asks for, and in which order.', {
  id: text('Name of the flow; the file is called after it.', ID),
  title: text('What people call it.', { maxLength: 100 }),
  languages: some(
    list(
      'Languages of the prompts, best first; a clip that one lacks is taken from the next.',
      text('A language.', LOCALE),
      8,
      {
        by: 'secureInput.language',
        oneOrMany: true,
      },
    ),
  ),
  sessionSeconds: some(whole('Longest time of the session.', 30, 3600, { by: 'secureInput.sessionSeconds' })),
  defaults: some(group('For every field that does not say otherwise.', timing)),
  fields: some(mapOf('What is asked for, by the name it has in the request. A kind alone will do.', Type.Any())),
  steps: Type.Array(Type.Any(), { minItems: 1, maxItems: 100, description: 'What happens, in order.' }),
})

/** How scalars of a flow file are read: as text where text is wanted, so that 0123 and 14.55 need no quotes. */
export const readingSchema: SchemaNode = {
  ...(headSchema as object as SchemaNode),
  properties: {
    ...(headSchema as object as SchemaNode).properties,
    fields: { type: 'object', additionalProperties: fieldSchema as object as SchemaNode },
    steps: {
      type: 'array',
      items: {
        type: 'object',
        properties: Object.assign({}, ...Object.values(stepSchemas).map((step) => step.properties)),
      },
    },
  },
}

/** @returns whether a step's word may stand alone. */
export function isBare(schema: TSchema): boolean {
  const [own] = Object.values((schema as object as SchemaNode).properties ?? {})
  return own?.bare === true
}
