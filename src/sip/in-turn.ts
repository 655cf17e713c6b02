/**
 * A call that may be sent to one of several far ends: the next is called when one does not answer at all or says 503, which is a new INVITE with a
 * Request-URI of its own. Whoever rang or refused has decided; nobody else is asked then.
 */

import type { InviteOptions, OutgoingSession, TargetChoice } from './session.ts'
import type { TargetHealth } from './target-health.ts'

/** Statuses that say nothing of the callee: nobody answered, or somebody is overloaded (RFC 3263 section 4.3). */
const DEAD: readonly number[] = [408, 503]

/** @param place sends one INVITE; `hasSpare` when another far end is left. @param choices at least one, best first. */
export function callInTurn(
  asked: InviteOptions,
  choices: readonly [TargetChoice, ...TargetChoice[]],
  health: Pick<TargetHealth, 'failed' | 'answered'>,
  place: (options: InviteOptions, hasSpare: boolean) => OutgoingSession,
): OutgoingSession {
  const { events, target } = asked
  let isEnded = false

  const dial = (choice: TargetChoice, rest: readonly TargetChoice[]): OutgoingSession => {
    let isHeard = false
    const heard = () => {
      isHeard = true
      health.answered(choice.key)
    }
    return place(
      {
        ...asked,
        target: { ...target, uri: choice.uri },
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
            if (isDead) health.failed(choice.key)
            else health.answered(choice.key)
            const [next, ...others] = rest
            if (isDead && !isEnded && next !== undefined) current = dial(next, others)
            else events.onRefused(status, reason, contacts)
          },
        },
      },
      rest.length > 0,
    )
  }

  const [first, ...others] = choices
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
    reoffer: (body, method) => current.reoffer(body, method),
    hearKeys: (how) => current.hearKeys(how),
    info: (type, body) => current.info(type, body),
    end: (reason) => {
      isEnded = true
      current.end(reason)
    },
    describe: () => current.describe(),
  }
}
