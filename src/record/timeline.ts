/**
 * The segments of a recording as one line of time: what was said, when sound was withheld, and what is wrong with the segments. Times are ms since
 * the first part began; a later part lies as much later as the wall clock says, and never before what was there.
 *
 * Whoever has the public certificate can make a segment, and a disk may lose or double some. So what does not belong is told and left out, and the
 * rest goes on; sound in a stretch that is withheld is told, and never given.
 */

import type { Fault } from '../base/fault.ts'
import type { CodecName, Milliseconds } from '../base/units.ts'
import { soundMs } from '../rtp/codec.ts'
import { Placing } from './placing.ts'
import type { Segment, SegmentEntry, Track } from './segment.ts'

/** A segment of a file, opened; or why it was not. `content`: it was opened, and holds something else. */
export type Opened = Segment | Fault | 'content'

export type Flaw =
  | 'not-opened'
  | 'content'
  /** Of another call. */
  | 'foreign'
  /** Its number was there before. */
  | 'repeated'
  /** Of a part that was over. */
  | 'out-of-place'
  /** Later than a sound file reaches. */
  | 'too-late'
  /** Segments before this one are not there. */
  | 'missing'
  /** Sound where there must be none. */
  | 'not-withheld'

export type TimelineEvent =
  | {
      readonly kind: 'part'
      readonly recording: string
      readonly startedAtMs: Milliseconds
      readonly atMs: Milliseconds
    }
  | { readonly kind: 'segment' }
  | TimelineSound
  | { readonly kind: 'withheld' | 'resumed' | 'end'; readonly atMs: Milliseconds }
  | {
      readonly kind: 'flaw'
      readonly flaw: Flaw
      /** Which segment of the file, from 1. */
      readonly segment: number
      /** How many are missing. */
      readonly count: number
      readonly atMs: Milliseconds
      readonly fault: Fault | undefined
    }

export type TimelineSound = {
  readonly kind: 'sound'
  readonly track: Track
  readonly codec: CodecName
  /** It begins a run: nothing before it is a part of the same sound. */
  readonly begins: boolean
  readonly startMs: Milliseconds
  /** 0 when it is no packet of its codec. */
  readonly lengthMs: Milliseconds
  readonly arrivalMs: Milliseconds
  readonly payload: Uint8Array
}

/** Longest packet that is taken, as of Opus (RFC 6716 section 3.4, R5). */
export const LONGEST_PACKET_MS: Milliseconds = 120
/** What a WAV file of 4 GiB holds at 16 kHz, and then some room. */
const LONGEST_MS: Milliseconds = 18 * 3_600_000

type Part = { readonly id: string; readonly atMs: Milliseconds; next: number }

/** @returns the events of a recording, in the order of its file. */
export function* alongTimeline(opened: Iterable<Opened>): Generator<TimelineEvent> {
  const line = new Timeline()
  for (const one of opened) yield* line.next(one)
}

class Timeline {
  readonly #placing = { caller: new Placing(), agent: new Placing() }
  readonly #seen = new Set<string>()
  #first: { readonly recording: string; readonly startedAtMs: Milliseconds } | undefined
  #part: Part | undefined
  #lastMs: Milliseconds = 0
  #segment = 0
  /** Segments since the last good one that cannot be read: they are told of already, and may be the ones that are missing. */
  #unread = 0
  #withheld = false
  /** A mark may have been in what is missing. */
  #uncertain = false

  #flaw(flaw: Flaw, count = 1, fault?: Fault): TimelineEvent {
    return { kind: 'flaw', flaw, segment: this.#segment, count, atMs: this.#lastMs, fault }
  }

  *next(opened: Opened): Generator<TimelineEvent> {
    this.#segment++
    if (!(typeof opened === 'object' && 'head' in opened)) {
      this.#unread++
      this.#uncertain = true
      yield this.#flaw(opened === 'content' ? 'content' : 'not-opened', 1, opened === 'content' ? undefined : opened)
      return
    }
    const { part, number, recording, startedAtMs } = opened.head
    const flaw = this.#misplaced(opened)
    if (flaw !== undefined) {
      yield this.#flaw(flaw)
      return
    }
    this.#first ??= { recording, startedAtMs }
    const known = this.#part?.id === part ? this.#part : undefined
    const missing = number - (known?.next ?? 0) - this.#unread
    if (missing > 0) {
      this.#uncertain = true
      yield this.#flaw('missing', missing)
    }
    const current: Part = known ?? { id: part, atMs: this.#offset(startedAtMs), next: 0 }
    if (known === undefined) yield* this.#begin(current, recording, startedAtMs)
    current.next = number + 1
    this.#unread = 0
    yield { kind: 'segment' }
    for (const entry of opened.entries) yield* this.#entry(entry, current.atMs + entry.atMs)
  }

  #misplaced({ head: { recording, part, number, startedAtMs }, entries }: Segment): Flaw | undefined {
    if (this.#first !== undefined && this.#first.recording !== recording) return 'foreign'
    const current = this.#part?.id === part ? this.#part : undefined
    if (current === undefined && this.#seen.has(part)) return 'out-of-place'
    if (current !== undefined && number < current.next) return 'repeated'
    const endMs = entries.reduce((most, { atMs }) => Math.max(most, atMs), 0)
    return (current?.atMs ?? this.#offset(startedAtMs)) + endMs > LONGEST_MS ? 'too-late' : undefined
  }

  #offset(startedAtMs: Milliseconds): Milliseconds {
    return Math.max(this.#lastMs, startedAtMs - (this.#first?.startedAtMs ?? startedAtMs))
  }

  *#begin(part: Part, recording: string, startedAtMs: Milliseconds): Generator<TimelineEvent> {
    this.#part = part
    this.#seen.add(part.id)
    this.#endRuns()
    // A part that begins is heard again: who withholds from its first packet on says so.
    if (this.#withheld) yield this.#resume(part.atMs)
    this.#lastMs = part.atMs
    yield { kind: 'part', recording, startedAtMs, atMs: part.atMs }
  }

  *#entry(entry: SegmentEntry, arrivalMs: Milliseconds): Generator<TimelineEvent> {
    const lastMs = this.#lastMs
    this.#lastMs = Math.max(lastMs, arrivalMs)
    if (entry.kind === 'sound') {
      if (this.#withheld && this.#uncertain) yield this.#resume(arrivalMs)
      this.#uncertain = false
      if (this.#withheld) yield this.#flaw('not-withheld')
      else yield this.#sound(entry, arrivalMs)
      return
    }
    this.#endRuns()
    if (entry.mark === 'withheld') {
      this.#withheld = true
      this.#uncertain = false
      yield { kind: 'withheld', atMs: arrivalMs }
    } else if (entry.mark === 'resumed') {
      // Where it began is in what is missing.
      if (!this.#withheld && this.#uncertain) yield { kind: 'withheld', atMs: lastMs }
      yield this.#resume(arrivalMs)
    } else yield { kind: 'end', atMs: arrivalMs }
  }

  #sound({ track, codec, fresh, timestamp, payload }: SegmentEntry & { kind: 'sound' }, arrivalMs: Milliseconds) {
    const { startMs, begins } = this.#placing[track].place({ codec, fresh, timestamp }, arrivalMs)
    const ms = soundMs(codec, payload, 0, payload.length)
    const lengthMs = ms > LONGEST_PACKET_MS ? 0 : ms
    return { kind: 'sound', track, codec, begins, startMs, lengthMs, arrivalMs, payload } as const
  }

  #resume(atMs: Milliseconds): TimelineEvent {
    this.#withheld = false
    this.#uncertain = false
    return { kind: 'resumed', atMs }
  }

  #endRuns(): void {
    this.#placing.caller.end()
    this.#placing.agent.end()
  }
}
