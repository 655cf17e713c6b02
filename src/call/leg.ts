/**
 * A leg: one SIP session and its media port. It keeps offer and answer, answers the far end's re-offers in every state, and says in a few
 * words what happened. Holding and codec changes stay on their own leg (RFC 3264 section 8, hop by hop).
 *
 * While the port is away in the vault, a re-offer that changes nothing is answered as ever; one that would change the stream gets 491, to be
 * tried again, since nobody here can tell the stream. What never can be agreed gets its refusal at once.
 *
 * It does not know the other leg, nor what its far end hears.
 */

import type { Clock } from '../base/clock.ts'
import type { SrtpSuiteName } from '../base/srtp-suites.ts'
import type { CodecName } from '../base/units.ts'
import type { MediaPlace, MediaPort } from '../media/pool.ts'
import type {
  HeardKey,
  IncomingSession,
  InviteOptions,
  OutgoingSession,
  Reoffer,
  SessionEvents,
  Sip,
  SipReason,
} from '../sip/session.ts'
import type { LegEvents, LegOptions } from './leg-events.ts'
import { LegMedia, type MediaEvents } from './leg-media.ts'
import { reasonFor } from './refusal.ts'
import type { MediaFault } from './terms.ts'

export class Leg {
  readonly legId: string
  readonly #media: LegMedia
  #events: LegEvents
  readonly #codecs: readonly CodecName[]
  #session: IncomingSession | OutgoingSession | undefined
  #incoming: IncomingSession | undefined
  /** Of whom the far end will talk to, when it has moved there. */
  #nextUuid: string | undefined
  /** Also when its keys are let through again. */
  #hearsFeatureKeys = false
  #answered = false
  #over = false

  constructor(options: LegOptions) {
    this.legId = options.legId
    this.#events = options.events
    this.#codecs = options.local.codecs
    const events: MediaEvents = {
      onKey: (key) => this.#events.onKey(key),
      onQuiet: (quietMs) => this.#events.onQuiet(quietMs),
      onCallerNews: (news) => this.#events.onCallerNews(news),
      onMediaFault: (fault) => this.#events.onMediaFault(fault),
    }
    this.#media = new LegMedia(
      { ...options, events },
      {
        signalledFrom: () => this.#session?.peer.address,
        isProved: () => options.isTrusted || this.#incoming?.isProved !== false,
      },
    )
  }

  /** Its SIP session as far as it is known by; undefined before there is one. */
  get session(): Pick<IncomingSession | OutgoingSession, 'id' | 'sipCallId' | 'sessionUuid'> | undefined {
    return this.#session
  }

  /** The port's id; undefined until it is open, and when the leg is over. */
  get portId(): string | undefined {
    return this.#over ? undefined : this.#media.port?.portId
  }

  get port(): MediaPort | undefined {
    return this.#media.port
  }

  /** The codec agreed on. */
  get codec(): CodecName | undefined {
    return this.#media.codec
  }

  /** The suite that its sound is encrypted with; undefined in plain RTP. */
  get srtp(): SrtpSuiteName | undefined {
    return this.#media.srtp
  }

  /** Plain RTP is refused here. */
  get mustBeSecure(): boolean {
    return this.#media.mustBeSecure
  }

  /** The far end has put us on hold. */
  get held(): boolean {
    return this.#media.held
  }

  /** Packets are due from the far end, into a port that is here. */
  get heard(): boolean {
    return this.#answered && this.#media.heard
  }

  /** The far end says in its Contact that it is a conference (RFC 3840 section 9, RFC 4579 section 5.2). */
  get isFocus(): boolean {
    return this.#session?.isFocus === true
  }

  /** Takes an incoming session. */
  attach(session: IncomingSession): void {
    this.#incoming = session
    this.#begin(session)
    session.attach(this.#sessionEvents())
  }

  /** Opens the port. @throws Fault `media.no-port` or `media.lost` */
  async open(place: MediaPlace): Promise<void> {
    await this.#media.open(place)
  }

  /** @returns why the caller's offer cannot be answered at all, before anybody is rung for it. */
  offerFault(): MediaFault | undefined {
    const offer = this.#incoming?.offer
    return offer === undefined ? undefined : this.#media.faultOf(offer)
  }

  /** Sends our INVITE. @param codecs in the order we wish for. */
  dial(sip: Pick<Sip, 'invite'>, options: Omit<InviteOptions, 'body' | 'events'>, codecs: readonly CodecName[]): void {
    const body = this.#over ? undefined : this.#media.offer(codecs)
    if (body !== undefined) this.#begin(sip.invite({ ...options, body, events: this.#sessionEvents() }))
  }

  /** 180. */
  ring(): void {
    if (!this.#over && !this.#answered) this.#incoming?.progress(180)
  }

  /** 183 with our answer. @returns false when the caller made no offer, or it cannot be answered: then it is told 180. */
  startEarly(prefer: CodecName | undefined): boolean {
    if (this.#over || this.#answered) return false
    const offer = this.#incoming?.offer
    const body = offer === undefined ? undefined : this.#media.answerFirst(offer, prefer)
    if (body === undefined) this.ring()
    else this.#incoming?.progress(183, body)
    return body !== undefined
  }

  /**
   * 200; after early media with the answer of the 183 (RFC 3261 section 13.3.1.4). @param prefer the codec of the other leg.
   * @returns `settled`; `waiting` when the ACK has to bring the answer to our offer; or why it cannot be answered.
   */
  accept(prefer: CodecName | undefined): 'settled' | 'waiting' | MediaFault {
    const session = this.#incoming
    if (this.#over || session === undefined) return 'sip.no-audio'
    const { offer } = session
    const body =
      offer === undefined
        ? this.#media.offer(this.#codecs.toSorted((a, b) => Number(b === prefer) - Number(a === prefer)))
        : this.#media.answerFirst(offer, prefer)
    if (body === undefined) return this.offerFault() ?? 'sip.no-audio'
    this.#answered = true
    session.accept(body)
    return offer === undefined ? 'waiting' : 'settled'
  }

  /** Refuses an incoming session. */
  reject(status: number, reason: SipReason = reasonFor(status), retryAfterSeconds?: number): void {
    if (this.#close()) this.#incoming?.reject(status, reason, retryAfterSeconds)
  }

  /** Ends the session whatever its state, and closes the port. May be called twice. */
  end(reason?: SipReason): void {
    this.#close()
    this.#session?.end(reason)
  }

  /** Writes to the far end. @returns the final status. */
  async text(body: Uint8Array): Promise<number> {
    return this.#over ? 481 : (this.#session?.text(body) ?? 481)
  }

  /** @returns whether the far end still has the call: no status but that of no answer and of no call says that it has not (RFC 3261 section 12.2.1.2). */
  async isThere(): Promise<boolean> {
    return !this.#over && ![408, 481].includes((await this.#session?.probe()) ?? 481)
  }

  /** The port goes to the vault: its terms are fixed. */
  leave(): void {
    this.#media.leave()
    this.#session?.hearKeys('sealed')
  }

  /** Lets the far end's keys through again so many ms after `renew`. */
  hearKeysIn(ms: number, clock: Clock): void {
    this.#media.hearKeysIn(ms, clock, () => this.#session?.hearKeys(this.#hearsFeatureKeys ? 'plain' : 'not'))
  }

  /** The port is back. */
  comeBack(): void {
    this.#session?.hearKeys('not')
    this.#media.comeBack()
  }

  /** The far end is an agent: its keys are told, those of its sound and those by INFO. @throws Fault `media.lost` */
  async hearFeatureKeys(): Promise<void> {
    this.#hearsFeatureKeys = true
    this.#session?.hearKeys('plain')
    await this.#media.port?.listen(true)
  }

  /**
   * The released socket is dead: binds a fresh one and tells the far end by re-INVITE. Its keys are muted until `hearKeysIn`.
   * @returns whether the far end agreed; it can hear us then. @throws Fault `media.lost`
   */
  async renew(): Promise<boolean> {
    this.#session?.hearKeys('not')
    await this.#media.renew()
    const outcome = await this.#session?.reoffer(() => this.#media.reoffer())
    if (this.#over || outcome?.result !== 'answered' || outcome.body === undefined) return false
    return this.#media.take(outcome.body)
  }

  /** Another call looks after the leg from now on. */
  tell(events: LegEvents): void {
    this.#events = events
    this.#nextUuid = undefined
    if (this.#session !== undefined) events.onSession(this.#session)
  }

  #begin(session: IncomingSession | OutgoingSession): void {
    this.#session = session
    this.#events.onSession(session)
  }

  /**
   * Takes the leg to another place by re-INVITE; until the far end has agreed nothing changes. @param uuid of whom it will talk to.
   * @returns whether it has. @throws Fault `media.no-port` or `media.lost`
   */
  async move(place: MediaPlace, uuid: string | undefined): Promise<boolean> {
    const isOpen = !this.#over && (await this.#media.openElsewhere(place))
    if (!isOpen || this.#session === undefined) return false
    this.#nextUuid = uuid
    const outcome = await this.#session.reoffer(() => this.#media.offerElsewhere())
    const moved = await this.#media.settleElsewhere(outcome.result === 'answered' ? outcome.body : undefined)
    if (!moved) this.#nextUuid = undefined
    return moved
  }

  #sessionEvents(): SessionEvents {
    return {
      onProgress: (status, body) => this.#onProgress(status, body),
      onAnswered: (body) => this.#onAnswered(body),
      onRefused: (status, reason, contacts) => {
        if (this.#close()) this.#events.onRefused(status, reason, contacts)
      },
      onProved: () => {
        if (!this.#over) this.#media.proved()
      },
      onConfirmed: (body) => this.#onConfirmed(body),
      offer: () => this.#media.reoffer(),
      onReoffer: (reoffer) => this.#onReoffer(reoffer),
      onKey: (key) => this.#onInfoKey(key),
      onText: (text) => {
        if (this.#over) text.respond(481)
        else this.#events.onText(text)
      },
      onReferral: (referral) => {
        if (this.#over) referral.reject(481)
        else this.#events.onReferral(referral)
      },
      otherSessionUuid: () => this.#nextUuid ?? this.#events.otherSessionUuid(),
      // What is no key is not ours to understand (RFC 6086 section 4.2.2).
      onInfo: (_contentType, body, respond) => respond(body.byteLength === 0 ? 200 : 415),
      onEnded: (end) => {
        if (this.#close()) this.#events.onEnded(end)
      },
    }
  }

  #onInfoKey(key: HeardKey): void {
    if (this.#over) return
    if (key.how === 'sealed') this.#events.onCallerNews({ type: 'key', sealed: key.sealed })
    // One that is lost with its port is pressed again.
    else this.#media.port?.key(key.code).catch(() => undefined)
  }

  #onProgress(status: number, body: string | undefined): void {
    if (this.#over || this.#answered) return
    if (body !== undefined && this.#media.take(body)) this.#events.onEarly()
    else if (status >= 180) this.#events.onRang()
  }

  #onAnswered(body: string | undefined): void {
    if (this.#over) {
      // The 200 crossed our CANCEL (RFC 3261 section 9.1).
      this.#session?.end()
      return
    }
    if (body === undefined ? this.#media.settled : this.#media.take(body)) {
      this.#answered = true
      this.#events.onAnswered()
      return
    }
    this.end(reasonFor(488))
    this.#events.onRefused(488, undefined)
  }

  /** An ACK: where our 200 held an offer, the first one or that to a re-INVITE without one, it has to bring the answer; or the 2xx to a session refresh. */
  #onConfirmed(body: string | undefined): void {
    if (this.#over) return
    const isFirst = !this.#media.settled
    if (body !== undefined && this.#media.take(body)) {
      if (isFirst) this.#events.onSettled()
      else this.#events.onChanged()
    } else if (isFirst) {
      this.end(reasonFor(488))
      this.#events.onEnded({ by: 'us', reason: reasonFor(488) })
    }
  }

  #onReoffer(reoffer: Reoffer): void {
    const decision = this.#over ? ({ do: 'reject', status: 481 } as const) : this.#media.reoffered(reoffer.body)
    if (decision.do === 'reject') {
      reoffer.reject(decision.status)
      return
    }
    reoffer.accept(decision.body)
    if (decision.changed) this.#events.onChanged()
  }

  /** @returns false when it was over already. */
  #close(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#media.close()
    return true
  }
}
