/**
 * One leg's side of offer and answer (RFC 3264) through its whole life: what was offered, what was sent last, what is agreed. An immutable
 * record and functions that give the next one; the rules for one description are in `sip/offer-answer.ts`.
 */

import { type SrtpKeys, sameMaster } from '../base/srtp-suites.ts'
import type { CodecName } from '../base/units.ts'
import { codecNamed } from '../base/units.ts'
import type { Stream } from '../media/contract.ts'
import { receives, sends } from '../sip/hold-forms.ts'
import {
  type AgreedMedia,
  acceptAnswer,
  answerOffer,
  type LocalMedia,
  type MediaFault,
  makeOffer,
  nextVersion,
  type Refused,
} from '../sip/offer-answer.ts'
import { parseSdp, type SdpSession } from '../sip/sdp.ts'
import type { LatchTerms } from './latch-policy.ts'

/** What stays the same for the whole dialog, the port apart. */
export type LocalTerms = Omit<LocalMedia, 'version' | 'direction' | 'inUse'>

export type Terms = {
  readonly local: LocalTerms
  /** The description we sent last. */
  readonly sent: { readonly body: string; readonly version: number } | undefined
  /** Our offer that waits for its answer, or was answered last. */
  readonly offered: LocalMedia | undefined
  readonly agreed: AgreedMedia | undefined
}

export type Offered = { readonly body: string; readonly terms: Terms }
export type Settled = { readonly result: 'settled'; readonly terms: Terms; readonly agreed: AgreedMedia }
export type Answered = Settled & { readonly body: string }

/** @returns the terms of a leg that has said nothing yet. */
export function newTerms(local: LocalTerms): Terms {
  return { local, sent: undefined, offered: undefined, agreed: undefined }
}

/** @returns our offer. @param codecs in the order we wish for; ours when absent. */
export function offerTerms(terms: Terms, codecs: readonly CodecName[] = terms.local.codecs): Offered {
  const made = (version: number): LocalMedia => ({ ...localMedia(terms, version), codecs })
  const version = versionFor(terms, (at) => makeOffer(made(at)))
  const offered = made(version)
  const body = makeOffer(offered)
  return { body, terms: { ...terms, offered, sent: { body, version } } }
}

/** @returns our answer to an offer, or why there is none. @param offer undefined when it is no description. @param prefer the codec to take when it is offered. */
export function answerTerms(terms: Terms, offer: SdpSession | undefined, prefer?: CodecName): Answered | Refused {
  if (offer === undefined) return { result: 'refused', fault: 'sip.bad-sdp' }
  const before = terms.sent?.version ?? 1
  const first = answerOffer(offer, localMedia(terms, before), prefer)
  if (first.result === 'refused') return first
  const version = versionFor(terms, () => first.body)
  if (version !== before) dropKeys(first.agreed)
  const answer = version === before ? first : answerOffer(offer, localMedia(terms, version), prefer)
  if (answer.result === 'refused') return answer
  const { body, agreed } = answer
  return { result: 'settled', body, agreed, terms: { ...terms, agreed, sent: { body, version } } }
}

/** @returns what the answer to our offer settles, or why it cannot be used. */
export function takeAnswer(terms: Terms, answer: string): Settled | Refused {
  const parsed = parseSdp(answer)
  if (parsed === undefined || terms.offered === undefined) return { result: 'refused', fault: 'sip.bad-sdp' }
  const taken = acceptAnswer(terms.offered, parsed)
  if (taken.result === 'refused') return taken
  // Early media had keys, and the answer has none: another far end, or somebody between.
  if (terms.agreed?.srtp !== undefined && taken.agreed.srtp === undefined) {
    return { result: 'refused', fault: 'sip.srtp-required' }
  }
  return { result: 'settled', agreed: taken.agreed, terms: { ...terms, agreed: taken.agreed } }
}

/** @returns our codecs, those of an offer first and in its order, so that the other leg can be asked for the same. */
export function codecsLike(offer: string | undefined, ours: readonly CodecName[]): readonly CodecName[] {
  const session = offer === undefined ? undefined : parseSdp(offer)
  const offered = (session?.secureAudio ?? session?.audio)?.payloads
  if (offered === undefined) return ours
  const common = offered.flatMap((row) => ours.find((codec) => codec === row.name) ?? [])
  return [...new Set([...common, ...ours])]
}

/** @returns whether two agreements are the same for a stream that goes on. */
export function sameAgreed(one: AgreedMedia, other: AgreedMedia): boolean {
  return JSON.stringify(comparable(one)) === JSON.stringify(comparable(other)) && sameKeys(one.srtp, other.srtp)
}

/** Overwrites the key of the far end in an agreement that is not followed, or no more. Ours is for the whole dialog. */
export function dropKeys(agreed: AgreedMedia | undefined): void {
  agreed?.srtp?.receiveMaster.fill(0)
}

/** @returns the agreement as the media process takes it. */
export function streamOf(agreed: AgreedMedia, latch: LatchTerms): Stream {
  const { clockRate } = codecNamed(agreed.codec)
  const matching = agreed.eventPayloadTypes.find((row) => row.clockRate === clockRate)
  // A far end that has events in another clock than its sound's gets them in that clock.
  const events = matching ?? agreed.eventPayloadTypes[0]
  return {
    remote: agreed.remote,
    codec: agreed.codec,
    receivePayloadType: agreed.payloadType,
    sendPayloadType: agreed.sendPayloadType ?? agreed.payloadType,
    ...(events === undefined
      ? {}
      : {
          receiveEventPayloadType: events.payloadType,
          sendEventPayloadType: events.sendPayloadType ?? events.payloadType,
          ...(matching === undefined ? { eventClockRate: events.clockRate } : {}),
          ...(events.redundantPayloadType === undefined
            ? {}
            : { receiveRedundantPayloadType: events.redundantPayloadType }),
        }),
    ...(agreed.opus === undefined ? {} : { opus: agreed.opus }),
    sendPtimeMs: agreed.sendPtimeMs,
    rtcpMux: agreed.rtcpMux,
    send: sends(agreed.direction),
    receive: receives(agreed.direction),
    ...latch,
    ...(agreed.srtp === undefined ? {} : { srtp: keysOf(agreed.srtp) }),
  }
}

function keysOf({ suite, sendMaster, receiveMaster, receiveLifetime }: SrtpKeys): SrtpKeys {
  return { suite, sendMaster, receiveMaster, receiveLifetime }
}

/** @returns whether the far end does not listen to us. */
export function isHeld(agreed: AgreedMedia | undefined): boolean {
  return agreed !== undefined && !sends(agreed.direction)
}

/** @returns whether the far end may be expected to send. */
export function isHeard(agreed: AgreedMedia | undefined): boolean {
  return agreed !== undefined && receives(agreed.direction)
}

export type { MediaFault }

function localMedia(terms: Terms, version: number): LocalMedia {
  const local: LocalMedia = { ...terms.local, version, direction: 'sendrecv' }
  return terms.agreed === undefined ? local : { ...local, inUse: terms.agreed }
}

function versionFor(terms: Terms, write: (version: number) => string): number {
  if (terms.sent === undefined) return 1
  return nextVersion(terms.sent, write(terms.sent.version))
}

/** The number of a line may change, and nothing with it. */
function sameKeys(one: SrtpKeys | undefined, other: SrtpKeys | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return (
    one.suite === other.suite &&
    one.receiveLifetime === other.receiveLifetime &&
    sameMaster(one.sendMaster, other.sendMaster) &&
    sameMaster(one.receiveMaster, other.receiveMaster)
  )
}

function comparable(agreed: AgreedMedia): unknown {
  const { remote, codec, payloadType, sendPtimeMs, rtcpMux, direction } = agreed
  const events = agreed.eventPayloadTypes.map((row) => [
    row.payloadType,
    row.sendPayloadType,
    row.clockRate,
    row.redundantPayloadType,
  ])
  return [remote, codec, payloadType, agreed.sendPayloadType, agreed.opus, events, sendPtimeMs, rtcpMux, direction]
}
