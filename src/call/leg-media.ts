/**
 * The media half of a leg: its port, and the terms that port follows. What offer and answer settle is told to the media process at once; while
 * the port is *away* in the vault, it is kept until the port is back.
 *
 * It sends no SIP: bodies go in and come out.
 */

import type { Clock, Timer } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import type { SrtpSuiteName } from '../base/srtp-suites.ts'
import type { CodecName } from '../base/units.ts'
import type { MediaPlace, MediaPort } from '../media/pool.ts'
import type { AgreedMedia } from '../sip/offer-answer.ts'
import { parseSdp, type SdpSession } from '../sip/sdp.ts'
import type { LegEvents, LegOptions } from './leg-events.ts'
import { type FarEnd, nearOf, portStream } from './port-stream.ts'
import { decideReoffer, isElsewhere, type ReofferDecision } from './reoffer.ts'
import {
  answerTerms,
  dropKeys,
  isHeard,
  isHeld,
  type MediaFault,
  newTerms,
  offerTerms,
  sameAgreed,
  type Terms,
  takeAnswer,
} from './terms.ts'

/** What a port tells its leg. */
export type MediaEvents = Pick<LegEvents, 'onKey' | 'onQuiet' | 'onCallerNews' | 'onMediaFault'>
type MediaOptions = Omit<LegOptions, 'events'> & { readonly events: MediaEvents }

export class LegMedia {
  readonly #options: MediaOptions
  readonly #far: FarEnd
  #port: MediaPort | undefined
  /** A port in another place, and the terms of it that the far end has been offered. */
  #elsewhere: { readonly port: MediaPort; readonly offered: Terms | undefined } | undefined
  #terms: Terms | undefined
  /** The first offer of the far end, until it is answered. */
  #offered: { readonly body: string; readonly session: SdpSession | undefined } | undefined
  #closed = false
  #away = false
  /** A change that came while the port was away. */
  #owed = false
  /** The far end's keys are nobody's business: they may be the rest of a card number. */
  #keysMuted = false
  #mutedUntil: Timer | undefined

  constructor(options: MediaOptions, far: FarEnd) {
    this.#options = options
    this.#far = far
  }

  get port(): MediaPort | undefined {
    return this.#port
  }

  get codec(): CodecName | undefined {
    return this.#terms?.agreed?.codec
  }

  /** The suite that the stream is encrypted with; undefined in plain RTP, and before anything is agreed on. */
  get srtp(): SrtpSuiteName | undefined {
    return this.#terms?.agreed?.srtp?.suite
  }

  /** Plain RTP is refused. */
  get mustBeSecure(): boolean {
    return this.#options.local.srtp?.required === true
  }

  /** Terms are agreed on. */
  get settled(): boolean {
    return this.#terms?.agreed !== undefined
  }

  /** The far end does not listen. */
  get held(): boolean {
    return isHeld(this.#terms?.agreed)
  }

  /** Packets are due from the far end, into a port that is here. */
  get heard(): boolean {
    return !this.#away && isHeard(this.#terms?.agreed)
  }

  /** Opens the port. @throws Fault `media.no-port` or `media.lost` */
  async open(place: MediaPlace): Promise<void> {
    const { local } = this.#options
    const port = await this.#openPort(place)
    if (port === undefined) return
    this.#port = port
    this.#terms = newTerms({ ...local, rtpPort: port.rtpPort, rtcpPort: port.rtcpPort })
  }

  /** Opens a port in another place; the one that is there goes on until `settleElsewhere`. @returns false where none can be gone over to. @throws Fault `media.no-port` or `media.lost` */
  async openElsewhere(place: MediaPlace): Promise<boolean> {
    const port = await this.#openPort(place)
    if (port === undefined || !this.settled || this.#away) {
      port?.close()
      return false
    }
    this.#elsewhere = { port, offered: undefined }
    return true
  }

  /** @returns the offer that tells of the port in another place, with the codec in use. */
  offerElsewhere(): string | undefined {
    const { port } = this.#elsewhere ?? {}
    const agreed = this.#terms?.agreed
    if (port === undefined || this.#terms === undefined || agreed === undefined) return undefined
    const local = { ...this.#terms.local, rtpPort: port.rtpPort, rtcpPort: port.rtcpPort }
    const offer = offerTerms({ ...this.#terms, local }, [agreed.codec])
    this.#elsewhere = { port, offered: offer.terms }
    return offer.body
  }

  /** Goes over to the port that was opened elsewhere. @param answer absent when there is none. @returns false when all stays as it was. */
  settleElsewhere(answer: string | undefined): boolean {
    const elsewhere = this.#elsewhere
    this.#elsewhere = undefined
    if (elsewhere === undefined) return false
    const { port, offered } = elsewhere
    const settled =
      answer === undefined || offered === undefined || this.#closed ? undefined : takeAnswer(offered, answer)
    if (settled?.result !== 'settled') {
      port.close()
      return false
    }
    this.#port?.close()
    this.#port = port
    this.#become(settled.terms)
    this.#setStream()
    return true
  }

  /** @returns why an offer cannot be answered at all. */
  faultOf(offer: string): MediaFault | undefined {
    const answer = this.#terms === undefined ? undefined : answerTerms(this.#terms, this.#read(offer))
    if (answer?.result === 'settled') dropKeys(answer.agreed)
    return answer?.result === 'refused' ? answer.fault : undefined
  }

  /** @returns our offer; undefined before the port is open. @param codecs in the order we wish for. */
  offer(codecs: readonly CodecName[]): string | undefined {
    if (this.#terms === undefined) return undefined
    const offer = offerTerms(this.#terms, codecs)
    this.#terms = offer.terms
    return offer.body
  }

  /** @returns the answer to the first offer of the far end, the same one however often it is asked for; undefined when there is none. */
  answerFirst(offer: string, prefer: CodecName | undefined): string | undefined {
    if (this.#terms === undefined) return undefined
    if (this.settled) return this.#terms.sent?.body
    const answer = answerTerms(this.#terms, this.#read(offer), prefer)
    if (answer.result === 'refused') return undefined
    this.#offered = undefined
    this.#become(answer.terms)
    this.#setStream()
    return answer.body
  }

  /** Takes the answer to our offer. @returns false when it cannot be used: the terms stay. */
  take(answer: string): boolean {
    if (this.#terms === undefined) return false
    const settled = takeAnswer(this.#terms, answer)
    if (settled.result === 'refused') return false
    const before = this.#terms.agreed
    const same = before !== undefined && sameAgreed(before, settled.agreed)
    this.#become(settled.terms)
    if (!this.#away || !same) this.#follow(settled.terms, before)
    return true
  }

  /** Decides about a re-offer of the far end, and follows it when it is accepted. */
  reoffered(offer: string | undefined): ReofferDecision {
    const decision = decideReoffer(this.#terms, offer, this.#away)
    if (decision.do === 'accept') {
      const before = this.#terms?.agreed
      this.#become(decision.terms)
      if (decision.changed) this.#follow(decision.terms, before)
    }
    return decision
  }

  /** The port goes to the vault: its terms are fixed but for the far end's address, and keys are among them. */
  leave(): void {
    this.#hearKeys()
    this.#away = true
  }

  /** The far end is where it says that it is: no more is held back. */
  proved(): void {
    if (this.#away) this.#owed = true
    else this.#setStream()
  }

  /** The port is back. */
  comeBack(): void {
    this.#away = false
    if (this.#owed) this.#setStream()
    this.#owed = false
  }

  /** Lets the far end's keys through again so many ms from now, or when the port next goes to a vault. @param then only when the time has passed. */
  hearKeysIn(ms: number, clock: Clock, then: () => void): void {
    if (!this.#keysMuted || this.#closed) return
    // The port may have been renewed twice: the time counts from the last.
    this.#mutedUntil?.cancel()
    this.#mutedUntil = clock.after(ms, () => {
      this.#hearKeys()
      then()
    })
  }

  /**
   * Binds a fresh socket in place of a dead one. Whoever was keying when it died knows nothing of it and goes on: no telephone-event gets through
   * until `hearKeysIn`. The far end has to be told by `reoffer`. @throws Fault `media.lost`
   */
  async renew(): Promise<void> {
    await this.#port?.renew()
    if (this.#closed || this.#port === undefined || this.#terms === undefined) return
    const { rtpPort, rtcpPort } = this.#port
    this.#away = false
    this.#keysMuted = true
    this.#terms = { ...this.#terms, local: { ...this.#terms.local, rtpPort, rtcpPort } }
  }

  /** @returns our offer as it is now, with the codec in use; undefined before anything is agreed on, and when the leg is over. */
  reoffer(): string | undefined {
    const agreed = this.#terms?.agreed
    return agreed === undefined || this.#closed ? undefined : this.offer([agreed.codec])
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true
    this.#offered = undefined
    this.#mutedUntil?.cancel()
    this.#port?.close()
    this.#elsewhere?.port.close()
    dropKeys(this.#terms?.agreed)
    for (const { master } of this.#options.local.srtp?.keys ?? []) master.fill(0)
  }

  /** Reads the first offer once: whether it can be answered is asked before anybody is rung, and how when somebody has answered. */
  #read(offer: string): SdpSession | undefined {
    if (this.#offered?.body !== offer) this.#offered = { body: offer, session: parseSdp(offer) }
    return this.#offered.session
  }

  /** @returns undefined when the leg was over meanwhile. */
  async #openPort(place: MediaPlace): Promise<MediaPort | undefined> {
    const { local, events } = this.#options
    const port = await place.open(local.family, events)
    if (!this.#closed) return port
    port.close()
    return undefined
  }

  /** Follows new terms; the far end's key of the old ones is overwritten. */
  #become(terms: Terms): void {
    const before = this.#terms?.agreed
    this.#terms = terms
    if (before !== terms.agreed) dropKeys(before)
  }

  /**
   * While the port is away the vault is told now that the far end has moved, and the media process later of all. Nothing else can change by an
   * offer; by the answer to ours it can, which nobody can refuse: with another key the vault opens nothing more, and the session ends for want of keys.
   */
  #follow({ agreed }: Terms, before: AgreedMedia | undefined): void {
    if (!this.#away) {
      this.#setStream()
      return
    }
    this.#owed = true
    if (agreed === undefined || !isElsewhere(agreed, before)) return
    this.#options.events.onCallerNews({ type: 'moved', remote: agreed.remote, ...nearOf(this.#far.signalledFrom()) })
  }

  #hearKeys(): void {
    this.#mutedUntil?.cancel()
    if (!this.#keysMuted) return
    this.#keysMuted = false
    this.#setStream()
  }

  /** Commands keep their order on the way to the media process, so nothing waits for this one. */
  #setStream(): void {
    const agreed = this.#terms?.agreed
    if (this.#port === undefined || agreed === undefined) return
    const stream = portStream(agreed, this.#options.latch, this.#far, this.#keysMuted)
    this.#port.stream(stream, true).catch((thrown: unknown) => {
      if (!this.#closed) this.#options.events.onMediaFault(asFault(thrown))
    })
  }
}
