/** The API document (OpenAPI 3.1), made of what the routes say of themselves: the schemas in it are those that requests are checked with. */

import type { FastifyInstance, RouteOptions } from 'fastify'
import { SCOPES } from '../people/index.ts'
import { REQUEST_HEADER } from './gate.ts'
import { type Answer, aProblem, type RouteTerms } from './route.ts'

type Json = { [name: string]: unknown }

export type ApiDocument = {
  readonly openapi: '3.1.0'
  readonly paths: { readonly [path: string]: { readonly [method: string]: Json } }
} & Json

const PROBLEM = { $ref: '#/components/schemas/Problem' }

/** Notes every route that is registered from now on. @returns makes the document of them. */
export function documentRoutes(server: FastifyInstance, version: string): () => ApiDocument {
  const routes: RouteOptions[] = []
  server.addHook('onRoute', (route) => void routes.push(route))
  let made: ApiDocument | undefined
  return () => {
    made ??= documentOf(routes, version)
    return made
  }
}

function documentOf(routes: readonly RouteOptions[], version: string): ApiDocument {
  const paths: { [path: string]: { [method: string]: Json } } = {}
  for (const route of routes) {
    const terms = route.config?.door
    const methods = [route.method].flat().filter((method) => method !== 'HEAD')
    if (terms === undefined) continue
    const path = route.url.replace(/:(\w+)/g, '{$1}')
    for (const method of methods) {
      paths[path] ??= {}
      paths[path][method.toLowerCase()] = operationOf(route, method, terms)
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sotto',
      version,
      description: 'Calls, secure sessions and who may do what. Every problem is application/problem+json (RFC 9457).',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Problem: aProblem },
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: `An API token, or one of http.tokens. Scopes: ${Object.entries(SCOPES)
            .map(([scope, says]) => `${scope} (${says})`)
            .join(' ')}`,
        },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-sotto',
          description: `From POST /api/v1/login. Requests that change something also need the header "${REQUEST_HEADER}: 1".`,
        },
      },
    },
  }
}

function operationOf(route: RouteOptions, method: string, terms: RouteTerms): Json {
  const { querystring, params, body = terms.takes } = route.schema ?? {}
  const answers = Object.entries(terms.answers).map(([status, answer]) => [status, answerOf(answer)])
  return {
    operationId: operationId(method, route.url),
    summary: terms.says,
    ...securityOf(terms),
    parameters: [
      ...[...route.url.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
        ...{ name, in: 'path', required: true },
        schema: propertyOf(params, name) ?? { type: 'string' },
      })),
      ...queryOf(querystring),
      ...(terms.once === true
        ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 128 } }]
        : []),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: !mayBeAbsent(body), content: { 'application/json': { schema: body } } } }),
    responses: {
      ...Object.fromEntries(answers),
      default: { description: 'A problem.', content: { 'application/problem+json': { schema: PROBLEM } } },
    },
  }
}

function securityOf({ requires }: RouteTerms): Json {
  if (requires === 'nothing' || requires === 'log-in') return { security: [] }
  const needed = requires === 'anybody' ? [] : [requires]
  return { security: [{ token: needed }, { cookie: needed }], 'x-requires': requires }
}

function answerOf(answer: Answer): Json {
  if (answer === 'empty') return { description: 'Done.' }
  if ('media' in answer && typeof answer.media === 'string')
    return { description: 'As it says.', content: { [answer.media]: { schema: { type: 'string' } } } }
  return { description: 'As it says.', content: { 'application/json': { schema: answer } } }
}

function queryOf(schema: unknown): readonly Json[] {
  if (!isObjectSchema(schema)) return []
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  return Object.entries(schema.properties).map(([name, of]) => ({
    ...{ name, in: 'query', required: required.has(name), schema: of },
  }))
}

function propertyOf(schema: unknown, name: string): unknown {
  return isObjectSchema(schema) ? schema.properties[name] : undefined
}

function isObjectSchema(schema: unknown): schema is Json & { readonly properties: Json } {
  return typeof schema === 'object' && schema !== null && 'properties' in schema
}

/** A body that may be null need not be sent. */
function mayBeAbsent(body: unknown): boolean {
  return JSON.stringify(body).includes('"type":"null"')
}

/** Such as `post_calls_callId_secure_sessions`. */
function operationId(method: string, url: string): string {
  return `${method.toLowerCase()}_${url.replace(/^\/(?:api\/v1\/)?/, '').replace(/[^A-Za-z0-9]+/g, '_')}`
}
