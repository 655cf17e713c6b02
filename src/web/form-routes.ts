/** The API for whoever works at a call: which forms its agent may choose from, and each of the four gates with what closes it (PC-22, PC-56). */

import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { type AddIns, parametersOf } from '../add-ins/index.ts'
import { fault } from '../base/fault.ts'
import type { Calls, CallView } from '../call/index.ts'
import { askGates, type Directory, type Entry, wordsIn } from '../directory/index.ts'
import { paramsWithin } from './call-routes.ts'
import { problemOf } from './problem.ts'
import { aProblem, door } from './route.ts'

const aLanguage = Type.Object(
  { language: Type.Optional(Type.String({ maxLength: 40, pattern: '^[A-Za-z0-9-]*$' })) },
  { additionalProperties: false },
)
const anAddInOfForm = Type.Object(
  {
    name: Type.Optional(Type.String()),
    version: Type.Optional(Type.String()),
    parameters: Type.Optional(Type.Record(Type.String(), Type.String())),
    missing: Type.Optional(Type.String({ description: 'Why nobody draws the form, for the agent.' })),
  },
  { additionalProperties: false, description: 'Of a custom form: who draws it, and what he is given.' },
)
const someForms = Type.Object(
  {
    inCharge: Type.Boolean(),
    agent: Type.Optional(Type.String()),
    gates: Type.Array(
      Type.Object(
        { gate: Type.String(), open: Type.Boolean(), whyNot: Type.Optional(aProblem) },
        { additionalProperties: false },
      ),
    ),
    rights: Type.Array(Type.Object({})),
    forms: Type.Array(
      Type.Object({ name: Type.String(), revision: Type.Integer(), addIn: Type.Optional(anAddInOfForm) }),
    ),
  },
  { additionalProperties: false },
)

export type FormParts = {
  readonly calls: Pick<Calls, 'get'>
  readonly directory: Pick<Directory, 'picture'>
  readonly addIns: Pick<AddIns, 'find' | 'whyMissing'>
  /** Whether secure sessions are switched on. */
  readonly isEnabled: () => boolean
}

/** Adds the route. */
export function addFormRoutes(api: FastifyInstance, { calls, directory, addIns, isEnabled }: FormParts): void {
  api.get<{ Params: { callId: string }; Querystring: Static<typeof aLanguage> }>(
    '/api/v1/calls/:callId/forms',
    {
      ...door('secure:read', 'Which forms the agent of a call may choose from, and the four gates.', {
        200: someForms,
      }),
      schema: { querystring: aLanguage },
    },
    async (request) => {
      const { callId } = paramsWithin(calls, request, 'sees')
      const call = calls.get(callId)
      if (call === undefined) throw fault('call.not-found')
      const picture = directory.picture()
      const account = call.agentLeg?.account
      const { gates, user, rights, forms } = askGates(picture, { enabled: isEnabled(), account, form: undefined })
      return {
        inCharge: picture.inCharge,
        agent: user?.name,
        gates: gates.map(({ gate, closedBy }) => ({
          gate,
          open: closedBy === undefined,
          ...(closedBy === undefined ? {} : { whyNot: problemOf(fault(closedBy)) }),
        })),
        rights,
        forms: forms.map((form) => ({
          ...shownForm(form, languagesOf(request)),
          ...addInOf(form, addIns, call, user?.name),
        })),
      }
    },
  )
}

/** Who draws a custom form, and what he is given for it (PC-81); or why nobody does, for the agent. */
function addInOf(
  { body: { type, component, attributes } }: Entry<'forms'>,
  addIns: FormParts['addIns'],
  { callId, from, to, agentLeg }: CallView,
  agent: string | undefined,
): object {
  if (type !== 'custom') return {}
  const found = component === undefined ? undefined : addIns.find(component)
  if (found === undefined) return { addIn: { missing: addIns.whyMissing(component) } }
  const { name, version, attributes: wanted } = found.manifest
  const parameters = parametersOf(attributes, wanted, { callId, from, to, agent, account: agentLeg?.account })
  return { addIn: { name, version, parameters } }
}

/** What an agent sees of a form, in his language; notes, attributes and secrets are not his. */
function shownForm({ name, revision, body }: Entry<'forms'>, languages: readonly string[]): object {
  const {
    notes: _notes,
    attributes: _attributes,
    secrets: _secrets,
    displayName,
    title,
    description,
    fields,
    ...shown
  } = body
  return {
    ...{ name, revision, ...shown },
    displayName: wordsIn(displayName, languages),
    title: wordsIn(title, languages),
    description: wordsIn(description, languages),
    fields: fields.map((field) => ({ ...field, displayName: wordsIn(field.displayName, languages) })),
  }
}

const MOST_LANGUAGES = 20

/** The one that is asked for, then those of the browser, best first (RFC 9110 section 12.5.4). */
function languagesOf({ query, headers }: { query: Static<typeof aLanguage>; headers: IncomingHttpHeaders }) {
  const accepted = (headers['accept-language'] ?? '').split(',', MOST_LANGUAGES).flatMap((range) => {
    const [, tag, quality = '1'] =
      /^([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)(?:\s*;\s*q=([01](?:\.\d{0,3})?))?$/.exec(range.trim()) ?? []
    return tag === undefined || Number(quality) === 0 ? [] : [{ tag, quality: Number(quality) }]
  })
  const sorted = accepted.toSorted((one, other) => other.quality - one.quality).map(({ tag }) => tag)
  return query.language === undefined ? sorted : [query.language, ...sorted]
}
