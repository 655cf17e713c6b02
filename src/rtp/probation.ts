/**
 * How a source of packets becomes credible before it is heard (RFC 3550 appendix A.1, RFC 7362 section 5): not by one packet, which anybody can
 * send to a port, but by a run of them.
 *
 *   run       packets of one SSRC from one address and port, each with the next sequence number, its timestamps not going back, for a while:
 *             what a phone sends by itself, and what nobody sends by trying ports and numbers
 *   newcomer  another SSRC from a source that is trusted already: two packets in a row (A.1, MIN_SEQUENTIAL)
 *
 * Several sources may try at the same time; whoever sprays packets takes no place from one whose run has begun. No clock; memory for a thousand
 * runs at most, and for none once a source is latched to.
 */

import type { Milliseconds, SequenceNumber, Ssrc } from '../base/units.ts'
import { sequence, ssrc, timestamp } from './packet.ts'
import { addSequence } from './sequence.ts'

/** Packets that make a run. */
export const RUN_PACKETS = 5
/** Least time from its first packet to its last: half of what five packets of 20 ms take. A burst is no phone. */
export const RUN_MS: Milliseconds = 40
/** A run that pauses longer begins anew. */
const PAUSE_MS: Milliseconds = 500
/** Places for sources that try at the same time; a power of two. */
const PLACES = 1024

/** SSRC and timestamp are kept signed, so that the engine needs no box for them. */
type Run = {
  address: string
  port: number
  ssrc: number
  next: SequenceNumber
  timestamp: number
  count: number
  beganMs: Milliseconds
  lastMs: Milliseconds
}

/** The runs of one port. */
export type Probation = { readonly runs: Map<number, Run> }

/** @returns a probation that nobody has begun. */
export function createProbation(): Probation {
  return { runs: new Map() }
}

/** Forgets all runs. */
export function clearProbation(probation: Probation): void {
  probation.runs.clear()
}

/**
 * Notes a packet of a source that is not credible yet.
 * @returns whether its run is complete; it stays so with each packet that goes on with it.
 */
export function noteRun(
  probation: Probation,
  address: string,
  port: number,
  packet: Uint8Array,
  nowMs: Milliseconds,
): boolean {
  const run = runOf(probation, address, port, nowMs)
  if (run === undefined) return false
  const from = ssrc(packet) | 0
  const at = sequence(packet)
  const ts = timestamp(packet) | 0
  const same = run.count > 0 && run.ssrc === from
  // The network may double a packet: that neither helps nor harms.
  if (same && addSequence(at, 1) === run.next) return false
  const goesOn = same && at === run.next && ((ts - run.timestamp) | 0) >= 0 && nowMs - run.lastMs <= PAUSE_MS
  if (!goesOn) {
    run.ssrc = from
    run.count = 0
    run.beganMs = nowMs
  }
  run.count++
  run.next = addSequence(at, 1)
  run.timestamp = ts
  run.lastMs = nowMs
  return run.count >= RUN_PACKETS && nowMs - run.beganMs >= RUN_MS
}

/**
 * @returns the run of a source, or its place for one. Each source has one place it can have: whoever sprays from many ports takes it away by chance
 * alone, and not any more once there is a run in it.
 */
function runOf({ runs }: Probation, address: string, port: number, nowMs: Milliseconds): Run | undefined {
  const place = placeOf(address, port)
  const run = runs.get(place)
  if (run === undefined) {
    const fresh = { address, port, ssrc: 0, next: 0, timestamp: 0, count: 0, beganMs: nowMs, lastMs: nowMs }
    runs.set(place, fresh)
    return fresh
  }
  if (run.port === port && run.address === address) return run
  if (run.count > 1 && nowMs - run.lastMs <= PAUSE_MS) return undefined
  run.address = address
  run.port = port
  run.count = 0
  return run
}

function placeOf(address: string, port: number): number {
  let hash = port
  for (let i = 0; i < address.length; i++) hash = (Math.imul(hash, 31) + address.charCodeAt(i)) | 0
  return hash & (PLACES - 1)
}

/** The last packet of an SSRC that is not the source's own. */
export type Newcomer = { ssrc: number; next: SequenceNumber; waiting: boolean }

/** @returns the record of a source that has kept its SSRC so far. */
export function createNewcomer(): Newcomer {
  return { ssrc: 0, next: 0, waiting: false }
}

/** Notes a packet of another SSRC than the source's. @returns whether it is the second in a row: the SSRC is the source's from now on. */
export function confirms(newcomer: Newcomer, from: Ssrc, at: SequenceNumber): boolean {
  const second = newcomer.waiting && newcomer.ssrc === (from | 0) && newcomer.next === at
  newcomer.ssrc = from | 0
  newcomer.next = addSequence(at, 1)
  newcomer.waiting = !second
  return second
}
