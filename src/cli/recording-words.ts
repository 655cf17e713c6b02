/** What there is to say of a recording, in words. Nothing of its sound is in them: times and counts alone. */

import type { Milliseconds } from '../base/units.ts'
import type { Flaw, Survey, WatchedStretch } from '../record/index.ts'
import type { WriteLine } from './configured.ts'

/** From this size on it takes long enough for somebody to wonder. */
const LARGE = 16 * 1024 * 1024
const PROGRESS_STEPS = 5
const FLAWS_TOLD = 20

const FLAWS: Readonly<Record<Flaw, string>> = {
  'not-opened': 'cannot be opened',
  content: 'opens, and is no recording of a version that is known',
  foreign: 'is of another call',
  repeated: 'was there before',
  'out-of-place': 'is of a part that was over',
  'too-late': 'says that it is many hours later than the recording began',
  missing: 'is not the next one',
  'not-withheld': 'holds sound in a stretch that was withheld',
}

/** @returns a time of a recording: minutes and seconds, and hours where there are some. */
export function timeText(ms: Milliseconds): string {
  const seconds = Math.floor(ms / 1000)
  const two = (count: number): string => String(count).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  return `${hours > 0 ? `${hours}:` : ''}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** @returns the same with tenths of a second. */
function exactTimeText(ms: Milliseconds): string {
  return `${timeText(ms)}.${Math.floor(ms / 100) % 10}`
}

/** @returns such as `3.1 MB`. */
export function sizeText(octets: number): string {
  return octets < 1_000_000 ? `${Math.ceil(octets / 1000)} kB` : `${(octets / 1_000_000).toFixed(1)} MB`
}

/** @returns `1 part`, `2 parts`. */
export function countText(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** @returns one line: which call, how long, how much. */
export function surveyText({ recording, lengthMs, parts, segments, packets }: Survey): string {
  const all = countText(packets.caller + packets.agent, 'packet')
  const of = `${all} (caller ${packets.caller}, agent ${packets.agent})`
  return `${recording}: ${timeText(lengthMs)} long, ${countText(parts.length, 'part')}, ${countText(segments, 'segment')}, ${of}`
}

export function stretchText({ fromMs, toMs }: Pick<WatchedStretch, 'fromMs' | 'toMs'>): string {
  return `withheld from ${timeText(fromMs)} to ${timeText(toMs)}`
}

/** @returns when tones were heard near a stretch, and never which. */
export function tonesText(tonesAtMs: readonly Milliseconds[]): string {
  return tonesAtMs.length === 0
    ? 'no tone near it'
    : `${countText(tonesAtMs.length, 'tone')} near it, at ${tonesAtMs.map(exactTimeText).join(', ')}`
}

/** @returns what is wrong, a line each; the first of many. */
export function flawTexts({ flaws, undecodable }: Survey): readonly string[] {
  const lines = flaws.slice(0, FLAWS_TOLD).map(({ flaw, segment, count, atMs, fault }) => {
    const why = fault === undefined ? '' : ` (${fault.row.title}: ${fault.code})`
    const how = flaw === 'missing' ? `${FLAWS[flaw]}: ${countText(count, 'segment')} missing before it` : FLAWS[flaw]
    return `segment ${segment} after ${timeText(atMs)} ${how}${why}`
  })
  const more = flaws.length - lines.length
  return [
    ...lines,
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(undecodable > 0 ? [`${countText(undecodable, 'packet')} of no sound in their codec`] : []),
  ]
}

/** @returns what is behind the last whole segment. */
export function cutText(octets: number): string {
  return `the file is cut or damaged behind its last whole segment: ${octets} octets are left out`
}

/** @returns says how far a long work has come; nothing of a short one. */
export function progressOf(size: number, what: string, write: WriteLine): (octets: number) => void {
  let step = 0
  return (octets) => {
    const now = Math.floor((octets / size) * PROGRESS_STEPS)
    if (size < LARGE || now <= step) return
    step = now
    write(`${what}: ${(100 / PROGRESS_STEPS) * now} % of ${sizeText(size)}`)
  }
}
