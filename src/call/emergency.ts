/**
 * Emergency numbers: a call to one goes to the trunk that is named for them, before any other route and past everything that could refuse it or act
 * within it: limits, overload, draining, guards of destinations, feature codes, secure sessions. Pure.
 */

import type { Config } from '../base/config-schema.ts'
import type { SipOrigin } from '../sip/session.ts'
import { plainNumber } from './route.ts'

/**
 * @param origin who called; undefined for anybody. @param dialled the user part of the Request-URI, unescaped.
 * @returns whether somebody who may call an emergency number did. A carrier that calls in may not: that would be calling out through us.
 */
export function isEmergency(
  { emergency }: Pick<Config, 'emergency'>,
  origin: SipOrigin | undefined,
  dialled: string,
): boolean {
  if (emergency.trunk === undefined || !emergency.numbers.includes(plainNumber(dialled))) return false
  return origin === undefined || origin.kind === 'phone' || emergency.fromTrunks.includes(origin.trunk)
}
