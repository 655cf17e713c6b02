/**
 * Offer and answer (RFC 3264) for one audio stream: writes our offers, answers the far end's, and reads its answers. Pure: ports, ids and
 * codecs come in, text and the agreed record go out.
 *
 * Rules worth knowing before reading:
 * - The offerer's order of codecs decides, unless `prefer` names one that it offers too: that keeps both legs of a call on one codec, and
 *   the media relayed undecoded.
 * - An answer has exactly one audio codec, telephone-event at the offered number (RFC 4733 section 2.4.1) and comfort noise only if wanted.
 * - Each side is sent the payload types that *it* wrote (RFC 3264 section 6.1), so a number may differ by direction.
 * - ptime in a description is what its writer wants to receive (RFC 8866 section 6.4).
 *
 * Keys of SRTP are chosen in `srtp-terms.ts`. Not here: ICE, more than one stream, and who is asked when (the call room's business).
 */

import { type CodecName, codecNamed, PTIME_DEFAULT_MS, PTIME_MAX_MS, PTIME_MIN_MS } from '../base/units.ts'
import { answeredEvents, describeEvents, type EventPayloadType, eventsOf, offeredEvents } from './event-terms.ts'
import { answerDirection, isZeroAddress } from './hold-forms.ts'
import {
  type AddressFamily,
  COMFORT_NOISE_PAYLOAD_TYPE,
  familyOf,
  type SdpAudio,
  type SdpDirection,
  type SdpPayload,
  type SdpSession,
  sameButOrigin,
  writeSdp,
} from './sdp.ts'
import {
  type AgreedSrtp,
  answeredSrtp,
  answeredStream,
  type LocalSrtp,
  offeredSrtp,
  streamAnswered,
} from './srtp-terms.ts'

/** Our side of the stream. */
export type LocalMedia = {
  /** The address the far end reaches us at: the announced one. */
  readonly address: string
  readonly family: AddressFamily
  readonly rtpPort: number
  readonly rtcpPort: number
  /** Decimal digits; stays the same for the whole dialog (RFC 8866 section 5.2). */
  readonly sessionId: string
  /** Counted up by one with every change; see `nextVersion`. */
  readonly version: number
  /** In the order we prefer. */
  readonly codecs: readonly CodecName[]
  /** What we want to do with the stream. */
  readonly direction: SdpDirection
  /** ms per packet we wish to receive. */
  readonly ptimeMs: number
  readonly rtcpMux: boolean
  /** Whether comfort noise (RFC 3389) is welcome; absent means no. */
  readonly comfortNoise?: boolean
  /** In a re-offer, the payload types in use: a number may not change its meaning within a session (RFC 3264 section 8.3.2). */
  readonly inUse?: AgreedMedia
  /** SRTP is required or preferred; plain RTP only when absent. */
  readonly srtp?: LocalSrtp
}

/** What both sides settled on. */
export type AgreedMedia = {
  /** Address 0.0.0.0 or :: is hold of the old kind: `direction` then forbids sending, and RTCP may not be sent either. */
  readonly remote: { readonly address: string; readonly rtpPort: number; readonly rtcpPort: number }
  readonly family: AddressFamily
  readonly codec: CodecName
  /** The number in packets we receive. */
  readonly payloadType: number
  /** The number in packets we send, when it differs. */
  readonly sendPayloadType?: number
  readonly eventPayloadTypes: readonly EventPayloadType[]
  /** ms per packet the far end wishes to receive. */
  readonly sendPtimeMs: number
  readonly rtcpMux: boolean
  /** What WE may do. */
  readonly direction: SdpDirection
  readonly comfortNoise: boolean
  /** Keys of both directions; plain RTP when absent. */
  readonly srtp?: AgreedSrtp
}

/** Why no stream came about; each is a row of the fault table with its SIP status. */
export type MediaFault =
  | 'sip.bad-sdp'
  | 'sip.no-audio'
  | 'sip.bad-crypto'
  | 'sip.no-common-crypto'
  | 'sip.srtp-required'
  | 'sip.no-common-codec'
  | 'sip.no-common-address-family'
  | 'sip.unusable-media-address'
  | 'sip.unusable-ptime'

export type Refused = { readonly result: 'refused'; readonly fault: MediaFault }
export type Answered = { readonly result: 'answered'; readonly body: string; readonly agreed: AgreedMedia }
export type Accepted = { readonly result: 'accepted'; readonly agreed: AgreedMedia }

/** @returns the text of an offer with all our codecs, telephone-event last. */
export function makeOffer(local: LocalMedia): string {
  const taken = local.inUse
  const payloads: SdpPayload[] = local.codecs.map((name) => ({
    payloadType: taken?.codec === name ? taken.payloadType : codecNamed(name).payloadType,
    name,
    clockRate: 8000,
    channels: 1,
    fmtp: undefined,
  }))
  if (local.comfortNoise === true) payloads.push(comfortNoise())
  payloads.push(...describeEvents(offeredEvents(taken?.eventPayloadTypes)))
  const secure = offeredSrtp({ local: local.srtp, inUse: taken })
  return writeSdp({
    ...ours(local),
    timing: '0 0',
    media: [{ type: 'audio', port: local.rtpPort, proto: secure?.profile ?? 'RTP/AVP', formats: '' }],
    audioIndex: 0,
    payloads,
    direction: local.direction,
    ptimeMs: local.ptimeMs,
    rtcpMux: local.rtcpMux,
    secure,
  })
}

/**
 * Answers an offer. @param prefer the codec to take if it is offered and ours, whatever the order.
 * @returns the text to send and what it settles, or why there is nothing to settle.
 */
export function answerOffer(offer: SdpSession, local: LocalMedia, prefer?: CodecName): Answered | Refused {
  const chosen = answeredStream(offer, { local: local.srtp, inUse: local.inUse })
  if (typeof chosen === 'string') return refused(chosen)
  const { audio, srtp } = chosen
  const address = checkAddress(audio, local)
  if (address.result === 'refused') return address
  const codec = chooseCodec(audio, local.codecs, prefer)
  if (codec === undefined) return refused('sip.no-common-codec')
  const ptimeMs = ptimeOf(audio, local.ptimeMs)
  if (ptimeMs === undefined) return refused('sip.unusable-ptime')
  const events = eventsOf(audio)
  const noise = local.comfortNoise === true && offersComfortNoise(audio)
  const direction = answerDirection(audio, local.direction)
  const rtcpMux = local.rtcpMux && audio.rtcpMux
  const body = writeSdp({
    ...ours(local),
    timing: offer.timing,
    media: offer.media,
    audioIndex: audio.index,
    payloads: [
      { ...codec, name: codec.name, fmtp: undefined },
      ...(noise ? [comfortNoise()] : []),
      ...describeEvents(events),
    ],
    direction,
    ptimeMs,
    rtcpMux,
    secure: srtp === undefined ? undefined : answeredSrtp(srtp),
  })
  return {
    result: 'answered',
    body,
    agreed: {
      remote: remoteOf(audio, rtcpMux),
      family: address.family,
      codec: codec.name,
      payloadType: codec.payloadType,
      eventPayloadTypes: events,
      sendPtimeMs: ptimeMs,
      rtcpMux,
      direction,
      comfortNoise: noise,
      ...(srtp === undefined ? {} : { srtp }),
    },
  }
}

/**
 * Reads the answer to an offer of ours. @param made the `LocalMedia` that the offer was made of.
 * @returns what is settled; `refused` when the answer cannot be used, and the session has to end or stay as it was.
 */
export function acceptAnswer(made: LocalMedia, answer: SdpSession): Accepted | Refused {
  const chosen = streamAnswered(answer, { local: made.srtp, inUse: made.inUse })
  if (typeof chosen === 'string') return refused(chosen)
  const { audio, srtp } = chosen
  if (audio.index !== 0) return refused('sip.no-audio')
  const address = checkAddress(audio, made)
  if (address.result === 'refused') return address
  const codec = chooseCodec(audio, made.codecs, undefined)
  if (codec === undefined) return refused('sip.no-common-codec')
  const ptimeMs = ptimeOf(audio, made.ptimeMs)
  if (ptimeMs === undefined) return refused('sip.unusable-ptime')
  const rtcpMux = made.rtcpMux && audio.rtcpMux
  const offered = made.inUse?.codec === codec.name ? made.inUse.payloadType : codecNamed(codec.name).payloadType
  return {
    result: 'accepted',
    agreed: {
      remote: remoteOf(audio, rtcpMux),
      family: address.family,
      codec: codec.name,
      payloadType: offered,
      ...(codec.payloadType === offered ? {} : { sendPayloadType: codec.payloadType }),
      eventPayloadTypes: answeredEvents(audio, made.inUse?.eventPayloadTypes),
      sendPtimeMs: ptimeMs,
      rtcpMux,
      direction: answerDirection(audio, made.direction),
      comfortNoise: made.comfortNoise === true && offersComfortNoise(audio),
      ...(srtp === undefined ? {} : { srtp }),
    },
  }
}

/** @returns the version for the next description of a session: up by one when it differs from the last one sent (RFC 3264 section 8). */
export function nextVersion(lastSent: { readonly body: string; readonly version: number }, next: string): number {
  return sameButOrigin(lastSent.body, next) ? lastSent.version : lastSent.version + 1
}

function refused(fault: MediaFault): Refused {
  return { result: 'refused', fault }
}

function ours(local: LocalMedia) {
  const { sessionId, version, address, family, rtpPort: port, rtcpPort } = local
  return { sessionId, version, address, family, port, rtcpPort }
}

function comfortNoise(): SdpPayload {
  return { payloadType: COMFORT_NOISE_PAYLOAD_TYPE, name: 'CN', clockRate: 8000, channels: 1, fmtp: undefined }
}

function offersComfortNoise(audio: SdpAudio): boolean {
  return audio.payloads.some((row) => row.name === 'CN' && row.payloadType === COMFORT_NOISE_PAYLOAD_TYPE)
}

type ChosenCodec = SdpPayload & { readonly name: CodecName }

function chooseCodec(
  audio: SdpAudio,
  codecs: readonly CodecName[],
  prefer: CodecName | undefined,
): ChosenCodec | undefined {
  const common: ChosenCodec[] = []
  for (const row of audio.payloads) {
    const name = codecs.find((codec) => codec === row.name)
    if (name !== undefined && row.clockRate === 8000 && row.channels === 1) common.push({ ...row, name })
  }
  return common.find((row) => row.name === prefer) ?? common[0]
}

/** ms the far end wants per packet, no more than its maximum; undefined when it asks for what we cannot do. */
function ptimeOf(audio: SdpAudio, oursMs: number): number | undefined {
  const askedMs = audio.ptimeMs ?? Math.min(oursMs, audio.maxPtimeMs ?? PTIME_DEFAULT_MS)
  const ptimeMs = Math.min(askedMs, audio.maxPtimeMs ?? askedMs)
  return ptimeMs >= PTIME_MIN_MS && ptimeMs <= PTIME_MAX_MS ? ptimeMs : undefined
}

type AddressCheck = { readonly result: 'usable'; readonly family: AddressFamily } | Refused

/** Only a unicast address of our family can be sent to; zeros are hold, and pass. */
function checkAddress(audio: SdpAudio, local: LocalMedia): AddressCheck {
  if (audio.family === undefined) return refused('sip.unusable-media-address')
  if (isZeroAddress(audio.address)) return { result: 'usable', family: local.family }
  if (audio.family !== local.family) return refused('sip.no-common-address-family')
  return isUnicast(audio.address) ? { result: 'usable', family: audio.family } : refused('sip.unusable-media-address')
}

/** Multicast and broadcast would make of us an amplifier. */
function isUnicast(address: string): boolean {
  if (familyOf(address) === 'IPv6') return !/^ff/i.test(address)
  return Number(address.split('.')[0]) < 224
}

function remoteOf(audio: SdpAudio, rtcpMux: boolean): AgreedMedia['remote'] {
  // RTCP to another host than the media's is not followed: it serves reflection better than it serves phones.
  return { address: audio.address, rtpPort: audio.port, rtcpPort: rtcpMux ? audio.port : audio.rtcpPort }
}
