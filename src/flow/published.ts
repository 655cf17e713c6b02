/**
 * The schema of flow files as it is published, for editors: the shorthands are in it, our annotations are not. The checks of a file use
 * `schema.ts` itself, piece by piece, so that what they say is about one step or one field.
 */

import { fieldSchema, headSchema, isBare, labelSchema, promptsOfOneMoment, STEP_WORDS, stepSchemas } from './schema.ts'
import { FIELD_KINDS } from './terms.ts'

type Node = { readonly [key: string]: unknown }

/** @returns a JSON Schema (draft 07, which editors know best). */
export function publishedSchema(): object {
  const head = published(headSchema as object as Node)
  const alone = STEP_WORDS.filter((word) => isBare(stepSchemas[word]))
  const steps = [
    { enum: alone, description: 'A step that needs nothing beside its word.' },
    ...Object.values(stepSchemas).map((schema) => published(schema as object as Node)),
    published(labelSchema as object as Node),
  ]
  const field = { anyOf: [{ enum: [...FIELD_KINDS] }, published(fieldSchema as object as Node)] }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Sotto flow',
    ...head,
    properties: {
      ...(head as { properties: object }).properties,
      fields: { ...published(headSchema.properties.fields as object as Node), additionalProperties: field },
      steps: { ...published(headSchema.properties.steps as object as Node), items: { anyOf: steps } },
    },
    definitions: { prompt: published({ ...(promptsOfOneMoment as object as Node), shared: undefined }) },
  }
}

function published(node: Node): object {
  const { says, by, oneOrMany, bare, shared, orNumber, properties, items, additionalProperties, ...rest } = node
  if (typeof shared === 'string') return { $ref: `#/definitions/${shared}` }
  const schema = {
    ...rest,
    ...(orNumber === true ? { type: ['string', 'number'] } : {}),
    ...(properties === undefined ? {} : { properties: each(properties as Record<string, Node>) }),
    ...(items === undefined ? {} : { items: published(items as Node) }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === 'object' ? published(additionalProperties as Node) : false,
        }),
  }
  const forms: object[] = [
    schema,
    ...(oneOrMany === true ? [shorthand(items as Node)] : []),
    ...(bare === true ? [{ type: 'null' }] : []),
  ]
  return forms.length === 1 ? schema : { description: node['description'], anyOf: forms }
}

function each(properties: Readonly<Record<string, Node>>): object {
  return Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, published(child)]))
}

/** One value for a list of one; a clip alone for a rule that always fits. */
function shorthand(items: Node): object {
  const say = (items['properties'] as Record<string, Node> | undefined)?.['say']
  return say === undefined ? published(items) : { anyOf: [published(say), published(items)] }
}
