/**
 * Session descriptions (RFC 8866) as Sotto handles them: one audio stream over RTP or SRTP, everything else remembered only as far as an
 * answer needs to refuse it (RFC 3264 section 6). The lines are read by sdp-transform; this file narrows what it gives to a record with every
 * default of the RFCs filled in, and writes the one form that ours have.
 *
 * It decides nothing: hold is read in `hold-forms.ts`, offers are answered in `offer-answer.ts`, keys are read in `sdes.ts`. ICE, bundles and all
 * other attributes are skipped.
 */

import { isIPv4, isIPv6 } from 'node:net'
import { parse, type SessionDescription } from 'sdp-transform'
import { CODECS, FIRST_DYNAMIC } from '../base/units.ts'

export type AddressFamily = 'IPv4' | 'IPv6'
/** Direction of a stream as its sender sees it (RFC 8866 section 6.7). */
export type SdpDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/** The o= line (RFC 8866 section 5.2). Both numbers are 64 bits wide and stay text: they are compared, never computed with. */
export type SdpOrigin = {
  readonly sessionId: string
  readonly version: string
}

/** One payload type of an m= line with its mapping; static types have theirs filled in (RFC 3551 section 6). */
export type SdpPayload = {
  readonly payloadType: number
  /** Encoding name in capitals, such as `PCMA` or `TELEPHONE-EVENT`; names compare without case (RFC 8866 section 6.6). */
  readonly name: string
  /** Hz. */
  readonly clockRate: number
  readonly channels: number
  /** Text of a=fmtp without the payload type. */
  readonly fmtp: string | undefined
}

/** Profiles of RTP: plain and secure (RFC 3551, RFC 3711). AVPF and SAVPF would have to be answered as such (RFC 4585, RFC 5124). */
export type SdpProfile = 'RTP/AVP' | 'RTP/SAVP'

/** An audio stream that Sotto can take part in. */
export type SdpAudio = {
  /** Place among the m= lines, from 0. */
  readonly index: number
  /** 0 when the stream is refused or removed. */
  readonly port: number
  readonly payloads: readonly SdpPayload[]
  /** Text of the address in c=, of the stream or else of the session; a host name stays a host name. */
  readonly address: string
  /** undefined when the address is a host name. */
  readonly family: AddressFamily | undefined
  readonly direction: SdpDirection
  /** ms the other side wishes to receive per packet (RFC 8866 section 6.4). */
  readonly ptimeMs: number | undefined
  readonly maxPtimeMs: number | undefined
  readonly rtcpPort: number
  /** Address of a=rtcp when it names one (RFC 3605), else that of the stream. */
  readonly rtcpAddress: string
  readonly rtcpMux: boolean
  /** Values of its a=crypto lines, unread: keys (RFC 4568). */
  readonly crypto: readonly string[]
}

/** One m= line as it was received, for an answer that must repeat it. */
export type SdpMediaLine = {
  readonly type: string
  readonly port: number
  readonly proto: string
  readonly formats: string
}

export type SdpSession = {
  readonly origin: SdpOrigin
  /** Text of t=, which an answer repeats (RFC 3264 section 6). */
  readonly timing: string
  /** Every m= line, in order. */
  readonly media: readonly SdpMediaLine[]
  /** The first stream of plain RTP audio, one with a port before one without; undefined when there is none. */
  readonly audio: SdpAudio | undefined
  /** The same of secure RTP. */
  readonly secureAudio: SdpAudio | undefined
}

/** What Sotto writes: one audio stream at its place among refused ones. */
export type SdpToWrite = {
  readonly sessionId: string
  readonly version: number
  readonly timing: string
  readonly address: string
  readonly family: AddressFamily
  /** m= lines in order; each is refused with port 0 but the one at `audioIndex`. */
  readonly media: readonly SdpMediaLine[]
  readonly audioIndex: number
  readonly port: number
  readonly payloads: readonly SdpPayload[]
  readonly direction: SdpDirection
  readonly ptimeMs: number
  /** Written as a=rtcp when it is not the port above the stream's (RFC 3605). */
  readonly rtcpPort: number
  readonly rtcpMux: boolean
  /** Profile and a=crypto of the stream; plain when absent. */
  readonly secure?: { readonly profile: SdpProfile; readonly crypto: readonly string[] } | undefined
}

/** Longest body that is read, characters; a description with video and ICE takes some 8,000. */
export const SDP_MAX_CHARS = 64_000
/** Longest line and most m= lines that are read. */
const LINE_MAX_CHARS = 1024
const MEDIA_MAX_LINES = 16

/** Of a line without blanks at its end. The formats begin with something: two runs of blanks beside each other would be tried in every way to part them. */
const MEDIA_LINE = /^m=([\w-]{1,32}) +(\d{1,5})(?:\/\d+)? +([\w/]{1,64}) +([\w.*/+-][\w .*/+-]{0,511})$/
const USED_LINE =
  /^(?:[vsoct]=|a=(?:rtpmap|fmtp|ptime|maxptime|rtcp|rtcp-mux|sendrecv|sendonly|recvonly|inactive)(?::|$))/
const CRYPTO_LINE = /^a=crypto:(.*)$/

/** @returns the session a body describes, or undefined when it is not one: no v=0, a broken m= line, or over the limits. Never throws. */
export function parseSdp(body: string): SdpSession | undefined {
  if (body.length > SDP_MAX_CHARS) return undefined
  const lines = body.split(/\r\n|\r|\n/).filter((line) => line.length <= LINE_MAX_CHARS)
  if (lines[0]?.trimEnd() !== 'v=0') return undefined
  const media: SdpMediaLine[] = []
  const kept: string[] = []
  const crypto: string[][] = []
  for (const line of lines) {
    if (line.startsWith('m=')) {
      const parsed = parseMediaLine(line)
      if (parsed === undefined || media.length === MEDIA_MAX_LINES) return undefined
      media.push(parsed)
      kept.push(`m=${parsed.type} ${parsed.port} ${parsed.proto} ${parsed.formats}`)
      crypto.push([])
    } else if (USED_LINE.test(line)) kept.push(line.trimEnd())
    else crypto.at(-1)?.push(...(CRYPTO_LINE.exec(line.trimEnd())?.slice(1) ?? []))
  }
  if (media.length === 0) return undefined
  const session: Partial<SessionDescription> = parse(kept.join('\r\n'))
  const read = (profile: SdpProfile) => {
    const index = audioIndex(media, profile)
    return index === undefined ? undefined : readAudio(session, media, index, crypto[index] ?? [])
  }
  return {
    origin: {
      sessionId: String(session.origin?.sessionId ?? ''),
      version: String(session.origin?.sessionVersion ?? ''),
    },
    timing: timingOf(session),
    media,
    audio: read('RTP/AVP'),
    secureAudio: read('RTP/SAVP'),
  }
}

/** @returns the text of a description, lines ended by CRLF. */
export function writeSdp(sdp: SdpToWrite): string {
  const [start, stop] = sdp.timing.split(' ')
  const at = `IN ${sdp.family === 'IPv4' ? 'IP4' : 'IP6'} ${sdp.address}`
  let text = `v=0\r\no=- ${sdp.sessionId} ${sdp.version} ${at}\r\ns=-\r\nc=${at}\r\nt=${Number(start)} ${Number(stop)}\r\n`
  for (const [index, { type, proto, formats }] of sdp.media.entries())
    text += index === sdp.audioIndex ? writtenAudio(sdp) : `m=${type} 0 ${proto} ${formats}\r\n`
  return text
}

/** @returns whether two descriptions are the same but for o=, so that a re-offer changes nothing (RFC 3264 section 8). */
export function sameButOrigin(one: string, other: string): boolean {
  const strip = (body: string) => body.replace(/^o=.*$/m, '')
  return strip(one) === strip(other)
}

function parseMediaLine(line: string): SdpMediaLine | undefined {
  const found = MEDIA_LINE.exec(line.trimEnd())
  if (found === null) return undefined
  const [, type = '', port = '', proto = '', formats = ''] = found
  if (Number(port) > 65535) return undefined
  return { type, port: Number(port), proto, formats: formats.replace(/ +/g, ' ') }
}

function audioIndex(media: readonly SdpMediaLine[], profile: SdpProfile): number | undefined {
  const usable = (line: SdpMediaLine) => line.type === 'audio' && line.proto.toUpperCase() === profile
  const open = media.findIndex((line) => usable(line) && line.port !== 0)
  const chosen = open === -1 ? media.findIndex(usable) : open
  return chosen === -1 ? undefined : chosen
}

function readAudio(
  session: Partial<SessionDescription>,
  media: readonly SdpMediaLine[],
  index: number,
  crypto: readonly string[],
): SdpAudio | undefined {
  const line = media[index]
  const stream = session.media?.[index]
  if (line === undefined || stream === undefined) return undefined
  // A TTL or an address count may follow a multicast address (RFC 8866 section 5.7); the refusal of multicast is not made here.
  const address = textOf(stream.connection?.ip ?? session.connection?.ip).split('/')[0] ?? ''
  const rtcpPort = stream.rtcp?.port
  const rtcpAddress = textOf(stream.rtcp?.address)
  return {
    index,
    port: line.port,
    payloads: readPayloads(line.formats, stream.rtp, stream.fmtp),
    address,
    family: familyOf(address),
    direction: stream.direction ?? session.direction ?? 'sendrecv',
    ptimeMs: positive(stream.ptime),
    maxPtimeMs: positive(stream.maxptime),
    rtcpPort: isPort(rtcpPort) ? rtcpPort : Math.min(line.port + 1, 65535),
    rtcpAddress: familyOf(rtcpAddress) === undefined ? address : rtcpAddress,
    rtcpMux: stream.rtcpMux !== undefined,
    crypto,
  }
}

type RtpMaps = SessionDescription['media'][number]['rtp']
type Fmtps = SessionDescription['media'][number]['fmtp']

function readPayloads(formats: string, maps: RtpMaps, fmtps: Fmtps): SdpPayload[] {
  const payloads: SdpPayload[] = []
  for (const text of formats.split(' ')) {
    const payloadType = Number(text)
    if (!/^\d{1,3}$/.test(text) || payloadType > 127) continue
    if (payloads.some((earlier) => earlier.payloadType === payloadType)) continue
    const map = maps.find((row) => row.payload === payloadType)
    const fmtp = fmtps.find((row) => row.payload === payloadType)?.config
    const mapped =
      map === undefined
        ? staticPayload(payloadType)
        : {
            name: String(map.codec).toUpperCase(),
            clockRate: Number(map.rate ?? 8000),
            channels: Number.parseInt(String(map.encoding ?? 1), 10) || 1,
          }
    if (mapped !== undefined)
      payloads.push({ payloadType, ...mapped, fmtp: fmtp === undefined ? undefined : String(fmtp) })
  }
  return payloads
}

/** Static payload types need no rtpmap (RFC 3551 section 6). */
function staticPayload(payloadType: number): { name: string; clockRate: number; channels: number } | undefined {
  if (payloadType === COMFORT_NOISE_PAYLOAD_TYPE) return { name: 'CN', clockRate: 8000, channels: 1 }
  const codec = payloadType < FIRST_DYNAMIC ? CODECS.find((row) => row.payloadType === payloadType) : undefined
  return codec === undefined ? undefined : { name: codec.name, clockRate: codec.clockRate, channels: 1 }
}

/** Static payload type of comfort noise at 8000 Hz (RFC 3389 section 4). */
export const COMFORT_NOISE_PAYLOAD_TYPE = 13

/** Names that far ends of old have only seen in small letters. */
const WRITTEN_SMALL: ReadonlySet<string> = new Set(['TELEPHONE-EVENT', 'OPUS'])

function writtenAudio(sdp: SdpToWrite): string {
  const { port, payloads, secure } = sdp
  const numbers = payloads.map(({ payloadType }) => payloadType).join(' ')
  let text = `m=audio ${port} ${secure?.profile ?? 'RTP/AVP'} ${numbers}\r\n`
  for (const { payloadType, name, clockRate, channels } of payloads) {
    const written = WRITTEN_SMALL.has(name) ? name.toLowerCase() : name
    text += `a=rtpmap:${payloadType} ${written}/${clockRate}${channels === 1 ? '' : `/${channels}`}\r\n`
  }
  for (const { payloadType, fmtp } of payloads) if (fmtp !== undefined) text += `a=fmtp:${payloadType} ${fmtp}\r\n`
  if (sdp.rtcpPort !== port + 1) text += `a=rtcp:${sdp.rtcpPort}\r\n`
  for (const value of secure?.crypto ?? []) text += `a=crypto:${value}\r\n`
  text += `a=ptime:${sdp.ptimeMs}\r\na=${sdp.direction}\r\n`
  return sdp.rtcpMux ? `${text}a=rtcp-mux\r\n` : text
}

/** @returns the family of a numeric address; undefined for host names and anything else. */
export function familyOf(address: string): AddressFamily | undefined {
  if (isIPv4(address)) return 'IPv4'
  return isIPv6(address) && !address.includes('%') ? 'IPv6' : undefined
}

/** sdp-transform makes a number of any text that looks like one: an address of `192` must not surprise. */
function textOf(value: string | number | undefined): string {
  return value === undefined ? '' : String(value)
}

/** Numbers too large to be repeated exactly are no times. */
function timingOf({ timing }: Partial<SessionDescription>): string {
  if (timing === undefined || !Number.isSafeInteger(timing.start) || !Number.isSafeInteger(timing.stop)) return '0 0'
  return `${timing.start} ${timing.stop}`
}

function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65535
}

/** sdp-transform leaves `20.0` a text and an empty value an empty text. */
function positive(ms: unknown): number | undefined {
  const value = Number(ms)
  return ms === undefined || ms === '' || !Number.isFinite(value) ? undefined : Math.round(value)
}
