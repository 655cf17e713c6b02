/**
 * A leg: one SIP session and its media port. It keeps offer and answer, answers the far end's re-offers in every state, and says in a few
 * words what happened. Holding and codec changes stay on their own leg (RFC 3264 section 8, hop by hop).
 *
 * While the port is *away* in the vault, a re-offer that changes nothing is answered as ever; one that would change the stream gets 491, to be
 * tried again, since nobody here can tell the stream. What never can be agreed gets its refusal at once.
 *
 * It does not know the other leg, nor what its far end hears.
 */

import { asFault } from '../base/fault.ts'
import type { CodecName } from '../base/units.ts'
import type { MediaPlace, MediaPort } from '../media/pool.ts'
import type {
  IncomingSession,
  InviteOptions,
  OutgoingSession,
  Reoffer,
  SessionEvents,
  Sip,
  SipReason,
} from '../sip/session.ts'
import type { LegEvents, LegOptions } from './leg-events.ts'
import { reasonFor } from './refusal.ts'
import { decideReoffer } from './reoffer.ts'
import {
  answerTerms,
  isHeard,
  isHeld,
  type MediaFault,
  newTerms,
  offerTerms,
  sameAgreed,
  streamOf,
  type Terms,
  takeAnswer,
} from './terms.ts'

export class Leg {
  readonly legId: string
  readonly #options: LegOptions
  readonly #events: LegEvents
  #session: IncomingSession | OutgoingSession | undefined
  #incoming: IncomingSession | undefined
  #port: MediaPort | undefined
  #terms: Terms | undefined
  #answered = false
  #over = false
  #away = false
  /** A change that came while the port was away, for when it is back. */
  #owed = false

  constructor(options: LegOptions) {
    this.legId = options.legId
    this.#options = options
    this.#events = options.events
  }

  /** The port's id; undefined until it is open, and when the leg is over. */
  get portId(): string | undefined {
    return this.#over ? undefined : this.#port?.portId
  }

  get port(): MediaPort | undefined {
    return this.#port
  }

  /** The codec agreed on. */
  get codec(): CodecName | undefined {
    return this.#terms?.agreed?.codec
  }

  /** The far end has put us on hold. */
  get held(): boolean {
    return isHeld(this.#terms?.agreed)
  }

  /** Packets are due from the far end, into a port that is here. */
  get heard(): boolean {
    return this.#answered && !this.#away && isHeard(this.#terms?.agreed)
  }

  /** A final answer went either way and the session has not ended. */
  get up(): boolean {
    return this.#answered && !this.#over
  }

  /** The far end says in its Contact that it is a conference (RFC 3840 section 9, RFC 4579 section 5.2). */
  get isFocus(): boolean {
    const session: object | undefined = this.#session
    return session !== undefined && 'isFocus' in session && session.isFocus === true
  }

  /** Takes an incoming session. */
  attach(session: IncomingSession): void {
    this.#session = session
    this.#incoming = session
    session.attach(this.#sessionEvents())
  }

  /** Opens the port. @throws Fault `media.no-port` or `media.lost` */
  async open(place: MediaPlace): Promise<void> {
    const port = await place.open(this.#options.local.family, {
      onKey: (key) => this.#events.onKey(key),
      onQuiet: (quietMs) => this.#events.onQuiet(quietMs),
    })
    if (this.#over) {
      port.close()
      return
    }
    this.#port = port
    this.#terms = newTerms({ ...this.#options.local, rtpPort: port.rtpPort, rtcpPort: port.rtcpPort })
  }

  /** @returns why the caller's offer cannot be answered at all, before anybody is rung for it. */
  offerFault(): MediaFault | undefined {
    const offer = this.#incoming?.offer
    if (offer === undefined || this.#terms === undefined) return undefined
    const answer = answerTerms(this.#terms, offer)
    return answer.result === 'refused' ? answer.fault : undefined
  }

  /** Sends our INVITE. @param codecs in the order we wish for. */
  dial(sip: Pick<Sip, 'invite'>, options: Omit<InviteOptions, 'body' | 'events'>, codecs: readonly CodecName[]): void {
    if (this.#over || this.#terms === undefined) return
    const offer = offerTerms(this.#terms, codecs)
    this.#terms = offer.terms
    this.#session = sip.invite({ ...options, body: offer.body, events: this.#sessionEvents() })
  }

  /** 180. */
  ring(): void {
    if (!this.#over && !this.#answered) this.#incoming?.progress(180)
  }

  /** 183 with our answer. @returns false when the caller made no offer, or it cannot be answered: then it is told 180. */
  startEarly(prefer: CodecName | undefined): boolean {
    if (this.#over || this.#answered || this.#incoming === undefined) return false
    const body = this.#answer(prefer)
    if (body === undefined) {
      this.ring()
      return false
    }
    this.#incoming.progress(183, body)
    return true
  }

  /**
   * 200. @returns `settled`; `waiting` when the ACK has to bring the answer to our offer; or why it cannot be answered.
   * @param codecs for an offer of ours, in the order we wish for.
   */
  accept(prefer: CodecName | undefined, codecs: readonly CodecName[]): 'settled' | 'waiting' | MediaFault {
    const session = this.#incoming
    if (this.#over || session === undefined || this.#terms === undefined) return 'sip.no-audio'
    if (session.offer === undefined) {
      const offer = offerTerms(this.#terms, codecs)
      this.#terms = offer.terms
      this.#answered = true
      session.accept(offer.body)
      return 'waiting'
    }
    // Early media has settled it: the 200 repeats the answer of the 183 (RFC 3261 section 13.3.1.4).
    const early = this.#terms.agreed === undefined ? undefined : this.#terms.sent?.body
    const body = early ?? this.#answer(prefer)
    if (body === undefined) return this.offerFault() ?? 'sip.no-audio'
    this.#answered = true
    session.accept(body)
    return 'settled'
  }

  /** Refuses an incoming session. */
  reject(status: number, reason: SipReason = reasonFor(status), retryAfterSeconds?: number): void {
    if (this.#over) return
    this.#close()
    this.#incoming?.reject(status, reason, retryAfterSeconds)
  }

  /** Ends the session whatever its state, and closes the port. May be called twice. */
  end(reason?: SipReason): void {
    this.#close()
    this.#session?.end(reason)
  }

  /** The port goes to the vault: its terms are fixed. */
  leave(): void {
    this.#away = true
  }

  /** The port is back. */
  comeBack(): void {
    this.#away = false
    if (this.#owed) this.#setStream()
    this.#owed = false
  }

  /**
   * The released socket is dead: binds a fresh one and tells the far end by re-INVITE.
   * @returns whether the far end agreed; it hears us then.
   */
  async renew(): Promise<boolean> {
    const { port } = this
    if (port === undefined || this.#session === undefined) return false
    await port.renew()
    const terms = this.#terms
    if (this.#over || terms === undefined) return false
    this.#away = false
    const local = { ...terms.local, rtpPort: port.rtpPort, rtcpPort: port.rtcpPort }
    const inUse = terms.agreed === undefined ? undefined : [terms.agreed.codec]
    const offer = offerTerms({ ...terms, local }, inUse)
    this.#terms = offer.terms
    const outcome = await this.#session.reoffer(offer.body)
    if (this.#over || outcome.result === 'refused' || outcome.body === undefined) return false
    return this.#take(outcome.body)
  }

  #sessionEvents(): SessionEvents {
    return {
      onProgress: (status, body) => this.#onProgress(status, body),
      onAnswered: (body) => this.#onAnswered(body),
      onRefused: (status, reason) => {
        if (this.#close()) this.#events.onRefused(status, reason)
      },
      onConfirmed: (body) => this.#onConfirmed(body),
      onReoffer: (reoffer) => this.#onReoffer(reoffer),
      // Keys in INFO never get here; what does is not ours to understand (RFC 6086 section 4.2.2).
      onInfo: (_contentType, body, respond) => respond(body.byteLength === 0 ? 200 : 415),
      onEnded: (end) => {
        if (this.#close()) this.#events.onEnded(end)
      },
    }
  }

  #onProgress(status: number, body: string | undefined): void {
    if (this.#over || this.#answered) return
    if (body !== undefined && this.#take(body)) this.#events.onEarly()
    else if (status >= 180) this.#events.onRang()
  }

  #onAnswered(body: string | undefined): void {
    if (this.#over) {
      // The 200 crossed our CANCEL (RFC 3261 section 9.1).
      this.#session?.end()
      return
    }
    const settled = body === undefined ? this.#terms?.agreed !== undefined : this.#take(body)
    if (settled) {
      this.#answered = true
      this.#events.onAnswered()
      return
    }
    this.end(reasonFor(488))
    this.#events.onRefused(488, undefined)
  }

  #onConfirmed(body: string | undefined): void {
    if (this.#over || body === undefined) return
    const first = this.#terms?.agreed === undefined
    if (this.#take(body)) {
      if (first) this.#events.onSettled()
      else this.#events.onChanged()
    } else if (first) {
      this.end(reasonFor(488))
      this.#events.onEnded({ by: 'us', reason: reasonFor(488) })
    }
  }

  #onReoffer(reoffer: Reoffer): void {
    const decision = this.#over
      ? ({ do: 'reject', status: 481 } as const)
      : decideReoffer(this.#terms, reoffer.body, this.#away)
    if (decision.do === 'reject') {
      reoffer.reject(decision.status)
      return
    }
    this.#terms = decision.terms
    if (decision.changed) this.#setStream()
    reoffer.accept(decision.body)
    if (decision.changed) this.#events.onChanged()
  }

  /** Takes the answer to our offer. */
  #take(body: string): boolean {
    if (this.#terms === undefined) return false
    const settled = takeAnswer(this.#terms, body)
    if (settled.result === 'refused') return false
    const before = this.#terms.agreed
    this.#terms = settled.terms
    const same = before !== undefined && sameAgreed(before, settled.agreed)
    if (this.#away && !same) this.#owed = true
    else if (!this.#away) this.#setStream()
    return true
  }

  /** Answers the caller's first offer. */
  #answer(prefer: CodecName | undefined): string | undefined {
    const offer = this.#incoming?.offer
    if (offer === undefined || this.#terms === undefined) return undefined
    const answer = answerTerms(this.#terms, offer, prefer)
    if (answer.result === 'refused') return undefined
    this.#terms = answer.terms
    this.#setStream()
    return answer.body
  }

  /** Commands keep their order on the way to the media process, so nothing waits for this one. */
  #setStream(): void {
    const agreed = this.#terms?.agreed
    if (this.#port === undefined || agreed === undefined) return
    this.#port.stream(streamOf(agreed, this.#options.latch)).catch((thrown: unknown) => {
      if (!this.#over) this.#events.onMediaFault(asFault(thrown))
    })
  }

  /** @returns false when it was over already. */
  #close(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#port?.close()
    return true
  }
}
