/**
 * Replaces the digits in the telephone-events of a stream (RFC 4733), in packets of their own and inside RFC 2198 redundancy. Which
 * packets belong to one press is read by the reader that calls use, so that all of them get the same digit.
 */

import type { Milliseconds, PayloadType, Timestamp } from '../base/units.ts'
import { EVENT_SIZE, LAST_KEY_CODE } from '../rtp/event-payload.ts'
import * as rtp from '../rtp/packet.ts'
import * as redundancy from '../rtp/redundancy.ts'
import { addTimestamp } from '../rtp/sequence.ts'
import type { RtpStream } from '../rtp/stream-finder.ts'
import { EventReader } from '../rtp/telephone-event.ts'
import { NO_KEY_EVENT } from './replacement.ts'

/** A press, as told by events. */
export type EventPress = {
  readonly atMs: Milliseconds
  /** RFC 4733 event code of the capture. */
  readonly was: number
  /** What it becomes; `NO_KEY_EVENT` for silence. Set by whoever numbers the presses. */
  now: number
}

/** One event in one packet: where its code stands. */
type Block = {
  readonly atMs: Milliseconds
  readonly bytes: Uint8Array
  readonly at: number
  readonly timestamp: Timestamp
  press: EventPress | undefined
}

/** The events of one stream. */
export type EventRow = { readonly presses: readonly EventPress[]; readonly blocks: readonly Block[] }

const LAST_DIGIT = 9
/** A packet that the reader made nothing of belongs to the next press of the same key when that comes this soon. */
const SOON_MS: Milliseconds = 300

/** @returns the presses of a stream and where their codes stand, in the order of the capture. */
export function eventsIn(stream: RtpStream): EventRow {
  const types = typesNamed(stream, 'telephone-event')
  const first = types[0]
  if (first === undefined) return { presses: [], blocks: [] }
  const redundant = typesNamed(stream, 'RED')
  const reader = new EventReader(stream.formats.get(first)?.clockRate ?? 8000)
  const presses: EventPress[] = []
  const blocks: Block[] = []
  for (const { atMs, bytes } of stream.packets) {
    const type = rtp.payloadType(bytes)
    const start = rtp.payloadStart(bytes)
    const end = rtp.payloadEnd(bytes)
    const from = blocks.length
    let code = -1
    if (types.includes(type)) {
      addBlocks(blocks, atMs, bytes, start, end, rtp.timestamp(bytes))
      code = reader.accept(bytes, start, end, atMs)
    } else if (redundant.includes(type)) {
      addRedundant(blocks, atMs, bytes, start, end, types)
      code = reader.acceptRedundant(bytes, start, end, first, atMs)
    }
    for (; code >= 0; code = reader.more()) {
      const press = { atMs, was: code, now: code }
      presses.push(press)
      const block = blocks.slice(from).find((one) => one.press === undefined && one.bytes[one.at] === code)
      if (block !== undefined) block.press = press
    }
  }
  reader.reset()
  assignRest(blocks, presses)
  return { presses, blocks }
}

/** Writes what the presses became. @returns in how many events of packets. */
export function writeEvents({ blocks }: EventRow, stray: number): number {
  let written = 0
  for (const { bytes, at, press } of blocks) {
    if ((bytes[at] as number) > LAST_DIGIT) continue
    bytes[at] = press === undefined ? stray : press.now
    written++
  }
  return written
}

/** @returns whether a press is one of a digit: star, hash and the letters stay what they are. */
export function isDigit(code: number): boolean {
  return code >= 0 && code <= LAST_DIGIT
}

/** @returns whether a payload can be nothing but events of keys, whoever sent it. */
export function looksLikeEvents(p: Uint8Array): boolean {
  const start = rtp.payloadStart(p)
  const end = rtp.payloadEnd(p)
  if (end - start !== EVENT_SIZE && end - start !== 2 * EVENT_SIZE) return false
  for (let at = start; at < end; at += EVENT_SIZE) {
    if ((p[at] as number) > LAST_KEY_CODE || ((p[at + 1] as number) & 0x40) !== 0) return false
  }
  return true
}

/** Replaces the digits of a packet that belongs to no stream. @returns how many. */
export function scrubStrayEvents(p: Uint8Array, stray: number): number {
  let count = 0
  for (let at = rtp.payloadStart(p); at < rtp.payloadEnd(p); at += EVENT_SIZE) {
    if (!isDigit(p[at] as number)) continue
    p[at] = stray
    count++
  }
  return count
}

/** @returns what an event code becomes. @param digit value of the press's new digit, or undefined for silence. */
export function newCode(was: number, digit: number | undefined): number {
  return isDigit(was) ? (digit ?? NO_KEY_EVENT) : was
}

function addBlocks(
  into: Block[],
  atMs: Milliseconds,
  bytes: Uint8Array,
  start: number,
  end: number,
  timestamp: Timestamp,
): void {
  // Whatever the length says: an octet where a code would stand is one.
  for (let at = start; at < end; at += EVENT_SIZE) into.push({ atMs, bytes, at, timestamp, press: undefined })
}

function addRedundant(
  into: Block[],
  atMs: Milliseconds,
  p: Uint8Array,
  start: number,
  end: number,
  types: readonly PayloadType[],
): void {
  let body = redundancy.blockBodies(p, start, end)
  if (body < 0) return
  const now = rtp.timestamp(p)
  let at = start
  for (; redundancy.isOlderBlock(p, at); at += redundancy.BLOCK_HEADER_SIZE) {
    const length = redundancy.blockLength(p, at)
    const then = addTimestamp(now, -redundancy.blockOffset(p, at))
    if (types.includes(redundancy.blockPayloadType(p, at))) addBlocks(into, atMs, p, body, body + length, then)
    body += length
  }
  if (types.includes(redundancy.blockPayloadType(p, at))) addBlocks(into, atMs, p, body, end, now)
}

/** Blocks that told nothing new belong to the press of their timestamp; senders that move it on, to the one before. */
function assignRest(blocks: readonly Block[], presses: readonly EventPress[]): void {
  const byTime = new Map<number, EventPress>()
  const key = (block: Block) => block.timestamp * 256 + (block.bytes[block.at] as number)
  for (const block of blocks) if (block.press !== undefined) byTime.set(key(block), block.press)
  for (const block of blocks) {
    const code = block.bytes[block.at] as number
    block.press ??=
      byTime.get(key(block)) ??
      presses.findLast(({ was, atMs }) => was === code && atMs <= block.atMs) ??
      presses.find(({ was, atMs }) => was === code && atMs > block.atMs && atMs - block.atMs < SOON_MS)
  }
}

function typesNamed(stream: RtpStream, name: string): PayloadType[] {
  return Array.from(stream.formats).flatMap(([type, format]) => (format.name === name ? [type] : []))
}
