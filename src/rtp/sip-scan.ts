/**
 * What a capture's SIP says about its media: finds messages over UDP and TCP and reads from their SDP (RFC 4566) which
 * address expects which payload types. A scanner for captures, not a parser for calls: no dialogs, no negotiation, and a
 * damaged message gives what can be read of it.
 */

import type { Milliseconds } from '../base/units.ts'
import type { Segment } from './link-layer.ts'

/** What a payload type stands for. */
export type PayloadFormat = {
  /** As in `a=rtpmap`, upper case but for `telephone-event` and `opus`. */
  readonly name: string
  /** Clock of the RTP timestamp, Hz. */
  readonly clockRate: number
}

/** One media section of one SDP. */
export type AnnouncedMedia = {
  readonly atMs: Milliseconds
  /** Address and port where its sender wants to receive, as in `Segment`. */
  readonly at: string
  /** Address and port that the message came from. */
  readonly by: string
  /** True for RTP/SAVP and the like. */
  readonly encrypted: boolean
  readonly formats: ReadonlyMap<number, PayloadFormat>
}

/** RFC 3551 tables 4 and 5, as far as they are met with. */
export const STATIC_FORMATS: ReadonlyMap<number, PayloadFormat> = new Map(
  (
    [
      [0, 'PCMU', 8000],
      [3, 'GSM', 8000],
      [4, 'G723', 8000],
      [5, 'DVI4', 8000],
      [6, 'DVI4', 16000],
      [7, 'LPC', 8000],
      [8, 'PCMA', 8000],
      [9, 'G722', 8000],
      [10, 'L16', 44100],
      [11, 'L16', 44100],
      [12, 'QCELP', 8000],
      [13, 'CN', 8000],
      [14, 'MPA', 90000],
      [15, 'G728', 8000],
      [16, 'DVI4', 11025],
      [17, 'DVI4', 22050],
      [18, 'G729', 8000],
      [25, 'CELB', 90000],
      [26, 'JPEG', 90000],
      [28, 'NV', 90000],
      [31, 'H261', 90000],
      [32, 'MPV', 90000],
      [33, 'MP2T', 90000],
      [34, 'H263', 90000],
    ] as const
  ).map(([type, name, clockRate]) => [type, { name, clockRate }]),
)

const START_LINE = /^(?:[A-Z]{3,20} \S+ SIP\/2\.0|SIP\/2\.0 \d{3}\b)/
const START_LINES = /(?:^|\r\n)(?:[A-Z]{3,20} [^\s]+ SIP\/2\.0|SIP\/2\.0 \d{3}\b)/g
/** What is kept of one direction of a TCP connection, characters. */
const MAX_TCP_TEXT = 8_000_000

type TcpText = { text: string; next: number; readonly pieces: { readonly at: number; readonly atMs: Milliseconds }[] }

/** Collects from the segments of a capture, in their order. */
export class SipScanner {
  #messages = 0
  readonly #media: AnnouncedMedia[] = []
  readonly #tcp = new Map<string, TcpText>()

  /** Looks at a segment. @returns true when it was SIP over UDP; TCP is only understood at the end. */
  take(segment: Segment): boolean {
    if (segment.over === 'tcp') {
      this.#takeTcp(segment)
      return false
    }
    const first = segment.payload[0] ?? 0
    if (first < 0x41 || first > 0x5a) return false
    const text = latin1(segment.payload)
    if (!START_LINE.test(text)) return false
    this.#messages++
    scanSdp(text, segment.atMs, segment.from, this.#media)
    return true
  }

  /** @returns messages and media of everything taken, media in the order of time. */
  finish(): { messages: number; media: AnnouncedMedia[] } {
    let messages = this.#messages
    const media = [...this.#media]
    for (const [way, stream] of this.#tcp) {
      const by = way.slice(0, way.indexOf(' '))
      const starts = Array.from(stream.text.matchAll(START_LINES), (match) => match.index)
      messages += starts.length
      for (const [i, start] of starts.entries()) {
        const atMs = stream.pieces.findLast((piece) => piece.at <= start)?.atMs ?? 0
        scanSdp(stream.text.slice(start, starts[i + 1]), atMs, by, media)
      }
    }
    return { messages, media: media.sort((a, b) => a.atMs - b.atMs) }
  }

  #takeTcp(segment: Segment): void {
    if (segment.payload.length === 0) return
    const key = `${segment.from} ${segment.to}`
    let stream = this.#tcp.get(key)
    let text = latin1(segment.payload)
    if (stream === undefined) {
      if (!text.includes('SIP/2.0')) return
      stream = { text: '', next: segment.sequence, pieces: [] }
      this.#tcp.set(key, stream)
    }
    // What was sent again is left out; after a hole in the capture the text simply goes on.
    const known = (stream.next - segment.sequence) | 0
    if (known > 0 && known < 1_000_000) text = text.slice(known)
    if (text === '' || stream.text.length > MAX_TCP_TEXT) return
    stream.pieces.push({ at: stream.text.length, atMs: segment.atMs })
    stream.text += text
    stream.next = (segment.sequence + segment.payload.length) | 0
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

type Section = { port: number; address: string; encrypted: boolean; rtp: boolean; formats: Map<number, PayloadFormat> }

/** Reads every SDP in a message and adds its media sections to `into`. */
function scanSdp(message: string, atMs: Milliseconds, by: string, into: AnnouncedMedia[]): void {
  let session = ''
  let section: Section | undefined
  let inside = false
  const close = (): void => {
    if (section?.rtp && section.port > 0 && section.address !== '') {
      const { address, port, encrypted, formats } = section
      into.push({ atMs, by, at: `${address.includes(':') ? `[${address}]` : address}:${port}`, encrypted, formats })
    }
    section = undefined
  }
  for (const line of message.split(/\r\n|\n/)) {
    if (line === 'v=0') {
      close()
      inside = true
      session = ''
      continue
    }
    if (!inside) continue
    if (line.startsWith('m=')) {
      close()
      section = openSection(line, session)
    } else if (line.startsWith('c=')) {
      const address = /^c=IN IP[46] ([^\s/]+)/.exec(line)?.[1] ?? ''
      if (section === undefined) session = address
      else section.address = address
    } else if (section !== undefined && line.startsWith('a=rtpmap:')) readRtpmap(line, section.formats)
    else if (!/^[a-z]=/.test(line)) {
      close()
      inside = false
    }
  }
  close()
}

function openSection(line: string, address: string): Section | undefined {
  const [, port, transport = '', ...types] = line.slice(2).trim().split(/\s+/)
  if (port === undefined) return undefined
  const formats = new Map<number, PayloadFormat>()
  for (const type of types.map(Number)) {
    const fixed = STATIC_FORMATS.get(type)
    if (fixed !== undefined) formats.set(type, fixed)
  }
  const rtp = transport.includes('RTP/') && transport.includes('AVP')
  const secure = transport.includes('SAVP')
  return { port: Number.parseInt(port, 10) || 0, address, encrypted: secure, rtp: rtp || secure, formats }
}

function readRtpmap(line: string, formats: Map<number, PayloadFormat>): void {
  const match = /^a=rtpmap:\s*(\d{1,3})\s+([^\s/]+)\/(\d{1,6})/.exec(line)
  if (match === null) return
  const [, type = '', name = '', clockRate = ''] = match
  const lower = name.toLowerCase()
  const spoken = lower === 'telephone-event' || lower === 'opus' ? lower : name.toUpperCase()
  formats.set(Number(type), { name: spoken, clockRate: Number(clockRate) })
}
