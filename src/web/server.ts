/**
 * The HTTP server of control: the API for agents' desks and the page of problems. It listens on what the configuration says,
 * answers nobody without a token, and never repeats a request's content in an answer or a log line.
 */

import { Server as TlsServer } from 'node:tls'
import Fastify, { type FastifyInstance } from 'fastify'
import { asFault, fault } from '../base/fault.ts'
import type { Log } from '../base/log.ts'
import type { Secret } from '../base/secret.ts'
import type { Calls } from '../call/index.ts'
import { type FlowFolder, outsideOf } from '../flow/index.ts'
import { createTokenGuard } from './auth.ts'
import { addCallRoutes } from './call-routes.ts'
import { addConfigRoutes, type ConfigDoor } from './config-routes.ts'
import { addDirectoryRoutes, type DirectoryDoor } from './directory-routes.ts'
import { addFlowRoutes, type FlowEvent } from './flow-routes.ts'
import { addFormRoutes } from './form-routes.ts'
import { addHistoryRoutes, type HistoryDoor } from './history-routes.ts'
import { writeJson } from './json.ts'
import { addMediaRoutes, type MediaDoor } from './media-routes.ts'
import { PROBLEM_TYPE, problemOf, problemsPage } from './problem.ts'
import { addTraceRoutes, type TraceDoor } from './trace-routes.ts'
import { addTrunkRoutes, type TrunkDoor } from './trunk-routes.ts'

const BODY_LIMIT_BYTES = 65_536
/** Whoever sends a request a letter at a time, or nothing at all, is closed after its limit and a look at the clock. */
const REQUEST_LIMIT_MS = 20_000
const HEADERS_LIMIT_MS = 10_000
const LOOK_EVERY_MS = 5000
const TLS_MIN = 'TLSv1.2'
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export type Health = {
  readonly ready: boolean
  readonly draining: boolean
  readonly calls: number
  readonly vaults: number
  readonly media: readonly string[]
  /** Whether new calls are taken, and why not. */
  readonly admission: { readonly takesCalls: boolean }
  /** Secure sessions can be recorded just now. */
  readonly audit: boolean
  /** Whether the call history is written, and what waits. */
  readonly history: { readonly available: boolean; readonly waiting: number }
}

/** What may change while it serves. */
export type WebSettings = {
  readonly tls: { readonly certificate: string; readonly key: string } | undefined
  readonly tokens: readonly Secret[]
}

export type WebOptions = WebSettings & {
  readonly address: string
  readonly port: number
  readonly calls: Calls
  readonly flows: FlowFolder
  /** Those in files alone. */
  readonly flowFiles: FlowFolder
  readonly onFlow: (event: FlowEvent) => void
  readonly health: () => Health
  readonly history: HistoryDoor
  readonly directory: DirectoryDoor
  readonly traces: TraceDoor
  readonly media: MediaDoor
  readonly trunks: TrunkDoor
  /** Whether secure sessions are switched on. */
  readonly isEnabled: () => boolean
  /** The page that Prometheus reads. */
  readonly metrics: () => string
  /** Loads the prompts anew. @throws Fault `vault.prompts-missing` and the like */
  readonly reloadPrompts: () => void
  readonly config: ConfigDoor
  readonly log: Log
}

export type Web = {
  readonly port: number
  /** Who has no token any more gets nothing more, streams included. Whether TLS is spoken stays as it was. @throws what TLS throws at a certificate */
  reconfigure(settings: WebSettings): void
  close(): Promise<void>
}

/** @throws Fault `web.cannot-listen` */
export async function startWeb(options: WebOptions): Promise<Web> {
  const guard = createTokenGuard(options.tokens)
  const server = buildServer(options, guard)
  try {
    await server.listen({ host: options.address, port: options.port })
  } catch (error) {
    throw fault('web.cannot-listen', { port: options.port }, error)
  }
  const bound = server.server.address()
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : options.port,
    reconfigure: ({ tls, tokens }) => {
      if (tls !== undefined && server.server instanceof TlsServer)
        server.server.setSecureContext({ cert: tls.certificate, key: tls.key, minVersion: TLS_MIN })
      guard.replace(tokens)
    },
    close: async () => {
      server.server.closeAllConnections()
      await server.close()
    },
  }
}

/** The server without a port, for tests to inject requests into. */
export function buildServer(options: WebOptions, guard = createTokenGuard(options.tokens)): FastifyInstance {
  const limits = { headersTimeout: HEADERS_LIMIT_MS, connectionsCheckingInterval: LOOK_EVERY_MS }
  const server = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_LIMIT_MS,
    connectionTimeout: 0,
    logger: false,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    ...(options.tls === undefined
      ? { http: limits }
      : { https: { ...limits, cert: options.tls.certificate, key: options.tls.key, minVersion: TLS_MIN } }),
  }) as unknown as FastifyInstance

  server.addHook('onRequest', async ({ raw: { rawHeaders } }) => {
    // Two say that somebody on the way may have read another one than we do (RFC 9112 section 3.2).
    if (rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length > 1)
      throw fault('web.bad-request')
  })

  server.setReplySerializer(writeJson)
  server.setErrorHandler((error, _request, reply) => {
    // Fastify's own refusals (schema, syntax, size) quote the request: they become one of our rows instead.
    const problem = problemOf(isRefusal(error) ? fault('web.bad-request') : error)
    options.log.fault(isRefusal(error) ? fault('web.bad-request') : asFault(error))
    return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
  })
  server.setNotFoundHandler((_request, reply) => {
    const problem = problemOf(fault('web.not-found'))
    return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
  })
  server.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff')
    reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
    reply.header('referrer-policy', 'no-referrer')
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  })

  server.get('/health', async (_request, reply) => {
    const { ready, draining } = options.health()
    return reply.status(ready && !draining ? 200 : 503).send({ ready, draining })
  })
  // Whoever restarts what is not alive must not restart what drains, or waits for a vault.
  server.get('/live', async () => ({ alive: true }))
  server.get('/problems', async (_request, reply) => reply.type('text/html; charset=utf-8').send(problemsPage()))

  server.register(async (api) => {
    api.addHook('onRequest', async (request, reply) => {
      const { authorization } = request.headers
      if (guard.allows(authorization)) {
        // A stream of events goes on for as long as its reader may; whatever else is under way is soon over.
        const end = () => void (reply.raw.headersSent && reply.raw.end())
        return void reply.raw.once('close', guard.watch(authorization, end))
      }
      reply.header('www-authenticate', 'Bearer realm="sotto"')
      throw fault('web.unauthorized')
    })
    addCallRoutes(api, options.calls, [options.trunks, options.history, options.directory])
    addFlowRoutes(api, options, () => 'api-token')
    addDirectoryRoutes(api, options.directory, outsideOf(options.flowFiles), () => 'api-token')
    addFormRoutes(api, options.calls, options.directory, options.isEnabled)
    addHistoryRoutes(api, options.history)
    addTraceRoutes(api, options.traces)
    addMediaRoutes(api, options.media)
    addConfigRoutes(api, options.config)
    addTrunkRoutes(api, options.trunks)
    api.get('/api/v1/status', async () => options.health())
    api.get('/metrics', async (_request, reply) => reply.type(METRICS_TYPE).send(options.metrics()))
    api.post('/api/v1/prompts/reload', async (_request, reply) => {
      options.reloadPrompts()
      return reply.status(204).send()
    })
  })
  return server
}

function isRefusal(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return false
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500
}
