/**
 * What a secure session may do to its call, over the pair of legs: cut, give the caller's socket away, take it back, join. The order is the
 * session's (`secure.ts`); here each word becomes one command.
 */

import type { Clock } from '../base/clock.ts'
import { wipeKeys } from '../base/srtp-suites.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { Ticket } from '../media/contract.ts'
import type { MediaPort } from '../media/pool.ts'
import type { Leg } from './leg.ts'
import type { Pair, Side } from './pair.ts'
import type { RejoinWorld } from './rejoin-watch.ts'
import type { SecureEnding } from './secure-states.ts'

export type Socket = { readonly ticket: Ticket; readonly handle: UdpHandle }

/** Nobody takes it any more. */
export function dropSocket(socket: Socket | undefined): void {
  socket?.handle.close()
  wipeKeys(socket?.ticket.stream.srtp)
}

/** What a session may do to its call. Every promise is about the media process's word. */
export type SecureWorld = {
  cut(): Promise<void>
  release(): Promise<Socket>
  adopt(socket: Socket): Promise<void>
  /** A fresh port, and a re-INVITE that tells the caller. @returns whether the caller agreed. */
  renew(): Promise<boolean>
  join(): Promise<void>
  /** Both hear each other again, and the session is over. */
  rejoined(): void
  /** The session is over and both legs have to be ended. */
  released(ending: SecureEnding): void
  /** The media process cannot do what the call needs. */
  mediaFailed(): void
}

/** How long the keys of a caller whose vault died are muted: nobody told him to stop, and the rest of his number is not for the agent. */
const KEYS_MUTED_MS = 10_000

/** @param told what the call makes of the session's end, and of a media process that fails it. */
export function secureWorldOf(
  pair: Pair,
  clock: Clock,
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
    renew: async () => {
      const caller = callerOf(pair)
      const agreed = await caller.renew()
      caller.hearKeysIn(KEYS_MUTED_MS, clock)
      return agreed
    },
    join: async () => {
      callerOf(pair).comeBack()
      await pair.hear('together', true)
    },
    ...told,
  }
}

/** What may be done to a call that has been joined again. A repair never joins legs that are parted anew: then it does nothing. */
export function rejoinWorldOf(pair: Pair, clock: Clock): RejoinWorld {
  const joined = () => pair.standing === 'together'
  return {
    stats: async (side) => portOf(legOf(pair, side)).stats(),
    heard: (side) => joined() && pair.leg(side)?.heard === true && !isHolding(pair),
    async reassign() {
      if (!joined()) return
      // One after the other without a pause, so that nothing comes between: links are made only where something changes.
      await Promise.all([pair.hear('apart'), pair.hear('together')])
    },
    async reinvite(side) {
      const leg = legOf(pair, side)
      if (!joined()) return false
      const agreed = await leg.renew()
      leg.hearKeysIn(KEYS_MUTED_MS, clock)
      if (joined()) await pair.hear('together')
      return agreed
    },
  }
}

function isHolding(pair: Pair): boolean {
  return pair.leg('caller')?.held === true || pair.leg('agent')?.held === true
}

function legOf(pair: Pair, side: Side): Leg {
  const leg = pair.leg(side)
  if (leg === undefined) throw new TypeError('a call without two legs')
  return leg
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
