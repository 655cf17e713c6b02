/**
 * Ringing: the legs that are placed for a call until one of them wins. Opens a port for each, sends the INVITEs of a stage together, and
 * reports by the leg's id. Who wins is decided in `call-step.ts`.
 */

import type { Timer } from '../base/clock.ts'
import { asFault, fault } from '../base/fault.ts'
import type { IncomingSession, SipReason } from '../sip/session.ts'
import type { CallEvent } from './call-step.ts'
import type { CallWorld } from './call-world.ts'
import { identityFor } from './identity.ts'
import type { Leg } from './leg.ts'
import type { RingingEvents } from './leg-events.ts'
import type { Pair, Placed } from './pair.ts'
import { reasonFor } from './refusal.ts'
import type { RingStage } from './route.ts'
import { codecsLike } from './terms.ts'
import { isSecureWay, type Way, waysTo } from './ways.ts'

export type RingingOptions = {
  readonly world: CallWorld
  readonly session: IncomingSession
  readonly pair: Pair
  /** Makes a leg; the rest of its events is the call's business. */
  readonly makeLeg: (events: RingingEvents, self: () => Leg, way: Way) => Leg
  readonly send: (event: CallEvent) => void
}

export class Ringing {
  readonly #options: RingingOptions
  readonly #attempts = new Map<string, Placed>()
  #timer: Timer | undefined
  /** What the last refused leg said, for the Reason of our own refusal. */
  lastRefusal: { readonly status: number; readonly reason: SipReason } | undefined

  constructor(options: RingingOptions) {
    this.#options = options
  }

  get(attempt: string): Placed | undefined {
    return this.#attempts.get(attempt)
  }

  /** Rings everybody of a stage. @param number of the stage, for its timer. */
  start(stage: RingStage | undefined, number: number): void {
    const { world, send, session } = this.#options
    const all = stage?.targets.flatMap((target) => waysTo(target, world.sip, world.config.trunks)) ?? []
    // Who dialled sips was promised TLS on every hop (RFC 5630 section 4).
    const ways = /^sips:/i.test(session.target.uri) ? all.filter(isSecureWay) : all
    if (ways.length === 0 && all.length > 0) world.log.fault(fault('sip.no-secure-way'))
    const attempts = ways.map((way) => this.#make(way))
    this.stopTimer()
    this.#timer = world.clock.after(stage?.ringMs ?? 0, () => send({ type: 'lapsed', stage: number }))
    send({ type: 'staged', attempts: attempts.map(({ leg }) => leg.legId) })
    for (const attempt of attempts) void this.#dial(attempt)
  }

  /** @returns whether a leg that rings has the dialog of this Call-ID. */
  has(sipCallId: string): boolean {
    return [...this.#attempts.values()].some(({ leg }) => leg.sipCallId === sipCallId)
  }

  stopTimer(): void {
    this.#timer?.cancel()
  }

  /** A leg did not come about, or went before it won. */
  refused(attempt: string, status: number, reason: SipReason | undefined): void {
    this.#attempts.get(attempt)?.leg.end()
    this.#attempts.delete(attempt)
    this.lastRefusal = { status, reason: reason ?? reasonFor(status) }
    this.#options.send({ type: 'refused', attempt, status })
  }

  /** CANCEL, or BYE to one that has answered. */
  drop(attempts: readonly string[], reason: SipReason): void {
    for (const id of attempts) {
      this.#attempts.get(id)?.leg.end(reason)
      this.#attempts.delete(id)
    }
  }

  /** Nothing rings any more; everybody who still does is told. */
  close(reason: SipReason): void {
    this.stopTimer()
    this.drop([...this.#attempts.keys()], reason)
  }

  #make(way: Way): Placed {
    const { makeLeg, send } = this.#options
    const leg: Leg = makeLeg(
      {
        onRang: () => send({ type: 'rang', attempt: leg.legId }),
        onEarly: () => send({ type: 'early', attempt: leg.legId }),
        onAnswered: () => send({ type: 'answered', attempt: leg.legId }),
        onRefused: (status, reason) => this.refused(leg.legId, status, reason),
        onSettled: () => undefined,
      },
      () => leg,
      way,
    )
    const attempt = { leg, way }
    this.#attempts.set(leg.legId, attempt)
    return attempt
  }

  async #dial({ leg, way }: Placed): Promise<void> {
    const { world, session, pair } = this.#options
    if (pair.place === undefined) return
    const { sip, config } = world
    try {
      await leg.open(pair.place)
      const ourHost = config.sip.announcedAddress ?? session.localAddress
      const identity = identityFor(session, ourHost, way.sendIdentity)
      const codecs = codecsLike(session.offer, config.media.codecs)
      leg.dial(sip, { target: way.target, ...identity, maxForwards: session.maxForwards }, codecs)
    } catch (thrown) {
      this.refused(leg.legId, asFault(thrown).row.sip, undefined)
    }
  }
}
