/**
 * Ringing: the legs that are placed for a call until one of them wins. Opens a port for each, sends the INVITEs of a stage together, and
 * reports by the leg's id. Who wins is decided in `call-step.ts`.
 */

import type { Timer } from '../base/clock.ts'
import { asFault, fault } from '../base/fault.ts'
import type { CodecName } from '../base/units.ts'
import type { IncomingSession, SipReason } from '../sip/session.ts'
import type { CallEvent } from './call-step.ts'
import type { CallWorld } from './call-world.ts'
import { identityFor } from './identity.ts'
import type { Leg } from './leg.ts'
import type { RingingEvents } from './leg-events.ts'
import type { Pair, Placed } from './pair.ts'
import { redirected } from './redirect.ts'
import { reasonFor } from './refusal.ts'
import type { RingStage } from './route.ts'
import { codecsLike } from './terms.ts'
import { isSecureWay, type Way, waysTo } from './ways.ts'

/** Who is calling, as far as those that are rung have to know. */
export type RingSource = Pick<
  IncomingSession,
  'origin' | 'from' | 'assertedIdentity' | 'isPrivate' | 'target' | 'maxForwards'
> & {
  /** An address of ours for URIs. */
  readonly ourHost: string
  /** In the order we wish for. */
  readonly codecs: () => readonly CodecName[]
}

/** @returns what those that are rung for a new call have to know. */
export function sourceOf(session: IncomingSession, { sip, media }: CallWorld['config']): RingSource {
  const { origin, from, assertedIdentity, isPrivate, target, maxForwards } = session
  const ourHost = sip.announcedAddress ?? session.localAddress
  const codecs = () => codecsLike(session.offer, media.codecs)
  return { origin, from, assertedIdentity, isPrivate, target, maxForwards, ourHost, codecs }
}

export type RingingOptions = {
  readonly world: CallWorld
  readonly source: RingSource
  readonly pair: Pair
  /** Makes a leg; the rest of its events is the call's business. */
  readonly makeLeg: (events: RingingEvents, self: () => Leg, way: Way) => Leg
  readonly send: (event: CallEvent) => void
}

type Attempt = Placed & { readonly way: Way }

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

  /** Phones that ring, with the SIP session of each. */
  get phones(): readonly { readonly account: string; readonly session: string }[] {
    return [...this.#attempts.values()].flatMap(({ leg: { session }, way: { account } }) =>
      session === undefined || account === undefined ? [] : [{ account, session: session.id }],
    )
  }

  /** A leg that was not rung has been answered, and wants the call. */
  adopt(placed: Placed): void {
    this.#attempts.set(placed.leg.legId, placed)
    this.#options.send({ type: 'pickedUp', attempt: placed.leg.legId })
  }

  /** Rings everybody of a stage. @param number of the stage, for its timer. */
  start(stage: RingStage | undefined, number: number): void {
    const { world, send, source } = this.#options
    const all = stage?.targets.flatMap((target) => waysTo(target, world.sip, world.config.trunks)) ?? []
    // Who dialled sips was promised TLS on every hop (RFC 5630 section 4).
    const ways = /^sips:/i.test(source.target.uri) ? all.filter(isSecureWay) : all
    if (ways.length === 0 && all.length > 0) world.log.fault(fault('sip.no-secure-way'))
    const attempts = ways.map((way) => this.#make(way))
    this.stopTimer()
    this.#timer = world.clock.after(stage?.ringMs ?? 0, () => send({ type: 'lapsed', stage: number }))
    send({ type: 'staged', attempts: attempts.map(({ leg }) => leg.legId) })
    for (const attempt of attempts) void this.#dial(attempt)
  }

  /** @returns whether a leg that rings has the dialog of this Call-ID. */
  has(sipCallId: string): boolean {
    return [...this.#attempts.values()].some(({ leg }) => leg.session?.sipCallId === sipCallId)
  }

  stopTimer(): void {
    this.#timer?.cancel()
  }

  /** A leg did not come about, or went before it won. */
  refused(attempt: string, status: number, reason: SipReason | undefined): void {
    const refused = this.#attempts.get(attempt)
    if (refused === undefined) return
    refused.leg.end()
    this.#attempts.delete(attempt)
    this.lastRefusal = { status, reason: reason ?? reasonFor(status) }
    this.#options.send({ type: 'refused', attempt, status })
  }

  /** Somebody else looks after it from now on. */
  letGo(attempt: string): Placed | undefined {
    const placed = this.#attempts.get(attempt)
    this.#attempts.delete(attempt)
    return placed
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

  #make(way: Way): Attempt {
    const { makeLeg, send } = this.#options
    const leg: Leg = makeLeg(
      {
        onRang: () => send({ type: 'rang', attempt: leg.legId }),
        onEarly: () => send({ type: 'early', attempt: leg.legId }),
        onAnswered: () => send({ type: 'answered', attempt: leg.legId }),
        onRefused: (status, reason, contacts) => this.#sentOn(leg.legId, way, status, reason, contacts ?? []),
        onSettled: () => undefined,
      },
      () => leg,
      way,
    )
    const attempt = { leg, way }
    this.#attempts.set(leg.legId, attempt)
    return attempt
  }

  /** A refusal, unless it says where else to look and that is followed. */
  #sentOn(attempt: string, way: Way, status: number, reason: SipReason | undefined, contacts: readonly string[]): void {
    const { world, source, send } = this.#options
    const next = this.#attempts.has(attempt)
      ? redirected(world.config, source.origin, way, status, contacts)
      : undefined
    if (next === undefined) {
      this.refused(attempt, status, reason)
      return
    }
    this.drop([attempt], reasonFor(status))
    const placed = this.#make(next)
    send({ type: 'redirected', attempt, by: placed.leg.legId })
    void this.#dial(placed)
  }

  async #dial({ leg, way }: Attempt): Promise<void> {
    const { world, source, pair } = this.#options
    if (pair.place === undefined) return
    try {
      await leg.open(pair.place)
      const identity = identityFor(source, source.ourHost, way.sendIdentity)
      leg.dial(world.sip, { target: way.target, ...identity, maxForwards: source.maxForwards }, source.codecs())
    } catch (thrown) {
      this.refused(leg.legId, asFault(thrown).row.sip, undefined)
    }
  }
}
