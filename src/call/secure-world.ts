/**
 * What a secure session may do to its call, over the pair of legs: cut, give the caller's socket away, take it back, join. The order is the
 * session's (`secure.ts`); here each word becomes one command.
 */

import type { MediaPort } from '../media/pool.ts'
import type { Leg } from './leg.ts'
import type { Pair } from './pair.ts'
import type { SecureWorld } from './secure-session.ts'

/** @param told what the call makes of the session's end, and of a media process that fails it. */
export function secureWorldOf(
  pair: Pair,
  told: Pick<SecureWorld, 'rejoined' | 'released' | 'mediaFailed'>,
): SecureWorld {
  return {
    cut: () => pair.hear('parted'),
    release: async () => {
      const caller = callerOf(pair)
      caller.leave()
      pair.standing = 'away'
      return portOf(caller).release()
    },
    adopt: async ({ ticket, handle }) => portOf(callerOf(pair)).adopt(ticket, handle),
    renew: async () => callerOf(pair).renew(),
    join: async () => {
      callerOf(pair).comeBack()
      await pair.hear('together', true)
    },
    ...told,
  }
}

function callerOf(pair: Pair): Leg {
  const leg = pair.leg('caller')
  if (leg === undefined) throw new TypeError('a secure session without a caller')
  return leg
}

function portOf(leg: Leg): MediaPort {
  if (leg.port === undefined) throw new TypeError('a secure session without a port')
  return leg.port
}
