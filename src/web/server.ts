/**
 * The HTTP server of control: the API for agents' desks and the page of problems. It listens on what the configuration says,
 * answers nobody whom the door has not let in, and never repeats a request's content in an answer or a log line.
 *
 * Who is slow is not waited for: ten seconds for a TLS handshake or the head of a request, twenty for all of it, and half a minute in which nothing moves, nothing is asked, or an answer is taken in drops.
 */

import { Server as TlsServer } from 'node:tls'
import Fastify, { type FastifyInstance } from 'fastify'
import type { AddIns } from '../add-ins/index.ts'
import { asFault, fault } from '../base/fault.ts'
import { makeId, type RandomBytes } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import type { Calls } from '../call/index.ts'
import { type FlowFolder, type FlowTexts, outsideOf } from '../flow/index.ts'
import type { People, SignOn } from '../people/index.ts'
import { type AccessReading, addAccessRoutes } from './access-routes.ts'
import { addAddInRoutes } from './add-in-routes.ts'
import { accountsOf, addCallRoutes } from './call-routes.ts'
import { addConfigRoutes, type ConfigDoor } from './config-routes.ts'
import { type ConfiguredToken, createConfiguredTokens } from './configured-tokens.ts'
import { watchConnections } from './connections.ts'
import { addDirectoryRoutes, type DirectoryDoor } from './directory-routes.ts'
import { addDoor, type DoorOptions, isSecure, termsOf } from './door.ts'
import { addDraftRoutes } from './draft-routes.ts'
import { addEmbedders } from './embedders.ts'
import { createEventRing, type ToldEvent } from './event-ring.ts'
import { addEventRoutes } from './event-routes.ts'
import { addFirstRunRoutes, type FirstRunDoor } from './first-run-routes.ts'
import { addFlowRoutes, type FlowEvent } from './flow-routes.ts'
import { addFlowTextRoutes } from './flow-text-routes.ts'
import { addFormRoutes } from './form-routes.ts'
import { addHistoryRoutes, type HistoryDoor } from './history-routes.ts'
import { writeJson } from './json.ts'
import { addLookupRoutes } from './lookup-routes.ts'
import { addMeRoutes } from './me-routes.ts'
import { addMediaRoutes, type MediaDoor } from './media-routes.ts'
import { addOnce } from './once.ts'
import { documentRoutes } from './openapi.ts'
import type { PageFiles } from './page-files.ts'
import { addPageRoutes } from './page-routes.ts'
import { addPeopleRoutes } from './people-routes.ts'
import { addPlanRoutes, type PlanDoor } from './plan-routes.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { addPromptRoutes, type PromptDoor } from './prompt-routes.ts'
import { addEntityTags } from './read-tags.ts'
import { refuseUnread, refuseUnrouted } from './refusals.ts'
import { SECURITY_HEADERS, STRICT_TRANSPORT } from './security-headers.ts'
import { HTML_TYPE, problemPage } from './sign-on-page.ts'
import { addSignOnRoutes, SIGN_ON_PATH } from './sign-on-routes.ts'
import { addStateRoutes, type StateDoor } from './state-routes.ts'
import { addStatisticsRoutes } from './statistics-routes.ts'
import { createStreams } from './streams.ts'
import { addTeamRoutes } from './team-routes.ts'
import { addTokenRoutes } from './token-routes.ts'
import { addTraceRoutes, type TraceDoor } from './trace-routes.ts'
import { addTrunkRoutes, type TrunkDoor } from './trunk-routes.ts'
import { addValidationRoutes, type ValidationDoor } from './validation-routes.ts'
import { addVerificationRoutes, type VerificationDoor } from './verification-routes.ts'

const BODY_LIMIT_BYTES = 65_536
/** How long who is slow is waited for, ms. */
export type SlowLimits = {
  /** For a TLS handshake, and for the head of a request from when its connection came. */
  readonly headMs: number
  /** For all of a request. */
  readonly requestMs: number
  /** For anything to move on a connection; streams have a beat. */
  readonly silentMs: number
  /** How often it is looked for who is slow. */
  readonly checkMs: number
}
const SLOW_LIMITS: SlowLimits = { headMs: 10_000, requestMs: 20_000, silentMs: 25_000, checkMs: 2000 }
const TLS_MIN = 'TLSv1.2' as const

/** What may change while it serves. */
export type WebSettings = {
  readonly tls: { readonly certificate: string; readonly key: string } | undefined
  readonly tokens: readonly ConfiguredToken[]
}

export type WebOptions = DoorOptions &
  WebSettings &
  StateDoor & {
    readonly address: string
    readonly port: number
    /** Proxies that are believed who asks, and whether it came over TLS. */
    readonly proxies: readonly string[]
    /** Origins of pages of others that may use the API with a token. */
    readonly embedders: readonly string[]
    readonly version: string
    readonly random: RandomBytes
    readonly calls: Calls
    readonly flows: FlowFolder
    /** Those in files alone. */
    readonly flowFiles: FlowFolder
    /** Those that are being written. */
    readonly flowTexts: FlowTexts
    readonly onFlow: (event: FlowEvent) => void
    readonly history: HistoryDoor
    readonly records: VerificationDoor
    readonly directory: DirectoryDoor
    readonly plan: PlanDoor
    readonly prompts: PromptDoor
    readonly validation: ValidationDoor
    readonly traces: TraceDoor
    readonly media: MediaDoor
    readonly trunks: TrunkDoor
    readonly config: ConfigDoor
    readonly addIns: AddIns
    readonly people: People
    readonly firstRun: FirstRunDoor
    readonly pages: PageFiles
    /** Undefined: passwords alone. */
    readonly signOn: SignOn | undefined
    /** Whether secure sessions are switched on. */
    readonly isEnabled: () => boolean
    readonly accessLog: DoorOptions['accessLog'] & AccessReading
    readonly log: Log
    /** For tests. */
    readonly slowLimits?: SlowLimits
  }

export type Web = {
  readonly port: number
  /** Who has no token any more gets nothing more, streams included. Whether TLS is spoken stays as it was. @throws what TLS throws at a certificate */
  reconfigure(settings: WebSettings): void
  close(): Promise<void>
}

/** @throws Fault `web.cannot-listen` */
export async function startWeb(options: WebOptions): Promise<Web> {
  const configured = createConfiguredTokens(options.tokens)
  const server = buildServer(options, configured)
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
      configured.replace(tokens)
    },
    close: async () => {
      server.server.closeAllConnections()
      await server.close()
    },
  }
}

/** The server without a port, for tests to inject requests into. */
export function buildServer(options: WebOptions, configured = createConfiguredTokens(options.tokens)): FastifyInstance {
  const server = bareServer(options)
  const apiDocument = documentRoutes(server, options.version)
  addEmbedders(server, options.embedders)
  const door = addDoor(server, options, configured)
  addOnce(server, options.now)
  addEntityTags(server)
  answerFailures(server, options.log)

  const { calls, trunks, history, people, directory, addIns } = options
  const streams = createStreams(door)
  const ring = createEventRing(
    makeId(options.random, 'run-'),
    [calls, trunks, history, directory].map(
      (source) => (listener: (event: ToldEvent) => void) => source.subscribe(listener),
    ),
    (callId) => accountsIn(calls, callId),
  )
  const ends = [
    people.onEnded(streams.end),
    directory.subscribe(streams.refresh),
    configured.subscribe(streams.refresh),
    ring.close,
  ]
  server.addHook('onClose', async () => {
    for (const end of ends) end()
  })

  addStateRoutes(server, options, apiDocument)
  addPageRoutes(server, options.pages)
  addMeRoutes(server, people, options.signOn)
  addSignOnRoutes(server, options.signOn)
  addTokenRoutes(server, people)
  addPeopleRoutes(server, people)
  addAccessRoutes(server, options.accessLog)
  addCallRoutes(server, calls, options.now)
  addEventRoutes(server, ring, streams)
  addFlowRoutes(server, options)
  addFlowTextRoutes(server, options)
  const outside = {
    ...{ ...outsideOf(options.flowFiles), plan: options.plan.outside },
    hasComponent: addIns.takesComponent,
  }
  addDirectoryRoutes(server, directory, outside)
  addFirstRunRoutes(server, { people, directory, outside, firstRun: options.firstRun })
  addValidationRoutes(server, options.validation)
  addPromptRoutes(server, options.prompts, directory)
  addPlanRoutes(server, { directory, plan: options.plan, outside, calls })
  addDraftRoutes(server, calls, options.random)
  addFormRoutes(server, options)
  addLookupRoutes(server, options)
  addAddInRoutes(server, addIns, directory, options.embedders)
  addHistoryRoutes(server, history)
  addStatisticsRoutes(server, history)
  addTeamRoutes(server, directory)
  addVerificationRoutes(server, calls, history, options.records)
  addTraceRoutes(server, options.traces, streams)
  addMediaRoutes(server, options.media)
  addConfigRoutes(server, options.config)
  addTrunkRoutes(server, trunks)
  return server
}

function bareServer({ proxies, tls, slowLimits = SLOW_LIMITS }: WebOptions): FastifyInstance {
  const { headMs, requestMs, silentMs, checkMs } = slowLimits
  const slow = { headersTimeout: headMs, connectionsCheckingInterval: checkMs }
  const secure = tls && {
    ...{ cert: tls.certificate, key: tls.key, minVersion: TLS_MIN, handshakeTimeout: headMs },
    ...slow,
  }
  const server = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: requestMs,
    connectionTimeout: silentMs,
    // Answers announce it: less one second, which Node adds, and the two looks by which `watchConnections` may be early. Who goes by it asks on a connection that stands.
    keepAliveTimeout: Math.max(1, silentMs - 2 * checkMs - 1000),
    trustProxy: proxies.length === 0 ? false : [...proxies],
    logger: false,
    clientErrorHandler: refuseUnread,
    frameworkErrors: refuseUnrouted,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    ...(secure === undefined ? { http: slow } : { https: secure }),
  }) as unknown as FastifyInstance
  watchConnections(server, silentMs, checkMs)
  return server
}

function answerFailures(server: FastifyInstance, log: Log): void {
  server.setReplySerializer(writeJson)
  server.setErrorHandler((error, request, reply) => {
    // Fastify's own refusals (schema, syntax, size) quote the request: they become one of our rows instead.
    const cause = isRefusal(error) ? fault('web.bad-request') : asFault(error)
    const problem = problemOf(cause)
    request.faultCode = problem.code
    log.fault(cause)
    const { retryAfterSeconds } = cause.detail
    if (typeof retryAfterSeconds === 'number' && retryAfterSeconds > 0) reply.header('retry-after', retryAfterSeconds)
    if (termsOf(request)?.page === true)
      return reply.status(problem.status).type(HTML_TYPE).send(problemPage(problem, SIGN_ON_PATH))
    return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
  })
  server.setNotFoundHandler((request, reply) => {
    const problem = problemOf(fault('web.not-found'))
    request.faultCode = problem.code
    return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
  })
  server.addHook('onSend', async (request, reply) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) if (!reply.hasHeader(name)) reply.header(name, value)
    if (isSecure(request)) reply.header(...STRICT_TRANSPORT)
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  })
}

function accountsIn(calls: Calls, callId: string): readonly (string | undefined)[] {
  const view = calls.get(callId)
  return view === undefined ? [] : accountsOf(view)
}

function isRefusal(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return false
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500
}
