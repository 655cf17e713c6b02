/** Recordings made of tones, as a media process would have written them, and an ear for what comes out of them. */

import { type CodecName, codecNamed, type Milliseconds, type Timestamp } from '../../src/base/units.ts'
import {
  codecCode,
  type Segment,
  type SegmentEntry,
  type SegmentHead,
  SegmentWriter,
  type Track,
  trackCode,
} from '../../src/record/segment.ts'
import { giveSound } from '../../src/record/sound.ts'
import { type Survey, surveyOf } from '../../src/record/survey.ts'
import { alongTimeline, type Opened } from '../../src/record/timeline.ts'
import { createEncoder } from '../../src/rtp/codec.ts'
import { addTimestamp } from '../../src/rtp/sequence.ts'
import { goertzelPower, levelOf, writeKey, writeSine } from '../../src/rtp/tone.ts'

export const HEAD: SegmentHead = {
  recording: 'call-bcdfghjklmnpqrstbcdf',
  part: '0a1b2c3d',
  number: 0,
  startedAtMs: 1_764_332_000_000,
}
export const LEVEL = -10
const PACKET_MS = 20

export type SoundEntry = SegmentEntry & { readonly kind: 'sound' }

export type Spoken = {
  readonly track: Track
  readonly codec: CodecName
  readonly hz: number
  readonly atMs: Milliseconds
  readonly ms: Milliseconds
  readonly timestamp?: Timestamp
  /** Code of a key instead of a sine. */
  readonly key?: number
}

/** @returns the packets of 20 ms of a tone, each at its time; the first one fresh. */
export function spoken({ track, codec, hz, atMs, ms, timestamp = 4_000, key }: Spoken): SoundEntry[] {
  const encoder = createEncoder(codec)
  const rate = encoder.sampleRate
  const pcm = new Int16Array((ms * rate) / 1000)
  if (key === undefined) writeSine(pcm, 0, pcm.length, hz, LEVEL, rate)
  else writeKey(pcm, 0, key, ms, LEVEL, rate)
  const samples = (PACKET_MS * rate) / 1000
  const units = (PACKET_MS * codecNamed(codec).clockRate) / 1000
  const entries: SoundEntry[] = []
  for (let i = 0; (i + 1) * samples <= pcm.length; i++) {
    const octets = new Uint8Array(samples)
    const size = encoder.encode(pcm.subarray(i * samples, (i + 1) * samples), samples, octets, 0)
    entries.push({
      ...{ kind: 'sound', track, codec, fresh: i === 0, payload: octets.slice(0, size) },
      ...{ atMs: atMs + i * PACKET_MS, timestamp: addTimestamp(timestamp, i * units) },
    })
  }
  encoder.wipe()
  return entries
}

export function mark(name: 'withheld' | 'resumed' | 'end', atMs: Milliseconds): SegmentEntry {
  return { kind: 'mark', mark: name, atMs }
}

/** @returns the entries in the order in which they came, in segments of that many. */
export function segmentsFrom(
  entries: readonly SegmentEntry[],
  head: Partial<SegmentHead> = {},
  perSegment = 50,
): Segment[] {
  const inOrder = entries.toSorted((one, other) => one.atMs - other.atMs)
  return Array.from({ length: Math.ceil(inOrder.length / perSegment) }, (_, number) => ({
    head: { ...HEAD, ...head, number },
    entries: inOrder.slice(number * perSegment, (number + 1) * perSegment),
  }))
}

/** @returns what is sealed of a segment. */
export function contentOf({ head, entries }: Segment): Uint8Array {
  const writer = new SegmentWriter()
  writer.begin(head)
  for (const entry of entries) {
    if (entry.kind === 'mark') writer.mark(entry.mark, entry.atMs)
    else {
      const { track, codec, fresh, atMs, timestamp, payload } = entry
      writer.sound(trackCode(track), codecCode(codec), fresh, atMs, timestamp, payload, 0, payload.length)
    }
  }
  return writer.content.slice()
}

export type Heard = Survey & { readonly caller: Int16Array; readonly agent: Int16Array; readonly blocks: number }

/** Opens a recording as the command does: twice along its segments. */
export function heard(opened: readonly Opened[]): Heard {
  const survey = surveyOf(alongTimeline(opened))
  const [caller, agent]: [number[], number[]] = [[], []]
  let blocks = 0
  giveSound(alongTimeline(opened), survey, (left, right, count) => {
    for (const sample of left.subarray(0, count)) caller.push(sample)
    for (const sample of right.subarray(0, count)) agent.push(sample)
    blocks++
  })
  return { ...survey, caller: Int16Array.from(caller), agent: Int16Array.from(agent), blocks }
}

/** @returns level of a frequency in 40 ms of sound, dBm0. */
export function levelAt(pcm: Int16Array, sampleRate: number, ms: Milliseconds, hz: number): number {
  const perMs = sampleRate / 1000
  return levelOf(goertzelPower(pcm, Math.round(ms * perMs), 40 * perMs, hz, sampleRate))
}

/** @returns whether nothing but zeros is there. */
export function isSilent(pcm: Int16Array, sampleRate: number, fromMs: Milliseconds, toMs: Milliseconds): boolean {
  return pcm.subarray((fromMs * sampleRate) / 1000, (toMs * sampleRate) / 1000).every((sample) => sample === 0)
}
