/** The API for who looks after the validation service and certificates: what there is, whether it is good, and trying it. */

import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import { door } from './route.ts'

type Found = {
  readonly tookMs: number
  readonly chain: readonly object[]
  readonly whyNot?: string | undefined
  readonly rows: readonly { readonly holds: boolean }[]
}
type State =
  | { readonly state: 'none' | 'running' }
  | { readonly state: 'failed'; readonly atMs: number }
  | { readonly state: 'done'; readonly atMs: number; readonly found: Found }
type Cards = {
  readonly cardName: string
  readonly accepted?: string | undefined
  readonly declined?: string | undefined
}

export type ValidationDoor = {
  readonly services: () => readonly object[]
  readonly state: () => State
  /** Ends with the try. @throws Fault `validation.*` */
  readonly begin: (cards: Cards) => Promise<State>
  readonly certificates: () => readonly object[]
}

const closed = { additionalProperties: false } as const
const maybe = Type.Optional
/** Who waits longer than this would be taken for gone. */
const PATIENCE_MS = 15_000

const facts = {
  subject: Type.String(),
  names: Type.Array(Type.String()),
  issuer: Type.String(),
  validFrom: Type.String(),
  validTo: Type.String(),
  fingerprint256: Type.String(),
  serialNumber: Type.String(),
}
const aService = Type.Object(
  {
    name: Type.String(),
    url: Type.String(),
    format: Type.Enum(['xml', 'json', 'sealed']),
    timeoutSeconds: Type.Integer(),
    retry: Type.String(),
    retries: Type.Integer(),
    reply: Type.Enum(['strict', 'lenient']),
    serverName: maybe(Type.String()),
    hasClientCertificate: Type.Boolean(),
    pins: Type.Integer(),
    usable: Type.Boolean({
      description: 'Whether sessions can use it: its authority can be read, its host is allowed.',
    }),
  },
  closed,
)
const aTry = Type.Object(
  {
    state: Type.Enum(['none', 'running', 'done', 'failed']),
    at: maybe(Type.String()),
    passed: maybe(Type.Boolean()),
    tookMs: maybe(Type.Number()),
    verified: maybe(
      Type.Boolean({ description: 'Whether its certificates are trusted, and its key is one of the pins.' }),
    ),
    whyNot: maybe(Type.String()),
    chain: maybe(Type.Array(Type.Object({ ...facts, pin: Type.String() }, closed))),
    rows: maybe(
      Type.Array(
        Type.Object(
          { what: Type.String(), holds: Type.Boolean(), figure: Type.String(), advice: Type.String() },
          closed,
        ),
      ),
    ),
  },
  closed,
)
const someServices = Type.Object({ services: Type.Array(aService) }, closed)
const aCertificate = Type.Object(
  {
    of: Type.Enum(['http', 'sip-listener', 'trunk', 'validation']),
    name: Type.String(),
    file: Type.String(),
    state: Type.Enum(['valid', 'expires-soon', 'expired', 'not-yet', 'unreadable']),
    daysLeft: maybe(Type.Integer()),
    ...Type.Partial(Type.Object(facts)).properties,
  },
  closed,
)
const someCertificates = Type.Object({ certificates: Type.Array(aCertificate) }, closed)
const someCards = Type.Object(
  {
    cardName: maybe(Type.String({ minLength: 1, maxLength: 64 })),
    accepted: maybe(Type.String({ pattern: '^[0-9]{12,19}$', description: 'A published test card.' })),
    declined: maybe(Type.String({ pattern: '^[0-9]{12,19}$' })),
  },
  closed,
)

type Named = { name: string }

/** Adds the routes. */
export function addValidationRoutes(api: FastifyInstance, validation: ValidationDoor): void {
  const path = '/api/v1/validation/:name/test'
  const known = ({ name }: Named) => {
    if (name !== 'default') throw fault('web.not-found')
  }
  api.get(
    '/api/v1/validation',
    door('config:read', 'The services that check what was keyed.', { 200: someServices }),
    async () => ({ services: validation.services() }),
  )
  api.get<{ Params: Named }>(
    path,
    door('config:read', 'What the last try of a service came to.', { 200: aTry }),
    async ({ params }) => {
      known(params)
      return shown(validation.state())
    },
  )
  api.post<{ Params: Named; Body: Static<typeof someCards> | null }>(
    path,
    {
      ...door(
        'validation:test',
        'Tries a service with published test cards, as "sotto validation test" does; 202 while that takes longer.',
        { 200: aTry, 202: aTry },
        { does: 'validation-tried' },
      ),
      schema: { body: Type.Union([someCards, Type.Null()]) },
    },
    async ({ params, body }, reply) => {
      known(params)
      const { cardName = 'credit card', accepted, declined } = body ?? {}
      const done = await inTime(validation.begin({ cardName, accepted, declined }))
      return reply.status(done === undefined ? 202 : 200).send(shown(done ?? validation.state()))
    },
  )
  api.get(
    '/api/v1/certificates',
    door('config:read', 'The certificates that this server shows, and how long they are good.', {
      200: someCertificates,
    }),
    async () => ({ certificates: validation.certificates() }),
  )
}

/** @returns undefined when it takes longer. */
async function inTime(running: Promise<State>): Promise<State | undefined> {
  const late = Promise.withResolvers<undefined>()
  const limit = setTimeout(() => late.resolve(undefined), PATIENCE_MS)
  try {
    return await Promise.race([running, late.promise])
  } finally {
    clearTimeout(limit)
  }
}

function shown(state: State): object {
  if (!('atMs' in state)) return state
  const at = new Date(state.atMs).toISOString()
  if (state.state === 'failed') return { state: 'failed', at }
  const { tookMs, chain, whyNot, rows } = state.found
  return {
    ...{ state: 'done', at, passed: rows.every(({ holds }) => holds) && whyNot === undefined, tookMs },
    verified: whyNot === undefined,
    ...(whyNot === undefined ? {} : { whyNot }),
    ...{ chain, rows },
  }
}
