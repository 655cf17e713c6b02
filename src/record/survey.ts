/** What is to be known of a recording before its sound is made: how long it is, in which codecs, what was withheld, and what is wrong with it. */

import type { Milliseconds } from '../base/units.ts'
import type { Track } from './segment.ts'
import type { Flaw, TimelineEvent } from './timeline.ts'

/** Sound that was withheld, ms since the recording began. */
export type Withheld = { readonly fromMs: Milliseconds; readonly toMs: Milliseconds }

export type SurveyPart = {
  readonly startedAtMs: Milliseconds
  readonly atMs: Milliseconds
  /** The mark `end` was there. */
  readonly isEnded: boolean
}

export type SurveyFlaw = Extract<TimelineEvent, { kind: 'flaw' }>

export type Survey = {
  /** Id of the call; undefined when no segment could be read. */
  readonly recording: string | undefined
  readonly lengthMs: Milliseconds
  /** 8000 when all sound is G.711. */
  readonly sampleRate: 8000 | 16000
  readonly parts: readonly SurveyPart[]
  /** Segments that were read. */
  readonly segments: number
  readonly packets: Readonly<Record<Track, number>>
  /** Packets that are none of their codec. */
  readonly undecodable: number
  readonly withheld: readonly Withheld[]
  /** At most one for each kind and segment. */
  readonly flaws: readonly SurveyFlaw[]
}

/** Flaws that are told one by one, so that a file of garbage does not fill the memory. */
const FLAWS_KEPT = 10_000

/** @returns what the events of a whole recording come to. */
export function surveyOf(events: Iterable<TimelineEvent>): Survey {
  const parts: { startedAtMs: Milliseconds; atMs: Milliseconds; isEnded: boolean }[] = []
  const packets = { caller: 0, agent: 0 }
  const withheld: Withheld[] = []
  const flaws: SurveyFlaw[] = []
  const told = new Set<string>()
  let [recording, fromMs]: [string | undefined, Milliseconds | undefined] = [undefined, undefined]
  let [lengthMs, segments, undecodable, isWide] = [0, 0, 0, false]
  for (const event of events) {
    if (event.kind === 'sound') {
      packets[event.track]++
      if (event.lengthMs === 0) undecodable++
      isWide ||= event.codec === 'G722' || event.codec === 'OPUS'
      lengthMs = Math.max(lengthMs, event.startMs + event.lengthMs)
    } else if (event.kind === 'segment') segments++
    else if (event.kind === 'flaw') {
      const key = keyOf(event.flaw, event.segment)
      if (told.has(key) || flaws.length === FLAWS_KEPT) continue
      told.add(key)
      flaws.push(event)
    } else {
      lengthMs = Math.max(lengthMs, event.atMs)
      if (event.kind === 'part') {
        recording = event.recording
        parts.push({ startedAtMs: event.startedAtMs, atMs: event.atMs, isEnded: false })
      } else if (event.kind === 'end') {
        const part = parts.at(-1)
        if (part !== undefined) part.isEnded = true
      } else if (event.kind === 'withheld') fromMs ??= event.atMs
      else if (fromMs !== undefined) {
        withheld.push({ fromMs, toMs: event.atMs })
        fromMs = undefined
      }
    }
  }
  if (fromMs !== undefined) withheld.push({ fromMs, toMs: lengthMs })
  const sampleRate = isWide ? 16000 : 8000
  return { recording, lengthMs, sampleRate, parts, segments, packets, undecodable, withheld, flaws }
}

function keyOf(flaw: Flaw, segment: number): string {
  return `${flaw} ${segment}`
}
