/**
 * A call that may be sent to one of several far ends: the next is called when one does not answer at all or says 503, which is a new INVITE with a
 * Request-URI of its own. Whoever rang or refused has decided; nobody else is asked then.
 */

import type { InviteOptions, OutgoingSession } from './session.ts'
import { FLOW_FAILED, type Turn } from './turns.ts'

/** Statuses that say nothing of the callee: nobody answered, somebody is overloaded (RFC 3263 section 4.3), or a proxy has lost its phone (RFC 5626). */
export const DEAD: readonly number[] = [408, 503, FLOW_FAILED]

/** @param place sends one INVITE; `hasSpare` when another far end is left. @param turns at least one, best first. */
export function callInTurn(
  asked: InviteOptions,
  turns: readonly [Turn, ...Turn[]],
  place: (options: InviteOptions, hasSpare: boolean) => OutgoingSession,
): OutgoingSession {
  const { events } = asked
  let isEnded = false

  const dial = (turn: Turn, rest: readonly Turn[]): OutgoingSession => {
    let isHeard = false
    const heard = () => {
      isHeard = true
      turn.answered()
    }
    return place(
      {
        ...asked,
        target: turn.target,
        events: {
          ...events,
          onProgress: (status, body) => {
            heard()
            events.onProgress(status, body)
          },
          onAnswered: (body) => {
            heard()
            events.onAnswered(body)
          },
          onRefused: (status, reason, contacts) => {
            const isDead = DEAD.includes(status) && !isHeard
            if (isDead) turn.failed(status)
            else turn.answered()
            const [next, ...others] = rest
            if (isDead && !isEnded && next !== undefined) current = dial(next, others)
            // What is between a proxy and its phone is nothing to a caller (RFC 5626 section 11.5).
            else events.onRefused(status === FLOW_FAILED ? 480 : status, reason, contacts)
          },
        },
      },
      rest.length > 0,
    )
  }

  const [first, ...others] = turns
  let current = dial(first, others)
  return {
    direction: 'outgoing',
    get id() {
      return current.id
    },
    get sipCallId() {
      return current.sipCallId
    },
    get sessionUuid() {
      return current.sessionUuid
    },
    get remote() {
      return current.remote
    },
    get peer() {
      return current.peer
    },
    get localAddress() {
      return current.localAddress
    },
    get isFocus() {
      return current.isFocus
    },
    confirm: (body) => current.confirm(body),
    reoffer: (make, method) => current.reoffer(make, method),
    hearKeys: (how) => current.hearKeys(how),
    info: (type, body) => current.info(type, body),
    text: (body) => current.text(body),
    probe: () => current.probe(),
    end: (reason) => {
      isEnded = true
      current.end(reason)
    },
    describe: () => current.describe(),
  }
}
