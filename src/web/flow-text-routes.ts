/**
 * The API for texts of flows that are being written: the schema that editors complete by, what is wrong with a text and where, and a dry run with a made-up caller, of whose keys it is told
 * how many and whether they would be taken, never which. Nothing is changed by any of them.
 */

import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import { FIELD_BRANDS, FIELD_FAULTS, type FlowFolder, type FlowTexts, publishedSchema } from '../flow/index.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { door } from './route.ts'

const closed = { additionalProperties: false } as const
const aText = Type.String({ minLength: 1, maxLength: 60_000 })
const anId = Type.Optional(Type.String({ maxLength: 64 }))
const someAct = <S extends string>(...words: S[]) => Type.Object({ act: Type.Enum(words) }, closed)

const anAct = Type.Union([
  Type.Object(
    {
      act: Type.Literal('enter'),
      keys: Type.Integer({ minimum: 0, maximum: 40 }),
      ends: Type.Enum(['terminator', 'pause', 'whole', 'clear']),
      fault: Type.Optional(Type.Enum([...FIELD_FAULTS])),
      brand: Type.Optional(Type.Enum([...FIELD_BRANDS, 'unknown'])),
    },
    { ...closed, description: 'How many keys, how the entry ends, and why it would be refused.' },
  ),
  Type.Object({ act: Type.Literal('verdict'), result: Type.Enum(['accepted', 'declined', 'failed']) }, closed),
  Type.Object(
    { act: Type.Literal('again'), fields: Type.Array(Type.Integer({ minimum: 0, maximum: 15 }), { maxItems: 16 }) },
    closed,
  ),
  someAct('clear', 'escape', 'more-time', 'yes', 'no', 'silence', 'again-all', 'go-on', 'cancel', 'hang-up'),
])
const aCheck = Type.Object({ text: aText, id: anId }, closed)
const aTrial = Type.Object({ text: aText, acts: Type.Array(anAct, { maxItems: 300 }) }, closed)

const aProblemOfText = Type.Object({
  key: Type.String(),
  says: Type.String(),
  advice: Type.String(),
  line: Type.Optional(Type.Integer()),
})
const aField = Type.Object({ name: Type.String(), kind: Type.String() })
const aStep = Type.Object({ do: Type.String(), line: Type.Optional(Type.Integer()) })
const aFlow = Type.Object({
  id: Type.String(),
  title: Type.String(),
  fields: Type.Array(aField),
  steps: Type.Array(aStep),
})
const examined = Type.Object({ problems: Type.Array(aProblemOfText), flow: Type.Optional(aFlow) }, closed)
const aRun = Type.Object(
  {
    languages: Type.Array(Type.String()),
    lines: Type.Array(Type.Object({ what: Type.String() })),
    awaits: Type.Object({ at: Type.Enum(['entry', 'confirmation', 'verdict', 'agent', 'nothing']) }),
    step: Type.Optional(Type.Integer()),
    texts: Type.Object({}, { description: 'Words of the clips, by their names.' }),
  },
  closed,
)
const aDraft = Type.Object({ id: Type.String(), text: Type.String() }, closed)

/** Adds the routes. */
export function addFlowTextRoutes(
  api: FastifyInstance,
  { flows, flowTexts }: { readonly flows: FlowFolder; readonly flowTexts: FlowTexts },
): void {
  api.get(
    '/api/v1/flow-texts/schema',
    door('flows:read', 'JSON schema of flow texts.', { 200: Type.Object({}) }),
    async () => publishedSchema(),
  )

  api.get<{ Params: { id: string } }>(
    '/api/v1/flows/:id/draft',
    door('flows:read', 'The draft of a flow, with its text.', { 200: aDraft }),
    async ({ params: { id } }) => {
      const text = flows.text(id)
      if (text === undefined) throw fault('flow.not-found')
      return { id, text }
    },
  )

  api.post<{ Body: Static<typeof aCheck> }>(
    '/api/v1/flow-texts/check',
    {
      ...door('flows:write', 'What is wrong with a text, and the steps that it says.', { 200: examined }),
      schema: { body: aCheck },
    },
    async ({ body: { text, id } }) => {
      const { problems, flow, lines } = flowTexts.examine(text, id)
      if (flow === undefined) return { problems }
      const steps = flow.steps.map((step, at) => (lines[at] === undefined ? step : { ...step, line: lines[at] }))
      return { problems, flow: { ...flow, steps } }
    },
  )

  api.post<{ Body: Static<typeof aTrial> }>(
    '/api/v1/flow-texts/dry-run',
    {
      ...door('flows:write', 'How a made-up caller fares with a text.', { 200: aRun }),
      schema: { body: aTrial },
    },
    async ({ body: { text, acts } }, reply) => {
      const tried = flowTexts.dryRun(text, acts)
      if (tried.result === 'not-fitting') throw fault('flow.act-not-fitting')
      if (tried.result === 'not-valid') {
        const problem = { ...problemOf(fault('flow.not-valid')), problems: tried.problems }
        return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
      }
      return { ...tried.run, texts: tried.texts }
    },
  )
}
