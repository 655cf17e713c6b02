/**
 * The calls that stand, by their id, and by what their legs are called in SIP: a transfer or a pick-up names the session of a leg, a trace its Call-ID, and neither
 * asks every call. A name is entered when a leg gets its session or comes from another call, and goes with its call; whether the call still has that leg is known to
 * the call alone, so that nothing here can be out of step with it.
 */

import type { IncomingSession } from '../sip/session.ts'

/** What a leg is called. */
export type LegNames = Pick<IncomingSession, 'id' | 'sipCallId'>

type Booked = { readonly callId: string }

export type CallBook<C extends Booked> = {
  readonly size: number
  /** Oldest first. */
  all(): readonly C[]
  get(callId: string): C | undefined
  add(call: C): void
  /** @returns the call that stood; undefined when it did not. */
  remove(callId: string): C | undefined
  /** A leg of a call has these names. What belongs to no call that stands is not kept. */
  named(callId: string, names: LegNames): void
  /** @param name id of a session, or Call-ID. @returns the calls that have or had a leg of that name: two where a call of ours came back to us. */
  with(name: string): readonly C[]
}

export function createCallBook<C extends Booked>(): CallBook<C> {
  const calls = new Map<string, C>()
  const byName = new Map<string, Set<C>>()
  /** For when the call is over. */
  const namesOf = new Map<string, Set<string>>()
  return {
    get size() {
      return calls.size
    },
    all: () => [...calls.values()],
    get: (callId) => calls.get(callId),
    add: (call) => {
      calls.set(call.callId, call)
      namesOf.set(call.callId, new Set())
    },
    remove: (callId) => {
      const call = calls.get(callId)
      if (call === undefined) return undefined
      calls.delete(callId)
      for (const name of namesOf.get(callId) ?? []) {
        const having = byName.get(name)
        having?.delete(call)
        if (having?.size === 0) byName.delete(name)
      }
      namesOf.delete(callId)
      return call
    },
    named: (callId, { id, sipCallId }) => {
      const call = calls.get(callId)
      if (call === undefined) return
      for (const name of [id, sipCallId]) {
        byName.set(name, (byName.get(name) ?? new Set()).add(call))
        namesOf.get(callId)?.add(name)
      }
    },
    with: (name) => [...(byName.get(name) ?? [])],
  }
}
