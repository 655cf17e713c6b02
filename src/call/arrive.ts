/** What happens to a new call before anybody is rung: its route, a place in a media process, a port, and a look at its offer. */

import { fault } from '../base/fault.ts'
import { type FaultCode, faults } from '../base/faults.ts'
import type { IncomingSession } from '../sip/session.ts'
import type { CallWorld } from './call-world.ts'
import { isEmergency } from './emergency.ts'
import type { Pair } from './pair.ts'
import { type RingStage, route, routeEmergency } from './route.ts'
import { isForeign } from './toll-guard.ts'
import type { LineFault } from './trunk-lines.ts'
import { leadsHere } from './ways.ts'

export type Arrival =
  | { readonly result: 'routed'; readonly stages: readonly RingStage[] }
  | { readonly result: 'refused'; readonly status: number }

/**
 * Takes the call's lines of trunks, routes it and opens the port of its placing leg; the pair gets its place and its roles.
 * @param onLost the media process died, now or later. @param isOver the caller has gone meanwhile, and the place with him.
 */
export async function arrive(
  world: CallWorld,
  session: IncomingSession,
  pair: Pair,
  onLost: () => void,
  isOver: () => boolean,
): Promise<Arrival> {
  const { origin } = session
  const isUrgent = isEmergency(world.config, origin, session.target.user)
  const full = origin.kind === 'trunk' && !isUrgent ? takeLine(world, pair, origin.trunk) : undefined
  if (full !== undefined) return refusedFor(world, full)
  const found = isUrgent
    ? routeEmergency(world.config, session.target.user)
    : route(world.config, origin, session.target.user)
  if (found.result === 'refused') return { result: 'refused', status: faults[found.fault].sip }
  if (session.maxForwards < 0) return { result: 'refused', status: faults['sip.too-many-hops'].sip }
  const wrong = targetsFault(world, session, found.stages, isUrgent)
  if (wrong !== undefined) return refusedFor(world, wrong)
  for (const target of found.stages.flatMap((stage) => stage.targets)) {
    const busy = target.kind === 'trunk' && !isUrgent ? takeLine(world, pair, target.trunk) : undefined
    if (busy !== undefined) return refusedFor(world, busy)
  }
  pair.callerRole = found.callerLeg
  try {
    const place = world.mediaPool.place(isUrgent)
    pair.place = place
    place.onLost(onLost)
    await pair.placing.open(place)
  } catch (thrown) {
    // No process or no port: another server may have one (RFC 3261 section 21.5.4).
    if (!isOver()) world.log.fault(thrown)
    return { result: 'refused', status: 503 }
  }
  const unusable = pair.placing.offerFault()
  if (unusable !== undefined) {
    world.log.fault(fault(unusable))
    return { result: 'refused', status: faults[unusable].sip }
  }
  return { result: 'routed', stages: found.stages }
}

/** @returns why whoever asks may not be brought to where his route leads. @param isUrgent he calls for help. */
export function targetsFault(
  { sip, config, ownAddresses = [] }: Pick<CallWorld, 'sip' | 'config' | 'ownAddresses'>,
  asked: Parameters<typeof isForeign>[1],
  stages: readonly RingStage[],
  isUrgent: boolean,
): FaultCode | undefined {
  const { listening } = sip
  const targets = stages.flatMap((stage) => stage.targets)
  const addresses = [...listening.map(({ address }) => address), ...ownAddresses]
  if (!isUrgent && targets.some(({ kind }) => kind === 'trunk') && isForeign(config, asked, addresses))
    return 'sip.foreign-host'
  return targets.every((target) => target.kind === 'uri' && leadsHere(target.uri, listening)) ? 'call.loop' : undefined
}

/** @returns why a trunk has no line for the call, which gives those that it has back when it is over. */
export function takeLine({ lines }: CallWorld, pair: Pair, trunk: string): LineFault | undefined {
  const taken = lines.take(trunk)
  if (typeof taken === 'string') return taken
  pair.lines.push(taken)
  return undefined
}

function refusedFor(world: CallWorld, code: FaultCode): Arrival {
  world.log.fault(fault(code))
  return { result: 'refused', status: faults[code].sip }
}
