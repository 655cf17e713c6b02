/** The secure sessions of one call: one at a time, and the one that runs is asked about everything that would end the call. */

import type { Admitted } from './admission.ts'
import type { CallEffect, CallEvent } from './call-states.ts'
import type { CallWorld } from './call-world.ts'
import type { Pair } from './pair.ts'
import { beginSecure, type SecureBegin } from './secure-begin.ts'
import type { SecureSession } from './secure-session.ts'
import type { ChosenSession } from './secure-terms.ts'

export type SecureSessionsOptions = Pick<SecureBegin, 'callId' | 'onAudited'> & {
  readonly pair: Pair
  readonly send: (event: CallEvent) => void
  /** The call is to end with the session, for this reason; the machine is told after it. */
  readonly onReleased: SecureBegin['told']['released']
  readonly onMediaLost: () => void
}

export type SecureSessions = {
  /** Oldest first. */
  readonly list: readonly SecureSession[]
  /** The one that runs, or ran last. */
  readonly last: SecureSession | undefined
  /** Begins one; the gates were checked, and its opening is in the audit trail. */
  start(chosen: ChosenSession, admitted: Admitted): void
  /** Asks the one that runs what becomes of the call. */
  ask(about: Extract<CallEffect, { do: 'askSecure' }>['about']): void
  /** The call has ended, or is being transferred: the last one watches its rejoin no more. */
  leave(): void
}

export function createSecureSessions(world: CallWorld, options: SecureSessionsOptions): SecureSessions {
  const { callId, pair, send, onReleased, onMediaLost, onAudited } = options
  const list: SecureSession[] = []
  const told: SecureBegin['told'] = {
    rejoined: () => send({ type: 'secureRejoined' }),
    released: (ending) => {
      onReleased(ending)
      send({ type: 'secureReleased' })
    },
    mediaFailed: onMediaLost,
  }
  return {
    list,
    get last() {
      return list.at(-1)
    },
    start: (chosen, admitted) => {
      list.at(-1)?.leave()
      const session = beginSecure(world, { ...chosen, callId, admitted, pair, told, onAudited })
      list.push(session)
      send({ type: 'secureBegan' })
      session.start()
    },
    ask: (about) => {
      const secure = list.at(-1)
      if (about.type === 'gone') secure?.tell({ type: `${pair.sideOf(about.leg)}Gone` })
      else secure?.tell(about)
    },
    leave: () => list.at(-1)?.leave(),
  }
}
