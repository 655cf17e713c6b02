/**
 * The two legs of a call under their two names. Signalling knows a *placing* and a *placed* leg, people a caller and an agent; the route says
 * which is which. Also what both hear: every change of sound goes through `hear`.
 */

import type { MediaPlace } from '../media/pool.ts'
import type { IncomingSession, SipOrigin, SipReason } from '../sip/session.ts'
import type { LegView } from './call-view.ts'
import type { Leg } from './leg.ts'
import type { CallQuality } from './leg-quality.ts'
import { type SoundLeg, type Standing, soundOf } from './sound.ts'
import type { Way } from './ways.ts'

export type Side = 'caller' | 'agent'
export type Role = 'placing' | 'placed'
/** A leg and whose it is. */
export type Placed = { readonly leg: Leg; readonly way: Pick<Way, 'account' | 'trunk'> }

export class Pair {
  placing: Leg
  /** Whose the placing leg is. */
  #placingWay: Placed['way']
  readonly #held = { placing: false, placed: false }
  /** The leg of this role is another call's, and how it looked when it went. */
  #given: { readonly role: Role; readonly view: LegView | undefined } | undefined
  /** The leg that answered, or whose early media is heard. */
  placed: Placed | undefined
  /** Which leg is the caller's. */
  callerRole: Role = 'placing'
  place: MediaPlace | undefined
  /** Give back the lines that the call has of trunks. */
  readonly lines: (() => void)[] = []
  standing: Standing = 'apart'
  /** The agent's place went to somebody who is no phone of ours. */
  agentIsOutside = false
  /** How the legs sounded, once the call is over. */
  quality: CallQuality = {}

  constructor(placing: Leg, session: IncomingSession) {
    const { origin } = session
    this.placing = placing
    this.#placingWay = { account: origin.kind === 'phone' ? origin.account : undefined, ...trunkIn(origin) }
  }

  sideOf(role: Role): Side {
    return role === this.callerRole ? 'caller' : 'agent'
  }

  leg(side: Side): Leg | undefined {
    return this.legOf(this.sideOf('placing') === side ? 'placing' : 'placed')
  }

  legOf(role: Role): Leg | undefined {
    return this.#of(role)?.leg
  }

  /** Account of the phone on a side; undefined for a trunk or a PBX. */
  account(side: Side): string | undefined {
    return this.#of(this.sideOf('placing') === side ? 'placing' : 'placed')?.way.account
  }

  /** @returns the role of the leg that a SIP session is of. */
  roleOf(sessionId: string): Role | undefined {
    return (['placing', 'placed'] as const).find((role) => this.#of(role)?.leg.session?.id === sessionId)
  }

  /** A leg takes a role over. @returns the one that had it, which is not ended. */
  take(role: Role, by: Placed): Leg | undefined {
    const before = role === 'placing' ? this.placing : this.placed?.leg
    if (role === 'placing') {
      this.placing = by.leg
      this.#placingWay = by.way
    } else this.placed = by
    this.#held[role] = by.leg.held
    if (this.sideOf(role) === 'agent') this.agentIsOutside = by.way.trunk !== undefined
    return before
  }

  /** The leg of a role goes to another call: it is none of this one's any more. */
  giveAway(role: Role): Placed | undefined {
    const given = this.#of(role)
    this.#given = { role, view: this.view(this.sideOf(role)) }
    return given
  }

  /** Ends the leg of a role, unless it is another call's. */
  end(role: Role, reason: SipReason): void {
    this.#of(role)?.leg.end(reason)
  }

  view(side: Side): LegView | undefined {
    if (this.#given !== undefined && this.sideOf(this.#given.role) === side) return this.#given.view
    const leg = this.leg(side)
    if (leg === undefined) return undefined
    return {
      legId: leg.legId,
      account: this.account(side),
      trunk: this.#trunk(side),
      sessionUuid: leg.session?.sessionUuid,
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
   * Sets what both far ends hear, in one list. @param chime the agent hears one first. @param patient nobody waits until it is done.
   * @returns when the media process has done it. @throws Fault `media.lost`
   */
  async hear(standing: Standing, chime = false, patient = false): Promise<void> {
    this.standing = standing
    const agent = this.#soundLeg('agent')
    const list = soundOf(standing, this.#soundLeg('caller'), agent, this.sideOf('placing'))
    if (list.length === 0 || this.place === undefined) return
    const chimed = chime ? list.map((each) => (each.portId === agent?.portId ? { ...each, chime } : each)) : list
    await this.place.assign(chimed, patient)
  }

  #of(role: Role): Placed | undefined {
    if (this.#given?.role === role) return undefined
    return role === 'placing' ? { leg: this.placing, way: this.#placingWay } : this.placed
  }

  #trunk(side: Side): string | undefined {
    return this.#of(this.sideOf('placing') === side ? 'placing' : 'placed')?.way.trunk
  }

  #soundLeg(side: Side): SoundLeg | undefined {
    const leg = this.leg(side)
    return leg?.portId === undefined ? undefined : { portId: leg.portId, held: leg.held }
  }
}

export function otherRole(role: Role): Role {
  return role === 'placing' ? 'placed' : 'placing'
}

function trunkIn(origin: SipOrigin): { readonly trunk?: string } {
  return origin.kind === 'trunk' ? { trunk: origin.trunk } : {}
}
