/**
 * From whom a port takes packets, and where it sends them: symmetric RTP (RFC 4961), latched on the first good packet and strict
 * from then on. Nothing is ever sent to an address that only wrote to us: before the first good packet it goes to the address
 * of the session description.
 *
 *   sdp    only the described address; its port may differ once (a NAT in front of the same host)
 *   first  the first good packet from anywhere, then only from there
 */

import type { Stream } from './contract.ts'

export type Latch = {
  mode: 'sdp' | 'first'
  /** Where RTP goes; the latched source once there is one. */
  address: string
  rtpPort: number
  /** RTCP port of the session description. */
  rtcpPort: number
  latched: boolean
  /** RTCP port that a report from the latched address came from, 0 until one did. */
  heardRtcpPort: number
}

const UNSPECIFIED: readonly string[] = ['0.0.0.0', '::']

/** @returns a latch that knows nobody yet. */
export function createLatch(): Latch {
  return { mode: 'sdp', address: '', rtpPort: 0, rtcpPort: 0, latched: false, heardRtcpPort: 0 }
}

/**
 * Takes the terms of a stream. A latch holds as long as the described address stays the same; another one starts it anew.
 * @param before the terms it had, if any. @param canonical the described address as the sockets would spell it.
 */
export function describeTo(latch: Latch, before: Stream | undefined, stream: Stream, canonical: string): void {
  latch.mode = stream.latch
  latch.rtcpPort = stream.remote.rtcpPort
  const same =
    before !== undefined &&
    before.remote.address === stream.remote.address &&
    before.remote.rtpPort === stream.remote.rtpPort &&
    before.latch === stream.latch
  // The address of the oldest way to hold a call (RFC 2543) is nobody's: what is known of the far end stays.
  if (same || UNSPECIFIED.includes(canonical)) return
  latch.address = canonical
  latch.rtpPort = stream.remote.rtpPort
  latch.latched = false
  latch.heardRtcpPort = 0
}

/** @returns whether a packet may come from there, as far as is known now. */
export function mayComeFrom(latch: Latch, address: string, port: number): boolean {
  if (latch.latched) return address === latch.address && port === latch.rtpPort
  return latch.mode === 'first' || address === latch.address
}

/** A good packet came: from now on only from there. */
export function latchTo(latch: Latch, address: string, port: number): void {
  latch.address = address
  latch.rtpPort = port
  latch.latched = true
}

/** @returns whether RTCP may come from that address; the port is the far end's affair. */
export function mayReportFrom(latch: Latch, address: string): boolean {
  return address === latch.address
}

/**
 * @returns the port that RTCP goes to: with RTP when they share one (RFC 5761), where reports came from, as described when
 * the address is the described one, else the next port up (RFC 3550 section 11).
 */
export function rtcpPortOf(latch: Latch, stream: Stream): number {
  if (stream.rtcpMux) return latch.rtpPort
  if (latch.heardRtcpPort !== 0) return latch.heardRtcpPort
  const moved = latch.latched && latch.rtpPort !== stream.remote.rtpPort
  return moved ? Math.min(65_535, latch.rtpPort + 1) : latch.rtcpPort
}
