/**
 * Two calls of one agent become one (attended transfer, RFC 5589 section 7): the leg of who was asked for advice leaves its call for the caller's. The two may
 * be in different media processes, so it gets a port there by re-INVITE; if its far end refuses that, both calls go on as they were.
 */

import type { CallEvent, CallState } from './call-states.ts'
import type { CallWorld } from './call-world.ts'
import { otherRole, type Pair, type Placed, type Role } from './pair.ts'

/** One of the two. */
export type JoinedCall = {
  readonly callId: string
  readonly pair: Pair
  readonly state: () => CallState['at']
  readonly send: (event: CallEvent) => void
}

export type AttendedJoin = {
  /** The call that goes on, whose transfer has begun. */
  readonly keeps: JoinedCall
  /** The call that ends. */
  readonly gives: JoinedCall
  /** Of the agent in the call that ends. */
  readonly agentRole: Role
  /** The leg is the other call's from now on. */
  readonly onJoined: (placed: Placed) => void
  /** It came to nothing; a SIP status. */
  readonly onFailed: (status: number) => void
}

/** @returns when one of the two was told. */
export async function joinCalls(world: Pick<CallWorld, 'log'>, join: AttendedJoin): Promise<void> {
  const { keeps, gives, agentRole, onJoined, onFailed } = join
  gives.send({ type: 'transferBegan', by: agentRole })
  const givenRole = otherRole(agentRole)
  const moved = await move(world, keeps, gives.pair, givenRole)
  const stands = keeps.state() === 'transferring'
  if (gives.state() !== 'transferring') {
    if (stands) onFailed(480)
    return
  }
  if (!stands || !moved) {
    // A leg whose port was in a call that is over has nowhere to be heard.
    gives.send(moved ? { type: 'hangUp', reason: 'cancelled' } : { type: 'transferFailed' })
    if (stands) onFailed(488)
    return
  }
  const given = gives.pair.giveAway(givenRole)
  if (given === undefined) onFailed(500)
  else {
    keeps.pair.lines.push(...gives.pair.lines.splice(0))
    onJoined(given)
  }
  gives.send({ type: 'takenAway', leg: givenRole })
}

/** @returns whether the leg has a port beside the caller's, and its far end knows. */
async function move(
  { log }: Pick<CallWorld, 'log'>,
  { callId, pair }: JoinedCall,
  from: Pair,
  role: Role,
): Promise<boolean> {
  const leg = role === 'placing' ? from.placing : from.placed?.leg
  if (pair.place === undefined || leg === undefined) return false
  const meets = pair.leg('caller')
  return leg.move(pair.place, meets?.session?.sessionUuid).catch((thrown: unknown) => {
    log.fault(thrown, { callId })
    return false
  })
}
