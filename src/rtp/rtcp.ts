/**
 * RTCP (RFC 3550 section 6): what Sotto sends - sender and receiver reports with a CNAME, BYE - and a tolerant reader of
 * what it gets. Compounds only (section 6.1). Does not decide when to send; no XR, no feedback (RFC 4585) is read.
 *
 *     |V=2|P|   RC    |   PT=SR=200   |  length in words - 1          |   RR = 201, SDES = 202, BYE = 203
 *     |                         SSRC of sender                        |
 *     |  NTP seconds | NTP fraction | RTP timestamp | packets | octets|   sender report only
 *     |  SSRC | fraction lost (8), lost (24) | highest | jitter | LSR | DLSR |   report block
 */
import type { Milliseconds, Ssrc, Timestamp } from '../base/units.ts'
import { read16, read32, write16, write32 } from './octets.ts'

const SR = 200
const RR = 201
const SDES = 202
const BYE = 203
const CNAME = 1
/** Seconds from 1900, where NTP begins, to 1970 (RFC 5905). */
const NTP_OFFSET_S = 2_208_988_800
const MAX_CNAME = 255
const HEADER = 8
const SENDER_SIZE = 20
const BLOCK_SIZE = 24

/** One report block: what its sender has received from `ssrc` (section 6.4.1). */
export type ReportBlock = {
  readonly ssrc: Ssrc
  /** Loss since the report before, of 256. */
  readonly fractionLost: number
  /** Packets lost since the start, signed 24 bits. */
  readonly lost: number
  readonly extendedHighest: number
  /** Units of the clock rate. */
  readonly jitter: number
  /** Middle 32 bits of the NTP time of the last sender report received; 0 = none. */
  readonly lastSr: number
  /** Delay since then, in 1/65536 s. */
  readonly delaySinceLastSr: number
}

export type ReportToSend = {
  readonly ssrc: Ssrc
  /** Canonical name of this end (RFC 7022: random, at most 255 octets, ASCII). */
  readonly cname: string
  readonly block?: ReportBlock | undefined
}

export type SenderReportToSend = ReportToSend & {
  /** Wall clock, milliseconds since 1970. */
  readonly wallMs: Milliseconds
  readonly timestamp: Timestamp
  readonly packets: number
  readonly octets: number
}

/** One packet of a compound, read. */
export type RtcpReport =
  | {
      readonly type: 'sr'
      readonly ssrc: Ssrc
      readonly ntpSeconds: number
      readonly ntpFraction: number
      readonly timestamp: Timestamp
      readonly packets: number
      readonly octets: number
      readonly blocks: readonly ReportBlock[]
    }
  | { readonly type: 'rr'; readonly ssrc: Ssrc; readonly blocks: readonly ReportBlock[] }
  | { readonly type: 'bye'; readonly ssrcs: readonly Ssrc[] }
  | { readonly type: 'other'; readonly packetType: number }

/** @returns whole seconds of the NTP time, 32 bits. @param wallMs milliseconds since 1970. */
export function ntpSeconds(wallMs: Milliseconds): number {
  return (Math.floor(wallMs / 1000) + NTP_OFFSET_S) >>> 0
}

/** @returns the fraction of a second of the NTP time, in 1/2^32 s. */
export function ntpFraction(wallMs: Milliseconds): number {
  return Math.floor(((wallMs - Math.floor(wallMs / 1000) * 1000) / 1000) * 4294967296) >>> 0
}

/** @returns the middle 32 bits of an NTP time, as LSR and DLSR use them. */
export function ntpMiddle(seconds: number, fraction: number): number {
  return (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0
}

/** @returns round trip in ms from a block about us (section 6.4.1), or undefined when it holds no echo of ours. */
export function roundTripMs(block: ReportBlock, wallMs: Milliseconds): Milliseconds | undefined {
  if (block.lastSr === 0) return undefined
  const now = ntpMiddle(ntpSeconds(wallMs), ntpFraction(wallMs))
  const units = (now - block.lastSr - block.delaySinceLastSr) | 0
  return units < 0 ? undefined : (units * 1000) / 65536
}

function writeFirst(out: Uint8Array, at: number, count: number, type: number, size: number): void {
  out[at] = 0x80 | count
  out[at + 1] = type
  write16(out, at + 2, size / 4 - 1)
}

function writeBlock(out: Uint8Array, at: number, b: ReportBlock): number {
  write32(out, at, b.ssrc)
  write32(out, at + 4, ((b.fractionLost & 0xff) << 24) | (b.lost & 0xffffff))
  write32(out, at + 8, b.extendedHighest)
  write32(out, at + 12, b.jitter)
  write32(out, at + 16, b.lastSr)
  write32(out, at + 20, b.delaySinceLastSr)
  return BLOCK_SIZE
}

/** One chunk, one CNAME, closed by 1 to 4 zero octets (section 6.5). */
function writeSdes(out: Uint8Array, at: number, ssrc: Ssrc, cname: string): number {
  const length = Math.min(cname.length, MAX_CNAME)
  const size = HEADER + ((2 + length) & ~3) + 4
  writeFirst(out, at, 1, SDES, size)
  write32(out, at + 4, ssrc)
  out[at + 8] = CNAME
  out[at + 9] = length
  for (let i = 0; i < length; i++) out[at + 10 + i] = cname.charCodeAt(i) & 0x7f
  out.fill(0, at + 10 + length, at + size)
  return size
}

/** Room that a report with SDES or BYE can need at most, in octets. */
export const MAX_REPORT_SIZE: number = HEADER + SENDER_SIZE + BLOCK_SIZE + HEADER + 2 + MAX_CNAME + 7

/**
 * Writes a sender report and its SDES to the front of `out` (sections 6.4.1, 6.5).
 * @returns octets written; `out` has room for `MAX_REPORT_SIZE`.
 */
export function writeSenderReport(out: Uint8Array, r: SenderReportToSend): number {
  const size = HEADER + SENDER_SIZE + (r.block === undefined ? 0 : BLOCK_SIZE)
  writeFirst(out, 0, r.block === undefined ? 0 : 1, SR, size)
  write32(out, 4, r.ssrc)
  write32(out, 8, ntpSeconds(r.wallMs))
  write32(out, 12, ntpFraction(r.wallMs))
  write32(out, 16, r.timestamp)
  write32(out, 20, r.packets)
  write32(out, 24, r.octets)
  if (r.block !== undefined) writeBlock(out, 28, r.block)
  return size + writeSdes(out, size, r.ssrc, r.cname)
}

/** Writes a receiver report and its SDES to the front of `out` (section 6.4.2). @returns octets written. */
export function writeReceiverReport(out: Uint8Array, r: ReportToSend): number {
  const size = HEADER + (r.block === undefined ? 0 : BLOCK_SIZE)
  writeFirst(out, 0, r.block === undefined ? 0 : 1, RR, size)
  write32(out, 4, r.ssrc)
  if (r.block !== undefined) writeBlock(out, HEADER, r.block)
  return size + writeSdes(out, size, r.ssrc, r.cname)
}

/** Writes an empty receiver report, SDES and BYE (section 6.6; a BYE never stands alone). @returns octets written. */
export function writeBye(out: Uint8Array, ssrc: Ssrc, cname: string): number {
  const at = writeReceiverReport(out, { ssrc, cname })
  writeFirst(out, at, 1, BYE, HEADER)
  write32(out, at + 4, ssrc)
  return at + HEADER
}

/**
 * Reads a compound packet. Its validity (appendix A.2): version 2 throughout, no padding but in the last packet, lengths that
 * add up to the datagram. A first packet other than SR or RR is let pass: RFC 5506 allows it.
 * @returns the packets in order, or undefined.
 */
export function parseRtcp(p: Uint8Array): RtcpReport[] | undefined {
  if (p.length < HEADER) return undefined
  const reports: RtcpReport[] = []
  let at = 0
  while (at < p.length) {
    if (at + 4 > p.length || (p[at] as number) >> 6 !== 2) return undefined
    const type = p[at + 1] as number
    if (type < 192 || type > 223) return undefined
    let end = at + (read16(p, at + 2) + 1) * 4
    if (end > p.length) return undefined
    const next = end
    if ((p[at] as number) & 0x20) {
      const padding = p[end - 1] as number
      if (next !== p.length || padding === 0 || padding % 4 !== 0 || end - padding < at + 4) return undefined
      end -= padding
    }
    const report = parseOne(p, at, end, type)
    if (report === undefined) return undefined
    reports.push(report)
    at = next
  }
  return reports
}

function parseOne(p: Uint8Array, at: number, end: number, type: number): RtcpReport | undefined {
  const count = (p[at] as number) & 0x1f
  if (type === BYE) {
    if (at + 4 + count * 4 > end) return undefined
    return { type: 'bye', ssrcs: Array.from({ length: count }, (_, i) => read32(p, at + 4 + i * 4)) }
  }
  if (type !== SR && type !== RR) return { type: 'other', packetType: type }
  const first = at + HEADER + (type === SR ? SENDER_SIZE : 0)
  if (first + count * BLOCK_SIZE > end) return undefined
  const blocks = Array.from({ length: count }, (_, i) => parseBlock(p, first + i * BLOCK_SIZE))
  const ssrc = read32(p, at + 4)
  if (type === RR) return { type: 'rr', ssrc, blocks }
  return {
    type: 'sr',
    ssrc,
    ntpSeconds: read32(p, at + 8),
    ntpFraction: read32(p, at + 12),
    timestamp: read32(p, at + 16),
    packets: read32(p, at + 20),
    octets: read32(p, at + 24),
    blocks,
  }
}

function parseBlock(p: Uint8Array, at: number): ReportBlock {
  return {
    ssrc: read32(p, at),
    fractionLost: p[at + 4] as number,
    lost: (read32(p, at + 4) << 8) >> 8,
    extendedHighest: read32(p, at + 8),
    jitter: read32(p, at + 12),
    lastSr: read32(p, at + 16),
    delaySinceLastSr: read32(p, at + 20),
  }
}
