/** What a scripted phone says of its sound in SDP (RFC 8866), and what it reads in the far end's. */

import { type CodecName, codecNamed } from '../base/units.ts'
import { parseSdp, type SdpProfile } from '../sip/sdp.ts'

/** telephone-event as the phone offers it: not the number Sotto would choose itself. */
export const PHONE_EVENT_PAYLOAD_TYPE = 96

export type PhoneSdpTerms = {
  readonly eventPayloadType?: number
  /** Counts up with each change of terms (RFC 3264 section 8). */
  readonly version?: number
  readonly direction?: 'sendrecv' | 'sendonly' | 'inactive'
  readonly ptimeMs?: number
  /** SRTP, with its line of a=crypto. */
  readonly srtp?: { readonly profile: SdpProfile; readonly crypto: string } | undefined
}

export type PhoneTerms = {
  readonly address: string
  readonly port: number
  readonly eventPayloadType: number | undefined
}

/** One audio stream of one codec, with telephone-event. */
export function phoneSdp(
  address: string,
  port: number,
  codec: CodecName,
  {
    eventPayloadType = PHONE_EVENT_PAYLOAD_TYPE,
    version = 1,
    direction = 'sendrecv',
    ptimeMs = 20,
    srtp,
  }: PhoneSdpTerms = {},
): string {
  const { payloadType } = codecNamed(codec)
  const ip = address.includes(':') ? 'IP6' : 'IP4'
  return [
    'v=0',
    `o=- ${port} ${version} IN ${ip} ${address}`,
    's=-',
    `c=IN ${ip} ${address}`,
    't=0 0',
    `m=audio ${port} ${srtp?.profile ?? 'RTP/AVP'} ${payloadType} ${eventPayloadType}`,
    ...(srtp === undefined ? [] : [`a=crypto:${srtp.crypto}`]),
    `a=rtpmap:${payloadType} ${codec}/8000`,
    `a=rtpmap:${eventPayloadType} telephone-event/8000`,
    `a=fmtp:${eventPayloadType} 0-15`,
    `a=ptime:${ptimeMs}`,
    `a=${direction}`,
    '',
  ].join('\r\n')
}

/** @returns where the far end wants sound, or undefined when it has none to offer. */
export function termsIn(body: string): PhoneTerms | undefined {
  const session = parseSdp(body)
  const audio = session?.secureAudio ?? session?.audio
  if (audio === undefined || audio.port === 0) return undefined
  const event = audio.payloads.find(({ name }) => name === 'TELEPHONE-EVENT')
  return { address: audio.address, port: audio.port, eventPayloadType: event?.payloadType }
}
