/**
 * Ringing: the legs that are placed for a call, or for the target of its transfer, until one of them wins, and the phones that pick it up
 * meanwhile. Opens a port for each, sends the INVITEs of a stage together, and reports by the leg's id. Who wins is decided in `call-step.ts`.
 */

import type { Timer } from '../base/clock.ts'
import { asFault, fault } from '../base/fault.ts'
import type { CodecName } from '../base/units.ts'
import type { IncomingSession, SipReason } from '../sip/session.ts'
import type { CallEvent } from './call-states.ts'
import type { CallWorld } from './call-world.ts'
import { identityFor } from './identity.ts'
import type { Leg } from './leg.ts'
import type { RingingEvents } from './leg-events.ts'
import type { Pair, Placed, Role } from './pair.ts'
import type { Pickable } from './pick-ups.ts'
import { createPicking, type Picking } from './picking.ts'
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
  readonly callId: string
  readonly pair: Pair
  /** That who answers is to have. */
  readonly role: Role
  /** Nobody has answered yet, and somebody may. */
  readonly isRinging: () => boolean
  /** Makes a leg; the rest of its events is the call's business. */
  readonly makeLeg: (events: RingingEvents, self: () => Leg, way: Pick<Way, 'trunk'>) => Leg
  readonly send: (event: CallEvent) => void
}

type Attempt = Placed & { readonly way: Way }

export class Ringing {
  readonly #options: RingingOptions
  readonly #attempts = new Map<string, Placed>()
  readonly #picking: Picking
  #timer: Timer | undefined
  /** What the last refused leg said, for the Reason of our own refusal. */
  lastRefusal: { readonly status: number; readonly reason: SipReason } | undefined

  constructor(options: RingingOptions) {
    const { pair, role, isRinging, source, makeLeg } = options
    this.#options = options
    this.#picking = createPicking({
      pair,
      role,
      isRinging,
      prefer: () => source.codecs()[0],
      makeLeg: (events, self) => makeLeg(events, self, {}),
      onTaken: (placed, by, at) => this.#taken(placed, by, at),
    })
  }

  get(attempt: string): Placed | undefined {
    return this.#attempts.get(attempt)
  }

  /** Phones that ring and may be picked up at. */
  get rung(): readonly Pickable[] {
    const { pair, role, source, isRinging } = this.#options
    if (!isRinging() || pair.sideOf(role) !== 'agent') return []
    const { origin, target } = source
    const askedBy = [pair.account('caller'), origin.kind === 'phone' ? origin.account : undefined]
    return [...this.#attempts.values()].flatMap(({ leg: { session }, way: { account } }) =>
      session === undefined || account === undefined
        ? []
        : [
            {
              account,
              number: target.user,
              askedBy,
              session: session.id,
              pickUp: (by: IncomingSession, as: string) => this.#picking.begin(by, as, account),
            },
          ],
    )
  }

  /** Rings everybody of a stage. @param number of the stage, for its timer. */
  start(stage: RingStage | undefined, number: number): void {
    const { world, send, source } = this.#options
    const all = stage?.targets.flatMap((target) => waysTo(target, world.sip, world.config.trunks)) ?? []
    // Who dialled sips was promised TLS on every hop (RFC 5630 section 4).
    const ways = /^sips:/i.test(source.target.uri) ? all.filter(isSecureWay) : all
    if (ways.length === 0 && all.length > 0) world.log.fault(fault('sip.no-secure-way'))
    const attempts = ways.map((way) => this.#make(way))
    this.#timer?.cancel()
    this.#timer = world.clock.after(stage?.ringMs ?? 0, () => send({ type: 'lapsed', stage: number }))
    send({ type: 'staged', attempts: attempts.map(({ leg }) => leg.legId) })
    for (const attempt of attempts) void this.#dial(attempt)
  }

  /** @returns whether a leg that rings, or picks up, has the dialog of this Call-ID. */
  has(sipCallId: string): boolean {
    const rings = [...this.#attempts.values()].some(({ leg }) => leg.session?.sipCallId === sipCallId)
    return rings || this.#picking.has(sipCallId)
  }

  /** A leg did not come about, or went before it won; it may be one that picks up. */
  lost(legId: string, status: number, reason: SipReason | undefined): void {
    this.refused(legId, status, reason)
    this.#picking.lost(legId, status)
  }

  /** A leg that was rung did not come about, or went before it won. */
  refused(attempt: string, status: number, reason: SipReason | undefined): void {
    const refused = this.#attempts.get(attempt)
    if (refused === undefined) return
    refused.leg.end()
    this.#attempts.delete(attempt)
    this.lastRefusal = { status, reason: reason ?? reasonFor(status) }
    this.#options.send({ type: 'refused', attempt, status })
  }

  /** Has answered first: the call looks after it from now on, and who picks up hears that it is too late. */
  won(attempt: string): Placed | undefined {
    this.#timer?.cancel()
    this.#picking.close()
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
    this.#timer?.cancel()
    this.#picking.close()
    this.drop([...this.#attempts.keys()], reason)
  }

  /** A phone that was not rung has been answered, and wants the call. */
  #taken(placed: Placed, by: string, at: string): void {
    const { world, callId, isRinging, send } = this.#options
    if (isRinging()) world.emit({ type: 'call.picked-up', atMs: world.clock.now(), callId, by, at })
    this.#attempts.set(placed.leg.legId, placed)
    send({ type: 'pickedUp', attempt: placed.leg.legId })
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
