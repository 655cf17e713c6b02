/** The API for the call history: pages of calls, newest first, as JSON or, where `Accept` says so, whole as CSV. */

import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import {
  type CallHistory,
  type CallRow,
  CSV_HEAD,
  csvLine,
  type HistoryQuery,
  readCursor,
  SESSION_OUTCOMES,
  writeCursor,
} from '../history/index.ts'
import { type Principal, seesCall } from '../people/index.ts'
import { aKeptCall, someKeptCalls } from './answers.ts'
import { door } from './route.ts'

export type HistoryDoor = Pick<CallHistory, 'page' | 'count' | 'subscribe'>

const PAGE_CALLS = 100
/** Calls that are read at once for CSV, which is written as it is read. */
const CSV_PAGE_CALLS = 500
const CSV_TYPE = 'text/csv; charset=utf-8'

const aTime = Type.String({ minLength: 1, maxLength: 40 })
const aWord = Type.String({ minLength: 1, maxLength: 128 })
const aQuestion = Type.Object(
  {
    since: Type.Optional(aTime),
    until: Type.Optional(aTime),
    number: Type.Optional(aWord),
    agent: Type.Optional(aWord),
    trunk: Type.Optional(aWord),
    ending: Type.Optional(aWord),
    outcome: Type.Optional(
      Type.Unsafe<(typeof SESSION_OUTCOMES)[number]>(
        Type.Enum([...SESSION_OUTCOMES], {
          description: 'Calls with a secure session that ended so; any: with one at all.',
        }),
      ),
    ),
    sessionUuid: Type.Optional(Type.String({ pattern: '^[0-9a-f]{8,32}$' })),
    after: Type.Optional(aWord),
    limit: Type.Optional(Type.String({ pattern: '^(?:[1-9][0-9]{0,2}|1000)$' })),
  },
  { additionalProperties: false },
)
type Question = Static<typeof aQuestion>

/** Adds the routes. */
export function addHistoryRoutes(api: FastifyInstance, history: HistoryDoor): void {
  api.get<{ Querystring: Question }>(
    '/api/v1/call-history',
    {
      ...door('history:read', 'What is kept of calls, newest first; as CSV where Accept says text/csv.', {
        200: someKeptCalls,
      }),
      schema: { querystring: aQuestion },
    },
    async (request, reply) => {
      const query = { ...queryOf(request.query), ...accountsSeenBy(request.principal) }
      const told = toldTo(request.principal)
      // Who may not see sessions would find them by their outcomes.
      if (query.outcome !== undefined && told !== asItIs) throw fault('web.forbidden')
      if (/\btext\/csv\b/i.test(request.headers.accept ?? '')) {
        const first = await history.page({ ...query, limit: CSV_PAGE_CALLS })
        return reply.type(CSV_TYPE).send(Readable.from(csvPages(history, query, first, told)))
      }
      const { calls, next } = await history.page(query)
      return {
        calls: calls.map((call) => shown(told(call))),
        ...(next === undefined ? {} : { next: writeCursor(next) }),
      }
    },
  )

  const one = door('history:read', 'What is kept of a call.', { 200: aKeptCall })
  api.get<{ Params: { callId: string } }>('/api/v1/call-history/:callId', one, async (request) => {
    const [call] = (await history.page({ callId: request.params.callId, limit: 1 })).calls
    if (call === undefined || !seenBy(request.principal)(call)) throw fault('web.not-found')
    return shown(toldTo(request.principal)(call))
  })
}

/** @throws Fault `web.bad-request` */
function queryOf({ since, until, after, limit, ...rest }: Question): HistoryQuery {
  const timeOf = (text: string | undefined) => {
    const ms = text === undefined ? 0 : Date.parse(text)
    if (Number.isNaN(ms)) throw fault('web.bad-request')
    return ms
  }
  const cursor = after === undefined ? undefined : readCursor(after)
  if (after !== undefined && cursor === undefined) throw fault('web.bad-request')
  return {
    ...rest,
    ...(since === undefined ? {} : { sinceMs: timeOf(since) }),
    ...(until === undefined ? {} : { untilMs: timeOf(until) }),
    ...(cursor === undefined ? {} : { after: cursor }),
    limit: limit === undefined ? PAGE_CALLS : Number(limit),
  }
}

/** Asked for with the rest, so that pages are full for whoever does not see all calls. */
export function accountsSeenBy(principal: Principal | undefined): Pick<HistoryQuery, 'accounts'> {
  const sees = principal?.sees ?? new Set<string>()
  return sees === 'all' ? {} : { accounts: [...sees] }
}

function seenBy(principal: Principal | undefined): (call: CallRow) => boolean {
  const sees = principal?.sees ?? new Set()
  return ({ legs, agent }) => seesCall(sees, [agent ?? undefined, ...legs.map(({ account }) => account ?? undefined)])
}

async function* csvPages(
  history: HistoryDoor,
  query: HistoryQuery,
  first: Awaited<ReturnType<HistoryDoor['page']>>,
  told: (call: CallRow) => CallRow,
) {
  yield `${CSV_HEAD}\r\n`
  let page = first
  for (;;) {
    if (page.calls.length > 0) yield `${page.calls.map(told).map(csvLine).join('\r\n')}\r\n`
    if (page.next === undefined) return
    page = await history.page({ ...query, after: page.next, limit: CSV_PAGE_CALLS })
  }
}

/** Whose rights do not let him see secure sessions is not told of them by the history of a call either. */
function toldTo(principal: Principal | undefined): (call: CallRow) => CallRow {
  return principal?.scopes.has('secure:read') === true ? asItIs : (call) => ({ ...call, secureSessions: [] })
}

function asItIs(call: CallRow): CallRow {
  return call
}

/** Times as people and spreadsheets read them, and nothing that is not known. */
function shown({ startedMs, bridgedMs, endedMs, legs, secureSessions, transfers, ...rest }: CallRow): object {
  return known({
    ...rest,
    startedAt: timeText(startedMs),
    bridgedAt: timeText(bridgedMs),
    endedAt: timeText(endedMs),
    legs: legs.map(known),
    secureSessions: secureSessions.map((session) =>
      known({ ...session, startedMs: null, endedMs: null, ...timesOf(session) }),
    ),
    transfers: transfers.map((transfer) =>
      known({ ...transfer, startedMs: null, endedMs: null, ...timesOf(transfer) }),
    ),
  })
}

function timesOf({ startedMs, endedMs }: Pick<CallRow, 'startedMs' | 'endedMs'>): object {
  return { startedAt: timeText(startedMs), endedAt: timeText(endedMs) }
}

function known(of: object): object {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== null))
}

function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
