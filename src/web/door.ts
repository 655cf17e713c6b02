/**
 * The door of the HTTP interface: for each request, whether it is one that we answer, who asks, and whether he may; and afterwards what of it goes into the access log.
 *
 *   onRequest   one Host of ours, no TRACE -> who: token, or cookie of a page of ours -> nothing that he has to do first -> the scope of the route
 *   preHandler  what is administered is not done where it cannot be logged
 *   onSend      into the access log, before the answer leaves
 */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AccessEvent } from '../audit/index.ts'
import { fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import { maskCardNumbers } from '../base/mask.ts'
import { sourceOf } from '../base/source-address.ts'
import type { Calls } from '../call/index.ts'
import type { People, Principal, Scope } from '../people/index.ts'
import { accountsOf } from './call-routes.ts'
import type { ConfiguredTokens } from './configured-tokens.ts'
import { cookieIn, hostCount, isOurHost, isOwnPage, isReading, REQUEST_HEADER, UNATTENDED_HEADER } from './gate.ts'
import type { RouteTerms } from './route.ts'

export type DoorOptions = {
  readonly people: Pick<People, 'byCookie' | 'byToken'>
  readonly calls: Pick<Calls, 'list'>
  /** Names of this server. */
  readonly hosts: readonly string[]
  readonly accessLog: { readonly available: boolean; note(event: AccessEvent): Promise<void> }
  /** A clock that never runs backwards. */
  readonly now: () => number
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; undefined where nobody has to. */
    principal: Principal | undefined
    /** Id of the user whom somebody tried to be, or whom it is about; empty when nobody is known. */
    aboutUser: string
    /** What it failed of. */
    faultCode: FaultCode | undefined
  }
}

export type Door = {
  /** @returns who asks; undefined for nobody. Counts as no use of a log-in by itself. */
  stillThere(request: FastifyRequest): Promise<Principal | undefined>
  /** A stream has no end at which it could be logged. */
  streamBegan(request: FastifyRequest): void
}

/** What an agent does in a call goes on without the log: it is in the signed record of its session. */
const UNGATED: ReadonlySet<string> = new Set<Scope>(['calls:write', 'secure:start'])
/** Failed tries that are all logged: they are of somebody, or stopped by the guard before there are many. */
const PROVEN_SOMETHING: ReadonlySet<FaultCode> = new Set(['people.wrong-credentials', 'people.not-admitted'])
/** One refusal of a source is logged in this time, so that nobody fills the disk by asking. */
const REFUSALS_MS = 10_000
const MOST_SOURCES = 10_000

/** Puts the door before every route of the instance, those of its plugins included. */
export function addDoor(
  server: FastifyInstance,
  options: DoorOptions,
  configured: Pick<ConfiguredTokens, 'find'>,
): Door {
  const { people, calls, accessLog } = options
  const hosts = new Set(options.hosts.map((host) => host.toLowerCase()))
  const isLogged = oncePer(REFUSALS_MS, options.now)

  /** Who talks by his phone is at work here, though he does not touch his page: it does not leave him in the middle of a call, nor of a secure session. */
  const isTalking = (phone: string | undefined) =>
    phone !== undefined &&
    calls.list().some((call) => call.bridgedAtMs !== undefined && accountsOf(call).includes(phone))
  const whoAsks = async (request: FastifyRequest, isUse: boolean): Promise<Principal | undefined> => {
    const { authorization, cookie } = request.headers
    if (authorization !== undefined) {
      const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
      return token === undefined ? undefined : (configured.find(token) ?? (await people.byToken(token)))
    }
    const value = cookieIn(cookie, isSecure(request))
    return value === undefined ? undefined : people.byCookie(value, (user) => isUse || isTalking(user?.phone))
  }

  server.decorateRequest('principal', undefined)
  server.decorateRequest('aboutUser', '')
  server.decorateRequest('faultCode', undefined)
  server.addHook('onRoute', ({ config, url, method }) => {
    if (config?.door === undefined) throw new Error(`a route that does not say who may take it: ${method} ${url}`)
  })

  server.addHook('onRequest', async (request, reply) => {
    if (request.method === 'TRACE') throw fault('web.method-not-allowed')
    if (hostCount(request.raw.rawHeaders) > 1) throw fault('web.bad-host')
    const terms = termsOf(request)
    const hasToken = request.headers.authorization !== undefined
    // No browser sends a token by itself, so that a name that points here by somebody's will gains nothing.
    if (!hasToken && terms?.requires !== 'nothing' && !isOurHost(request.headers.host, hosts))
      throw fault('web.wrong-host')
    if (terms === undefined || terms.requires === 'nothing') return
    const hasCookie = !hasToken && request.headers.cookie !== undefined
    const isAsked = (hasCookie || terms.requires === 'log-in') && terms.fromElsewhere !== true
    if (isAsked && !isOwnPage(provenanceOf(request))) throw fault('web.cross-site')
    if (terms.requires === 'log-in') return
    const principal = await whoAsks(request, request.headers[UNATTENDED_HEADER] !== '1')
    if (principal === undefined) {
      reply.header('www-authenticate', 'Bearer realm="sotto"')
      throw fault('web.unauthorized')
    }
    request.principal = principal
    if (principal.mustDo !== 'nothing' && terms.onTheWay !== true)
      throw fault(principal.mustDo === 'enrol' ? 'people.must-enrol' : 'people.must-change-password')
    if (terms.requires !== 'anybody' && !principal.scopes.has(terms.requires)) throw fault('web.forbidden')
  })

  server.addHook('preHandler', async (request) => {
    const terms = termsOf(request)
    if (terms?.does !== undefined && !UNGATED.has(terms.requires) && !accessLog.available)
      throw fault('access.not-writable')
  })

  server.addHook('onSend', async (request, reply) => {
    const terms = termsOf(request)
    if (!isToBeLogged(request, terms, isLogged)) return
    const event = eventOf(request, terms, reply.statusCode < 400 ? 'yes' : 'no')
    // What cannot be written waits, has raised its alarm, and closes the door for the next.
    await accessLog.note(event).catch(() => undefined)
  })

  return {
    stillThere: (request) => whoAsks(request, false),
    streamBegan(request) {
      const terms = termsOf(request)
      if (terms?.does !== undefined) void accessLog.note(eventOf(request, terms, 'yes')).catch(() => undefined)
    },
  }
}

export function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https'
}

function provenanceOf(request: FastifyRequest) {
  const text = (value: string | readonly string[] | undefined) => (typeof value === 'string' ? value : undefined)
  const { headers, method, protocol, host } = request
  return {
    method,
    ownOrigin: `${protocol}://${host}`,
    origin: text(headers.origin),
    fetchSite: text(headers['sec-fetch-site']),
    requestHeader: text(headers[REQUEST_HEADER]),
  }
}

/** @returns what the route says of itself; undefined where there is none. */
export function termsOf(request: FastifyRequest): RouteTerms | undefined {
  return request.routeOptions.config.door
}

/** Whatever changes something, and who was turned away; of those who are nobody, one in a while. */
function isToBeLogged(
  { principal, faultCode, headers, method, ip }: FastifyRequest,
  terms: RouteTerms | undefined,
  hasTurn: (source: string) => boolean,
): boolean {
  const isRefused =
    faultCode === 'web.forbidden' ||
    faultCode === 'people.locked-out' ||
    (faultCode === 'web.unauthorized' && (headers.authorization !== undefined || !isReading(method)))
  if (terms?.does === undefined && !isRefused) return false
  const isNobody = principal === undefined && faultCode !== undefined && !PROVEN_SOMETHING.has(faultCode)
  return !(isRefused || isNobody) || hasTurn(sourceOf(ip))
}

function eventOf(request: FastifyRequest, terms: RouteTerms | undefined, succeeded: 'yes' | 'no'): AccessEvent {
  const { principal, faultCode, ip } = request
  return {
    user: principal?.userId ?? request.aboutUser,
    by: principal?.by ?? 'nobody',
    key: principal?.keyId ?? '',
    type: terms?.does ?? 'refused',
    succeeded,
    ...(faultCode === undefined ? {} : { fault: faultCode }),
    from: ip,
    resource: resourceOf(request.url),
  }
}

const RESOURCE_CHARS = 200

/** The path without its question, and without what nobody should have typed there. */
function resourceOf(url: string): string {
  const [path = ''] = url.split('?')
  return maskCardNumbers(path.slice(0, RESOURCE_CHARS), '~').replace(/[^\w/.@:~%-]/g, '~')
}

/** @returns whether a source has its turn. Bounded: the oldest is forgotten first. */
function oncePer(ms: number, now: () => number): (source: string) => boolean {
  const last = new Map<string, number>()
  return (source) => {
    if (now() - (last.get(source) ?? Number.NEGATIVE_INFINITY) < ms) return false
    last.delete(source)
    last.set(source, now())
    if (last.size > MOST_SOURCES) last.delete(last.keys().next().value as string)
    return true
  }
}
