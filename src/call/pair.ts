/**
 * The two legs of a call under their two names. Signalling knows a *placing* and a *placed* leg, people a caller and an agent; the route says
 * which is which. Also what both hear: every change of sound goes through `hear`.
 */

import type { MediaPlace } from '../media/pool.ts'
import type { IncomingSession } from '../sip/session.ts'
import type { LegView } from './call-view.ts'
import { trunkOf } from './latch-policy.ts'
import type { Leg } from './leg.ts'
import type { CallQuality } from './leg-quality.ts'
import { type SoundLeg, type Standing, soundOf } from './sound.ts'
import type { Way } from './ways.ts'

export type Side = 'caller' | 'agent'
export type Role = 'placing' | 'placed'
export type Placed = { readonly leg: Leg; readonly way: Way }

export class Pair {
  readonly placing: Leg
  readonly #session: IncomingSession
  readonly #held = { placing: false, placed: false }
  /** The leg that answered, or whose early media is heard. */
  placed: Placed | undefined
  /** Which leg is the caller's. */
  callerRole: Role = 'placing'
  place: MediaPlace | undefined
  standing: Standing = 'apart'
  /** How the legs sounded, once the call is over. */
  quality: CallQuality = {}

  constructor(placing: Leg, session: IncomingSession) {
    this.placing = placing
    this.#session = session
  }

  sideOf(role: Role): Side {
    return role === this.callerRole ? 'caller' : 'agent'
  }

  leg(side: Side): Leg | undefined {
    return this.sideOf('placing') === side ? this.placing : this.placed?.leg
  }

  /** Account of the phone on a side; undefined for a trunk or a PBX. */
  account(side: Side): string | undefined {
    if (this.sideOf('placing') !== side) return this.placed?.way.account
    const { origin } = this.#session
    return origin.kind === 'phone' ? origin.account : undefined
  }

  view(side: Side): LegView | undefined {
    const leg = this.leg(side)
    if (leg === undefined) return undefined
    return {
      legId: leg.legId,
      account: this.account(side),
      trunk: this.#trunk(side),
      held: leg.held,
      codec: leg.codec,
      srtp: leg.srtp,
      quality: this.quality[side],
    }
  }

  /** @returns what has happened to a leg's hold since this was asked last; undefined when nothing has. */
  holdChange(role: Role): 'call.held' | 'call.retrieved' | undefined {
    const held = (role === 'placing' ? this.placing : this.placed?.leg)?.held === true
    if (held === this.#held[role]) return undefined
    this.#held[role] = held
    return held ? 'call.held' : 'call.retrieved'
  }

  /** One of the far ends says that it is a conference. */
  get isConference(): boolean {
    return this.placing.isFocus || this.placed?.leg.isFocus === true
  }

  /**
   * Sets what both far ends hear, in one list. @param chime the agent hears one first.
   * @returns when the media process has done it. @throws Fault `media.lost`
   */
  async hear(standing: Standing, chime = false): Promise<void> {
    this.standing = standing
    const agent = this.#soundLeg('agent')
    const list = soundOf(standing, this.#soundLeg('caller'), agent, this.sideOf('placing'))
    if (list.length === 0 || this.place === undefined) return
    await this.place.assign(list.map((each) => (chime && each.portId === agent?.portId ? { ...each, chime } : each)))
  }

  #trunk(side: Side): string | undefined {
    return this.sideOf('placing') === side ? trunkOf(this.#session.origin) : this.placed?.way.trunk
  }

  #soundLeg(side: Side): SoundLeg | undefined {
    const leg = this.leg(side)
    return leg?.portId === undefined ? undefined : { portId: leg.portId, held: leg.held }
  }
}
