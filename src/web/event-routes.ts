/** The API for events: what happens, to whoever may see it, from now on or from the last event that he got. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Principal, type Scope, seesCall } from '../people/index.ts'
import type { EventRing, Told } from './event-ring.ts'
import { door, EVENT_STREAM } from './route.ts'
import type { Streams } from './streams.ts'

/** Adds the route. */
export function addEventRoutes(api: FastifyInstance, ring: EventRing, streams: Streams): void {
  const says = 'What happens, as server-sent events; "reset" says that some were missed since Last-Event-ID.'
  api.get('/api/v1/events', door('calls:read', says, { 200: EVENT_STREAM }), (request, reply) => {
    let end: () => void = () => undefined
    const reader = streams.open(request, reply, () => end())
    if (reader === undefined) return
    const tell = (told: Told) => {
      if (isFor(request.principal, told)) reader.sendText(told.text)
    }
    // Only as fast as he takes it: what comes meanwhile waits in the ring, and he is told of it in its turn.
    const catchUp = (missed: readonly Told[] | undefined) => {
      if (missed === undefined) reader.sendText(ring.reset())
      for (const told of missed ?? []) {
        if (reader.isBehind()) return reader.onceTaken(() => catchUp(ring.since(told.number - 1)))
        tell(told)
      }
      end = ring.subscribe(tell)
    }
    catchUp(ring.after(lastIdIn(request)))
  })
}

/** Beside what is about calls that he sees. */
const SCOPE_OF: Readonly<Record<string, Scope>> = {
  secure: 'secure:read',
  trunk: 'trunks:read',
  directory: 'directory:read',
}

function isFor(principal: Principal | undefined, { type, accounts }: Told): boolean {
  if (principal === undefined) return false
  const [kind = ''] = type.split('.')
  const scope = SCOPE_OF[kind] ?? (accounts === undefined ? 'status:read' : 'calls:read')
  return principal.scopes.has(scope) && (accounts === undefined || seesCall(principal.sees, accounts))
}

function lastIdIn({ headers }: FastifyRequest): string | undefined {
  const id = headers['last-event-id']
  return typeof id === 'string' && id !== '' ? id : undefined
}
