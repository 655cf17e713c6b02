/**
 * The calls that stand, as the page has them: read once, and then kept up to date by events. What an event says is put in at once; for what it does not say, such as who calls, the call is
 * named as one to be read. Pure.
 */

import type { Static } from 'typebox'
import type { aCall, aSecureSession } from '../../src/web/answers.ts'
import type { ServerEvent } from '../shared/events.ts'

export type Call = Static<typeof aCall>
export type Session = Static<typeof aSecureSession>

export type Live = {
  /** By id, oldest first. */
  readonly calls: ReadonlyMap<string, Call>
  /** Those of which more happened than the page knows. */
  readonly unread: ReadonlySet<string>
  /** Those that ended since the last reading began: what it gives of them is old. */
  readonly ended: ReadonlySet<string>
}

export const NO_CALLS: Live = { calls: new Map(), unread: new Set(), ended: new Set() }

/** @param isReading an answer is on its way that may be older than these events. */
export function withEvents(live: Live, events: readonly ServerEvent[], isReading: boolean): Live {
  const calls = new Map(live.calls)
  const unread = new Set(live.unread)
  const ended = new Set(live.ended)
  for (const event of events) {
    const { type, callId } = event
    // A recording is nothing that is shown of a call, and its end comes after the call's.
    const isShown = type !== 'call.measured' && type !== 'secure.not-started' && !type.startsWith('recording.')
    if (callId === undefined || !isShown) continue
    if (type === 'call.ended') {
      calls.delete(callId)
      unread.delete(callId)
      ended.add(callId)
      continue
    }
    const known = calls.get(callId)
    const next = known === undefined ? undefined : withEvent(known, event)
    if (next === undefined) unread.add(callId)
    else calls.set(callId, next)
    if (isReading) unread.add(callId)
  }
  return { calls, unread, ended }
}

/** A reading begins. */
export function asked(live: Live): Live {
  return { ...live, unread: new Set(), ended: new Set() }
}

/** All calls were read. */
export function withList(live: Live, list: readonly Call[]): Live {
  const standing = list.filter(({ callId }) => !live.ended.has(callId))
  return { ...live, calls: new Map(standing.map((call) => [call.callId, call])) }
}

/** A call was read; undefined when it is none of those that stand and are seen. */
export function withCall(live: Live, callId: string, call: Call | undefined): Live {
  const calls = new Map(live.calls)
  if (call === undefined || call.endedAtMs !== undefined || live.ended.has(callId)) calls.delete(callId)
  else calls.set(callId, call)
  return { ...live, calls }
}

/** @returns the session that runs in a call. */
export function runningIn({ secureSessions }: Call): Session | undefined {
  return secureSessions.findLast(({ endedAtMs }) => endedAtMs === undefined)
}

/** Undefined when the event leaves open how the call stands now. */
function withEvent(call: Call, event: ServerEvent): Call | undefined {
  if (!event.type.startsWith('secure.')) return undefined
  const at = call.secureSessions.findIndex(({ sessionId }) => sessionId === event['sessionId'])
  const session = call.secureSessions[at]
  const change = changeOf(event)
  if (session === undefined || change === undefined) return undefined
  return { ...call, secureSessions: call.secureSessions.with(at, { ...session, ...change }) }
}

function changeOf(event: ServerEvent): Partial<Session> | undefined {
  const number = (name: string) => Number(event[name] ?? 0)
  switch (event.type) {
    case 'secure.parted':
      return { stage: 'handing' }
    case 'secure.began':
      return { stage: 'saying' }
    case 'secure.asking':
      return {
        stage: 'asking',
        field: { index: number('field'), name: String(event['name']) },
        attempt: number('attempt'),
        attempts: number('attempts'),
        keys: 0,
      }
    case 'secure.progress':
      return { keys: number('keys') }
    case 'secure.taken':
    case 'secure.refused':
      return { keys: 0 }
    case 'secure.confirming':
      return { stage: 'confirming' }
    case 'secure.submitting':
      return { stage: 'submitting' }
    case 'secure.waiting-for-agent':
      return { stage: 'waiting-for-agent' }
    case 'secure.wiped':
      return { stage: 'returning', keys: 0 }
    case 'secure.rejoined':
      return { stage: 'rejoining' }
    default:
      return undefined
  }
}
