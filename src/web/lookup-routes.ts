/**
 * The API for what the add-in of a custom form looks up (PC-88). Only the agent of the call may, where he could start a secure session with the form; where it is asked is said by the add-in's
 * manifest and the configuration, and the secrets of the form go there and nowhere else.
 */

import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { AddIns } from '../add-ins/index.ts'
import { fault } from '../base/fault.ts'
import type { Calls } from '../call/index.ts'
import { askGates, type Directory, type Seal, secretOfForm } from '../directory/index.ts'
import { paramsWithin } from './call-routes.ts'
import { door } from './route.ts'

export type LookupParts = {
  readonly calls: Pick<Calls, 'get'>
  readonly directory: Pick<Directory, 'picture'>
  readonly addIns: Pick<AddIns, 'lookUp'>
  /** Whether secure sessions are switched on. */
  readonly isEnabled: () => boolean
  readonly plan: { readonly outside: { readonly seal: Seal } }
}

const closed = { additionalProperties: false } as const
const aQuestion = Type.Object(
  { values: Type.Record(Type.String({ maxLength: 64 }), Type.String({ maxLength: 256 }), { maxProperties: 20 }) },
  closed,
)
const anAnswer = Type.Object(
  { answer: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])) },
  { ...closed, description: 'Members that the manifest names, of what the service has answered.' },
)

type Params = { callId: string; form: string; lookup: string }

/** Adds the route. */
export function addLookupRoutes(
  api: FastifyInstance,
  { calls, directory, addIns, isEnabled, plan }: LookupParts,
): void {
  api.post<{ Params: Params; Body: { values: Record<string, string> } }>(
    '/api/v1/calls/:callId/forms/:form/lookups/:lookup',
    {
      ...door(
        'secure:start',
        'Has a service asked for what the add-in of a custom form needs.',
        { 200: anAnswer },
        { does: 'form-looked-up' },
      ),
      schema: { body: aQuestion },
    },
    async (request) => {
      const { callId, form: name, lookup } = paramsWithin(calls, request, 'is-agent')
      const call = calls.get(callId)
      if (call === undefined || call.endedAtMs !== undefined) throw fault('call.not-found')
      const account = call.agentLeg?.account
      const picture = directory.picture()
      const { gates, forms } = askGates(picture, { enabled: isEnabled(), account, form: name })
      const closedBy = gates.find((gate) => gate.closedBy !== undefined)?.closedBy
      if (closedBy !== undefined) throw fault(closedBy, { callId })
      const form = forms.find((each) => each.name === name)
      if (form === undefined) throw fault('secure.unknown-form', { callId })
      const { type, component } = form.body
      if (type !== 'custom' || component === undefined) throw fault('lookup.unknown', { callId })
      const answer = await addIns.lookUp({
        ...{ callId, addIn: component, lookup, values: request.body.values },
        secretOf: (secret) => secretOfForm(form.name, form.body, secret, plan.outside.seal),
      })
      return { answer }
    },
  )
}
