/**
 * What is sealed of a recording: a segment of a call's sound as it was relayed, packet by packet, with when it came. Nothing is decoded while the
 * call stands; whoever opens it does (`sound.ts`). docs/RECORDINGS.md has the layout.
 *
 *   head     one line of JSON, ended by a line feed
 *   entries  16 octets, big-endian, and a payload:
 *            0 sound or mark · 1 track · 2 codec, or which mark · 3 a new source begins · 4-7 ms since the part began · 8-11 RTP timestamp
 *            12-13 octets of the payload · 14-15 zero
 */

import type { CodecName, Milliseconds, Timestamp } from '../base/units.ts'

/** Whose sound an entry is. */
export type Track = 'caller' | 'agent'
/** `withheld`: a secure session, nothing is recorded until `resumed`. `end`: the part ends here. */
export type Mark = 'withheld' | 'resumed' | 'end'

export type SegmentHead = {
  /** Id of the call. */
  readonly recording: string
  /** One writer's run: another one begins when a media process died, or the caller's leg became another. */
  readonly part: string
  /** Counts the part's segments, from 0. */
  readonly number: number
  /** When the part began, ms since 1970. */
  readonly startedAtMs: Milliseconds
}

export type SegmentEntry =
  | {
      readonly kind: 'sound'
      readonly track: Track
      readonly codec: CodecName
      /** Its timestamps go on from nothing before it. */
      readonly fresh: boolean
      /** Since the part began. */
      readonly atMs: Milliseconds
      readonly timestamp: Timestamp
      readonly payload: Uint8Array
    }
  | { readonly kind: 'mark'; readonly mark: Mark; readonly atMs: Milliseconds }

export type Segment = { readonly head: SegmentHead; readonly entries: readonly SegmentEntry[] }

const TRACKS: readonly Track[] = ['caller', 'agent']
const CODECS: readonly CodecName[] = ['PCMU', 'PCMA', 'G722', 'OPUS']
const MARKS: readonly Mark[] = ['withheld', 'resumed', 'end']
const SOUND = 0
const MARK = 1
const ENTRY_SIZE = 16
const FORMAT = 'sotto-recording'
const VERSION = 1
const LINE_FEED = 0x0a
const LONGEST_HEAD = 512
/** Room that a full segment keeps for its marks. */
const KEPT_FOR_MARKS = 4 * ENTRY_SIZE

/** Octets of a segment's buffer: five seconds of two G.711 tracks in packets of 20 ms, and some to spare. */
export const SEGMENT_OCTETS = 96 * 1024

/** Codes of `Track` and codec for `SegmentWriter.sound`, found out once and not per packet. */
export function trackCode(track: Track): number {
  return TRACKS.indexOf(track)
}

export function codecCode(codec: CodecName): number {
  return CODECS.indexOf(codec)
}

/** One buffer that is filled, sealed, overwritten and filled again. Nothing is allocated per packet. */
export class SegmentWriter {
  readonly #octets: Uint8Array
  #size = 0
  #entries = 0

  constructor(octets: number = SEGMENT_OCTETS) {
    this.#octets = new Uint8Array(octets)
  }

  /** Nothing was written since `begin`. */
  get isEmpty(): boolean {
    return this.#entries === 0
  }

  /** What has been written, valid until `wipe` or `begin`. */
  get content(): Uint8Array {
    return this.#octets.subarray(0, this.#size)
  }

  /** Starts a segment anew. */
  begin(head: SegmentHead): void {
    const line = Buffer.from(`${JSON.stringify({ format: FORMAT, version: VERSION, ...head })}\n`)
    this.#octets.set(line)
    this.#size = line.length
    this.#entries = 0
  }

  /** @param from a packet whose payload is `from[start..end)`. @returns whether it had room. */
  sound(
    track: number,
    codec: number,
    fresh: boolean,
    atMs: Milliseconds,
    timestamp: Timestamp,
    from: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const length = end - start
    if (this.#size + ENTRY_SIZE + length + KEPT_FOR_MARKS > this.#octets.length) return false
    const octets = this.#octets
    const at = this.#size + ENTRY_SIZE
    // A packet that ends with its payload is copied whole, at a fraction of the cost; what comes before the payload is written over.
    if (start <= ENTRY_SIZE && end === from.length) octets.set(from, at - start)
    else for (let i = start, to = at; i < end; i++, to++) octets[to] = from[i] as number
    this.#entry(SOUND, track, codec, fresh ? 1 : 0, atMs, timestamp, length)
    this.#size += length
    return true
  }

  /** @returns whether it had room: a segment takes as many as may follow each other before it is sealed. */
  mark(mark: Mark, atMs: Milliseconds): boolean {
    if (this.#size + ENTRY_SIZE > this.#octets.length) return false
    this.#entry(MARK, 0, MARKS.indexOf(mark), 0, atMs, 0, 0)
    return true
  }

  /** Overwrites all that it held. */
  wipe(): void {
    this.#octets.fill(0, 0, this.#size)
    this.#size = 0
    this.#entries = 0
  }

  #entry(
    kind: number,
    track: number,
    what: number,
    flag: number,
    atMs: Milliseconds,
    stamp: Timestamp,
    length: number,
  ): void {
    const octets = this.#octets
    const at = this.#size
    octets[at] = kind
    octets[at + 1] = track
    octets[at + 2] = what
    octets[at + 3] = flag
    put32(octets, at + 4, Math.round(atMs))
    put32(octets, at + 8, stamp)
    octets[at + 12] = length >>> 8
    octets[at + 13] = length
    octets[at + 14] = 0
    octets[at + 15] = 0
    this.#size = at + ENTRY_SIZE
    this.#entries++
  }
}

/** @returns what a segment holds; undefined when it is none, or of a version that is not known. */
export function readSegment(octets: Uint8Array): Segment | undefined {
  const lineEnd = octets.subarray(0, LONGEST_HEAD).indexOf(LINE_FEED)
  const head = lineEnd < 0 ? undefined : headIn(Buffer.from(octets.subarray(0, lineEnd)).toString('utf8'))
  if (head === undefined) return undefined
  const entries: SegmentEntry[] = []
  for (let at = lineEnd + 1; at < octets.length; ) {
    if (at + ENTRY_SIZE > octets.length) return undefined
    const end = at + ENTRY_SIZE + (((octets[at + 12] as number) << 8) | (octets[at + 13] as number))
    const entry = end > octets.length ? undefined : entryIn(octets, at, end)
    if (entry === undefined) return undefined
    entries.push(entry)
    at = end
  }
  return { head, entries }
}

function headIn(line: string): SegmentHead | undefined {
  let read: unknown
  try {
    read = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof read !== 'object' || read === null) return undefined
  const { format, version, recording, part, number, startedAtMs } = read as Record<string, unknown>
  if (format !== FORMAT || version !== VERSION) return undefined
  if (typeof recording !== 'string' || typeof part !== 'string') return undefined
  if (!Number.isSafeInteger(number) || !Number.isSafeInteger(startedAtMs)) return undefined
  return { recording, part, number: number as number, startedAtMs: startedAtMs as number }
}

function entryIn(octets: Uint8Array, at: number, end: number): SegmentEntry | undefined {
  const atMs = get32(octets, at + 4)
  const what = octets[at + 2] as number
  if (octets[at] === MARK) {
    const mark = MARKS[what]
    return mark === undefined || end !== at + ENTRY_SIZE ? undefined : { kind: 'mark', mark, atMs }
  }
  const track = TRACKS[octets[at + 1] as number]
  const codec = CODECS[what]
  if (octets[at] !== SOUND || track === undefined || codec === undefined) return undefined
  const fresh = octets[at + 3] === 1
  const timestamp = get32(octets, at + 8)
  return { kind: 'sound', track, codec, fresh, atMs, timestamp, payload: octets.subarray(at + ENTRY_SIZE, end) }
}

function put32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24
  octets[at + 1] = value >>> 16
  octets[at + 2] = value >>> 8
  octets[at + 3] = value
}

function get32(octets: Uint8Array, at: number): number {
  return (
    (((octets[at] as number) << 24) |
      ((octets[at + 1] as number) << 16) |
      ((octets[at + 2] as number) << 8) |
      (octets[at + 3] as number)) >>>
    0
  )
}
