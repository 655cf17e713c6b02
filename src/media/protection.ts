/**
 * SRTP at a port: protects what leaves and opens what comes, in place (RFC 3711). Keys change with the terms of the stream, each direction by
 * itself: a direction whose key stays goes on where it was, its rollover counter and replay window with it.
 *
 * The far end changes its key when it has our answer, not when we wrote it: until a packet comes under the new key, and for a few seconds at
 * most, those under the old one are good. A key of ours that has been in use is kept to the end, so that it can never begin anew.
 */

import { copyOf, type SrtpKeys, type SrtpSuiteName, sameMaster } from '../base/srtp-suites.ts'
import type { Milliseconds } from '../base/units.ts'
import { SrtcpContext } from '../rtp/srtcp.ts'
import { FORGED, REPLAYED, SrtpContext } from '../rtp/srtp.ts'
import type { SrtpSource } from '../rtp/srtp-source.ts'
import type { SrtpState } from './contract.ts'

/** How long the old key of the far end is good beside the new one. */
const OLD_KEY_MS: Milliseconds = 5000

type Direction = { readonly master: Uint8Array; rtp: SrtpContext; readonly rtcp: SrtcpContext }

export class Protection {
  /** By suite: we have one key for each. */
  readonly #ours = new Map<SrtpSuiteName, Direction>()
  #suite: SrtpSuiteName
  #lifetime: number | undefined
  #sending: Direction
  #receiving: Direction
  #before: SrtpContext | undefined
  #beforeUntilMs: Milliseconds = 0
  /** Packets that were dropped, since the port was opened. */
  forged = 0
  replayed = 0

  constructor(keys: SrtpKeys) {
    this.#suite = keys.suite
    this.#lifetime = keys.receiveLifetime
    this.#sending = directionOf(keys.suite, keys.sendMaster)
    this.#ours.set(keys.suite, this.#sending)
    this.#receiving = directionOf(keys.suite, keys.receiveMaster, keys.receiveLifetime)
  }

  /** Takes the keys of new terms: nothing happens to a direction whose key they leave. */
  rekey(keys: SrtpKeys, nowMs: Milliseconds): void {
    const { suite, sendMaster, receiveMaster, receiveLifetime } = keys
    const known = this.#ours.get(suite)
    if (known !== undefined && sameMaster(known.master, sendMaster)) this.#sending = known
    else {
      if (known !== undefined) wipeDirection(known)
      this.#sending = directionOf(suite, sendMaster)
      this.#ours.set(suite, this.#sending)
    }
    const stays = suite === this.#suite && sameMaster(this.#receiving.master, receiveMaster)
    this.#suite = suite
    this.#lifetime = receiveLifetime
    if (stays) return
    const { rtp, rtcp, master } = this.#receiving
    this.#dropBefore()
    this.#before = rtp
    this.#beforeUntilMs = nowMs + OLD_KEY_MS
    rtcp.wipe()
    master.fill(0)
    this.#receiving = directionOf(suite, receiveMaster, receiveLifetime, rtp.known)
  }

  /** Octets that protection adds to RTP, and to RTCP. */
  get growth(): number {
    return this.#sending.rtp.growth
  }

  get reportGrowth(): number {
    return this.#sending.rtcp.growth
  }

  /** Protects an RTP packet. @returns its new length; below zero when it must not be sent. */
  protect(packet: Uint8Array, length: number): number {
    return this.#sending.rtp.protect(packet, length)
  }

  /** Protects an RTCP packet. @returns its new length; below zero when it must not be sent. */
  protectReport(packet: Uint8Array, length: number): number {
    return this.#sending.rtcp.protect(packet, length)
  }

  /** Opens an RTP packet. @returns the length of the plain one; below zero, and counted, when it is not to be taken. */
  open(packet: Uint8Array, nowMs: Milliseconds): number {
    const before = this.#before
    const length = this.#receiving.rtp.open(packet, packet.length)
    if (before === undefined) return this.#counted(length)
    if (length >= 0 || nowMs > this.#beforeUntilMs) this.#dropBefore()
    return this.#counted(length === FORGED && this.#before === before ? before.open(packet, packet.length) : length)
  }

  /** Opens an RTCP packet, likewise. */
  openReport(packet: Uint8Array): number {
    return this.#counted(this.#receiving.rtcp.open(packet, packet.length))
  }

  /** For whoever goes on with the stream. */
  get state(): SrtpState {
    return {
      sent: this.#sending.rtp.sources,
      received: this.#receiving.rtp.sources,
      earlier: this.#receiving.rtp.earlier,
      opened: this.#receiving.rtp.opened,
    }
  }

  /** Goes on where somebody else left the stream. */
  goOn({ sent, received, earlier, opened }: SrtpState): void {
    this.#replace(this.#sending, new SrtpContext(this.#suite, this.#sending.master, sent))
    const { master } = this.#receiving
    const life = lifeOf(this.#lifetime, opened)
    this.#replace(this.#receiving, new SrtpContext(this.#suite, master, received, earlier, life))
    this.#dropBefore()
  }

  /** Goes on though nobody knows how far the far end has come meanwhile; its first packet tells. What we send must have another SSRC. */
  catchUp(): void {
    const { master, rtp } = this.#receiving
    const life = lifeOf(this.#lifetime, rtp.opened)
    this.#replace(this.#receiving, new SrtpContext(this.#suite, master, [], rtp.known, life))
    this.#dropBefore()
  }

  /** Overwrites every key. To be called once, last. */
  wipe(): void {
    this.#dropBefore()
    wipeDirection(this.#receiving)
    for (const each of this.#ours.values()) wipeDirection(each)
  }

  #replace(direction: Direction, by: SrtpContext): void {
    direction.rtp.wipe()
    direction.rtp = by
  }

  #dropBefore(): void {
    this.#before?.wipe()
    this.#before = undefined
  }

  #counted(length: number): number {
    if (length === FORGED) this.forged++
    else if (length === REPLAYED) this.replayed++
    return length
  }
}

function directionOf(
  suite: SrtpSuiteName,
  master: Uint8Array,
  lifetime?: number,
  earlier?: readonly SrtpSource[],
): Direction {
  return {
    master: copyOf(master),
    rtp: new SrtpContext(suite, master, [], earlier, lifeOf(lifetime)),
    rtcp: new SrtcpContext(suite, master),
  }
}

function wipeDirection({ master, rtp, rtcp }: Direction): void {
  master.fill(0)
  rtp.wipe()
  rtcp.wipe()
}

function lifeOf(lifetime: number | undefined, been = 0) {
  return lifetime === undefined ? undefined : { most: lifetime, been }
}
