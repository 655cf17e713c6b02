/**
 * From whom a port takes packets, and where it sends them: symmetric RTP (RFC 4961), latched (RFC 7362) once and strict from then on. Nothing is
 * ever sent to an address that only wrote to us: until somebody is latched to, everything goes to the address of the session description.
 *
 *   sdp         only the described address; its port may be another (a NAT in front of the same host)
 *   signalling  also the address that signalling comes from (restricted latching, RFC 7362 section 5)
 *   first       from anywhere, for phones behind NAT; from named networks alone when there are some
 *
 * | who speaks | is latched to |
 * |---|---|
 * | the described address and port | with its first good packet, for good |
 * | whom the policy admits | after a run of five (`rtp/probation.ts`); nothing of it is heard before, and nothing sent to it |
 * | the described one within 5 s after another was learnt | after a run of five, for good: signalling knows better than whoever was first |
 * | another port of the latched address, while the latched one is silent for 200 ms, with its SSRC, going on in its sequence | after a run of five: a NAT changed its binding |
 * | anybody else | never, unless signalling describes another address |
 */

import { type InNetworks, inNetworks } from '../base/networks.ts'
import type { Milliseconds, SequenceNumber, Ssrc, Timestamp } from '../base/units.ts'
import { sequence } from '../rtp/packet.ts'
import { clearProbation, createProbation, noteRun, type Probation } from '../rtp/probation.ts'
import { sequenceDelta, timestampDelta } from '../rtp/sequence.ts'
import type { Stream } from './contract.ts'
import { ssrcIn, timestampIn } from './wrapping.ts'

/** So long a source that was only learnt gives way to the described one. */
export const SETTLE_MS: Milliseconds = 5000
/** So long the latched source must have been silent before another port of its address can go on with its stream. */
export const REBIND_SILENCE_MS: Milliseconds = 200
/** Sequence numbers that may be missing where a stream goes on, beside one for each 5 ms of silence. */
const REBIND_STEPS = 50
const LEAST_PTIME_MS: Milliseconds = 5

export type Latch = {
  mode: Stream['latch']
  /** Networks that `first` learns from; anywhere when undefined. */
  admits: InNetworks | undefined
  describedAddress: string
  describedPort: number
  /** Where signalling comes from, when that is known. */
  signalledFrom: string | undefined
  /** Where RTP goes; the latched source once there is one. */
  address: string
  rtpPort: number
  /** RTCP port of the session description. */
  rtcpPort: number
  latched: boolean
  /** Until then the described source may still take the place of the learnt one. */
  settlesMs: Milliseconds
  /** RTCP port that a report of the source came from, 0 until one did; fixed from then on. */
  heardRtcpPort: number
  readonly probation: Probation
  /** The last packet of the latched source, once it was heard here. */
  heard: boolean
  ssrc: Ssrc
  sequence: SequenceNumber
  timestamp: Timestamp
  lastMs: Milliseconds
  /** How often the source came from another port without a word of signalling. */
  rebound: number
}

const UNSPECIFIED: readonly string[] = ['0.0.0.0', '::']

/** @returns a latch that knows nobody yet. */
export function createLatch(): Latch {
  return {
    mode: 'sdp',
    admits: undefined,
    describedAddress: '',
    describedPort: 0,
    signalledFrom: undefined,
    address: '',
    rtpPort: 0,
    rtcpPort: 0,
    latched: false,
    settlesMs: 0,
    heardRtcpPort: 0,
    probation: createProbation(),
    heard: false,
    ssrc: 0,
    sequence: 0,
    timestamp: 0,
    lastMs: 0,
    rebound: 0,
  }
}

/**
 * Takes the terms of a stream. A latch holds as long as the described address stays the same, also across a hold by the address of nobody; another
 * one starts it anew. @param canonical the described address as the sockets would spell it.
 */
export function describeTo(latch: Latch, stream: Stream, canonical: string): void {
  const same =
    canonical === latch.describedAddress && stream.remote.rtpPort === latch.describedPort && stream.latch === latch.mode
  latch.mode = stream.latch
  latch.admits = stream.latchNetworks === undefined ? undefined : inNetworks(stream.latchNetworks)
  latch.signalledFrom = stream.signalledFrom
  latch.rtcpPort = stream.remote.rtcpPort
  // The address of the oldest way to hold a call (RFC 2543) is nobody's: what is known of the far end stays.
  if (same || UNSPECIFIED.includes(canonical)) return
  latch.describedAddress = canonical
  latch.describedPort = stream.remote.rtpPort
  latch.address = canonical
  latch.rtpPort = stream.remote.rtpPort
  unlatch(latch)
}

/** Forgets the source: whoever is admitted may become the next one. */
export function unlatch(latch: Latch): void {
  latch.latched = false
  latch.heard = false
  latch.heardRtcpPort = 0
  clearProbation(latch.probation)
}

/** Goes on with a source that was latched to before: the socket comes back from elsewhere. */
export function resumeLatch(latch: Latch, address: string, rtpPort: number): void {
  const moved = address !== latch.address || rtpPort !== latch.rtpPort
  latch.address = address
  latch.rtpPort = rtpPort
  latch.latched = true
  latch.settlesMs = 0
  latch.heard = false
  if (moved) latch.heardRtcpPort = 0
}

/** @returns whether it is worth looking at a packet from there; `takesFrom` decides. */
export function mayComeFrom(latch: Latch, address: string, port: number): boolean {
  if (latch.address === address) return port === latch.rtpPort || !latch.latched || latch.heard || isOpen(latch)
  if (latch.latched && !isOpen(latch)) return false
  return address === latch.describedAddress || isAdmitted(latch, address)
}

/**
 * @param packet RTP of an agreed payload type.
 * @param authentic it proves by itself whose it is, as under SRTP: neither run nor sequence is asked for, and another address may go on with it.
 * @returns whether it is the source's; the latch may have come about, or moved, with this very packet.
 */
export function takesFrom(
  latch: Latch,
  address: string,
  port: number,
  packet: Uint8Array,
  nowMs: Milliseconds,
  authentic = false,
): boolean {
  if (!isSource(latch, address, port) && !becomesSource(latch, address, port, packet, nowMs, authentic)) return false
  latch.heard = true
  latch.ssrc = ssrcIn(packet)
  latch.sequence = sequence(packet)
  latch.timestamp = timestampIn(packet)
  latch.lastMs = nowMs
  return true
}

/**
 * @returns whether RTCP may come from there: from the RTP port when they share one (RFC 5761), from the described RTCP port when RTP is where it was
 * described, else from the one port of the latched address that a report of the source came from first.
 */
export function mayReportFrom(latch: Latch, stream: Stream, address: string, port: number): boolean {
  if (address !== latch.address) return false
  if (stream.rtcpMux) return port === latch.rtpPort
  if (latch.heardRtcpPort !== 0) return port === latch.heardRtcpPort
  const asDescribed = latch.address === latch.describedAddress && latch.rtpPort === latch.describedPort
  return !asDescribed || port === latch.rtcpPort
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

function isSource(latch: Latch, address: string, port: number): boolean {
  return latch.latched && address === latch.address && port === latch.rtpPort
}

function becomesSource(
  latch: Latch,
  address: string,
  port: number,
  packet: Uint8Array,
  nowMs: Milliseconds,
  authentic: boolean,
): boolean {
  const described = address === latch.describedAddress && port === latch.describedPort
  if (address !== latch.describedAddress && address !== latch.address && !isAdmitted(latch, address)) return false
  if (!latch.latched) {
    if (!described && !authentic && !noteRun(latch.probation, address, port, packet, nowMs)) return false
    latchTo(latch, address, port, described ? 0 : nowMs + SETTLE_MS)
    return true
  }
  const better = described && nowMs < latch.settlesMs
  if (!better && !authentic && !goesOn(latch, address, packet, nowMs)) return false
  if (!authentic && !noteRun(latch.probation, address, port, packet, nowMs)) return false
  if (better) {
    latchTo(latch, address, port, 0)
    return true
  }
  if (nowMs - latch.lastMs < REBIND_SILENCE_MS) return false
  latchTo(latch, address, port, latch.settlesMs)
  latch.rebound++
  return true
}

function latchTo(latch: Latch, address: string, port: number, settlesMs: Milliseconds): void {
  const moved = address !== latch.address || port !== latch.rtpPort
  latch.address = address
  latch.rtpPort = port
  latch.latched = true
  latch.settlesMs = settlesMs
  if (moved) latch.heardRtcpPort = 0
  clearProbation(latch.probation)
}

/** The latched source may still have to give way. Whether the time is over is asked with a packet in hand. */
function isOpen(latch: Latch): boolean {
  return latch.settlesMs > 0
}

/** @returns whether the policy lets a source be there, beside where it is described. */
export function isAdmitted(latch: Latch, address: string): boolean {
  if (latch.mode === 'signalling') return address === latch.signalledFrom
  return latch.mode === 'first' && (latch.admits === undefined || latch.admits(address))
}

/** @returns whether a packet from another port of the latched address continues the source's stream. */
function goesOn(latch: Latch, address: string, packet: Uint8Array, nowMs: Milliseconds): boolean {
  if (!latch.heard || address !== latch.address || ssrcIn(packet) !== latch.ssrc) return false
  const step = sequenceDelta(latch.sequence, sequence(packet))
  const most = (nowMs - latch.lastMs) / LEAST_PTIME_MS + REBIND_STEPS
  return step > 0 && step <= most && timestampDelta(latch.timestamp, timestampIn(packet)) >= 0
}
