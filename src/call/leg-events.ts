/** What a leg is made of and what it tells its call. Types, and the terms that every leg of a node begins with. */

import type { Fault } from '../base/fault.ts'
import { makeId, makeSdpSessionId } from '../base/ids.ts'
import { PTIME_DEFAULT_MS } from '../base/units.ts'
import { familyOf } from '../sip/sdp.ts'
import type { Referral, SessionEnd, SipReason, SipText } from '../sip/session.ts'
import type { CallerNews } from '../vault/pool.ts'
import type { LegNames } from './call-book.ts'
import type { CallWorld } from './call-world.ts'
import { type LatchTerms, latchOf } from './latch-policy.ts'
import { localSrtp, srtpPolicyOf } from './srtp-policy.ts'
import type { LocalTerms } from './terms.ts'

export type LegEvents = {
  /** It has a SIP session, or has come here with one. */
  onSession(names: LegNames): void
  /** The far end rings. */
  onRang(): void
  /** The far end sends early media; its terms are settled. */
  onEarly(): void
  /** The far end answered our INVITE; the terms are settled. */
  onAnswered(): void
  /** The ACK brought the answer to the offer in our 200. */
  onSettled(): void
  onRefused(status: number, reason: SipReason | undefined, contacts?: readonly string[]): void
  /** The far end held, retrieved, or changed its terms. */
  onChanged(): void
  /** The far end writes to whom it talks to. */
  onText(text: SipText): void
  /** The far end asks that its place go to somebody else. */
  onReferral(referral: Referral): void
  /** A key of the far end, when it is listened to. */
  onKey(key: number): void
  /** The caller told a key by INFO, or moved, while its port is away: for the vault that has it. */
  onCallerNews(news: CallerNews): void
  /** @returns the UUID of whom the far end talks to (RFC 7989); undefined while nobody knows. */
  otherSessionUuid(): string | undefined
  /** Nothing has arrived for so long, ms. */
  onQuiet(quietMs: number): void
  onEnded(end: SessionEnd): void
  /** The media process could not do what the leg needs. */
  onMediaFault(fault: Fault): void
}

/** What only a placed leg can do. */
export type RingingEvents = Pick<LegEvents, 'onRang' | 'onEarly' | 'onAnswered' | 'onRefused' | 'onSettled'>

/** None of it. */
export const NOT_PLACED: RingingEvents = {
  onRang: () => undefined,
  onEarly: () => undefined,
  onAnswered: () => undefined,
  onRefused: () => undefined,
  onSettled: () => undefined,
}

export type LegOptions = {
  readonly legId: string
  readonly local: Omit<LocalTerms, 'rtpPort' | 'rtcpPort'>
  readonly latch: LatchTerms
  /** Sound goes out without a bound before anything shows that the far end is where it says. */
  readonly isTrusted: boolean
  readonly events: LegEvents
}

/** @returns what a leg of this node is made of. @param trunk name of the trunk at its other end; undefined for a phone or a PBX. */
export function legOptions(
  { config, random }: Pick<CallWorld, 'config' | 'random'>,
  trunk: string | undefined,
  events: LegEvents,
): LegOptions {
  const { media } = config
  const address = media.announcedAddress ?? media.address
  const srtp = localSrtp(config, srtpPolicyOf(config, trunk), random)
  return {
    legId: makeId(random, 'leg-'),
    local: {
      address,
      family: familyOf(address) ?? 'IPv4',
      sessionId: makeSdpSessionId(random),
      codecs: media.codecs,
      ptimeMs: PTIME_DEFAULT_MS,
      rtcpMux: true,
      ...(srtp === undefined ? {} : { srtp }),
    },
    latch: latchOf(config, trunk),
    isTrusted: config.trunks.some(({ name, unprovedSound }) => name === trunk && unprovedSound === 'any'),
    events,
  }
}
