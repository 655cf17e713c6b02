/**
 * The sound of a recording, both tracks beside each other, block by block: a call of hours takes no more memory than one of seconds. The recording
 * is gone through twice, first for what `survey.ts` finds out.
 */

import type { Samples } from '../base/units.ts'
import { MOST_DEPARTURE_MS } from './placing.ts'
import type { Survey } from './survey.ts'
import { LONGEST_PACKET_MS, type TimelineEvent } from './timeline.ts'
import { TrackSound } from './track-sound.ts'

/** Takes `count` samples of each track, from the front; the buffers are used again. */
export type TakeSound = (caller: Int16Array, agent: Int16Array, count: Samples) => void

/** Sound is given in blocks of this length, the last one shorter. */
export const BLOCK_MS = 500
/** From the last sound that was given to the last that a packet may bring: not yet a block, and then a packet that is early after one that was late. */
const WINDOW_MS = 2 * BLOCK_MS + 2 * MOST_DEPARTURE_MS + LONGEST_PACKET_MS

/** @returns samples of each track. */
export function samplesOf({ lengthMs, sampleRate }: Survey): Samples {
  return Math.ceil((lengthMs * sampleRate) / 1000)
}

/** Makes the sound of a recording. @param events the same that `survey` was made of. */
export function giveSound(events: Iterable<TimelineEvent>, survey: Survey, take: TakeSound): void {
  const { sampleRate } = survey
  const perMs = sampleRate / 1000
  const tracks = { caller: new TrackSound(sampleRate, WINDOW_MS), agent: new TrackSound(sampleRate, WINDOW_MS) }
  const [caller, agent] = [new Int16Array(BLOCK_MS * perMs), new Int16Array(BLOCK_MS * perMs)]
  const all = samplesOf(survey)
  let given = 0
  const giveUntil = (ms: number, least: Samples): void => {
    const until = Math.min(all, Math.floor(ms * perMs))
    if (until - given < least) return
    tracks.caller.decodeUntil(ms)
    tracks.agent.decodeUntil(ms)
    while (until - given >= least && until > given) {
      const count = Math.min(caller.length, until - given)
      tracks.caller.take(count, caller)
      tracks.agent.take(count, agent)
      take(caller, agent, count)
      given += count
    }
  }
  try {
    for (const event of events) {
      if (event.kind !== 'sound') continue
      // No packet that comes now or later belongs before that.
      giveUntil(event.arrivalMs - MOST_DEPARTURE_MS, caller.length)
      tracks[event.track].add(event)
    }
    giveUntil(Number.POSITIVE_INFINITY, 1)
  } finally {
    tracks.caller.wipe()
    tracks.agent.wipe()
    caller.fill(0)
    agent.fill(0)
  }
}
