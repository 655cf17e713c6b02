/**
 * Who hears what, decided in one place: from how two legs stand to each other to one list of assignments. Because every change of sound
 * goes through here, the rule that a parted caller is not heard can be read in one `switch`.
 *
 * Pure. It knows neither SIP nor secure sessions, only the word for how the legs stand.
 */

import type { Assignment, Source } from '../media/contract.ts'

/** How the two legs of a call stand to each other. */
export type Standing =
  /** Nobody hears anybody. */
  | 'apart'
  /** The leg that placed the call hears our ringback; there may be no other leg yet. */
  | 'ringback'
  /** Both hear each other: early media, or the call itself. */
  | 'together'
  /** A transfer: the caller hears hold music until somebody else has answered, the agent nothing. */
  | 'waiting'
  /** Secure: the agent hears hold music, the caller's port is here and silent. */
  | 'parted'
  /** Secure: as `parted`, but the caller's port is away and must not be named. */
  | 'away'

export type SoundLeg = {
  readonly portId: string
  /** The far end does not listen: it has put us on hold. */
  readonly held: boolean
}

const SILENCE: Source = { kind: 'silence' }
const HOLD_MUSIC: Source = { kind: 'hold-music' }

/**
 * @param caller the caller leg. @param agent the agent leg. @param placing which of them placed the call.
 * @returns what each leg's far end hears, for one `assign`.
 */
export function soundOf(
  standing: Standing,
  caller: SoundLeg | undefined,
  agent: SoundLeg | undefined,
  placing: 'caller' | 'agent',
): readonly Assignment[] {
  switch (standing) {
    case 'apart':
      return [...hears(caller, SILENCE), ...hears(agent, SILENCE)]
    case 'ringback':
      return hears(placing === 'caller' ? caller : agent, { kind: 'ringback' })
    case 'together':
      return [...hears(caller, otherOf(agent, caller)), ...hears(agent, otherOf(caller, agent))]
    case 'waiting':
      return [...hears(caller, caller?.held === true ? SILENCE : HOLD_MUSIC), ...hears(agent, SILENCE)]
    case 'parted':
      return [...hears(agent, HOLD_MUSIC), ...hears(caller, SILENCE)]
    case 'away':
      return hears(agent, HOLD_MUSIC)
  }
}

function hears(leg: SoundLeg | undefined, source: Source): Assignment[] {
  return leg === undefined ? [] : [{ portId: leg.portId, source }]
}

/** Who put us on hold hears nothing; who waits for it hears music. */
function otherOf(other: SoundLeg | undefined, self: SoundLeg | undefined): Source {
  if (other === undefined || self?.held === true) return SILENCE
  return other.held ? HOLD_MUSIC : { kind: 'port', portId: other.portId }
}
