/** What is amiss in a row of packets as they were heard: gaps in time, seams in the numbering. Pure. */

import { sequenceDelta, timestampDelta } from '../rtp/sequence.ts'
import type { HeardPacket } from './rtp-phone.ts'

/**
 * Longest time between two packets that arrived from index `from` on, milliseconds.
 * @param heldUpMs how long a busy machine can have held up the sound between two times; taken off.
 */
export function longestGapMs(
  heard: readonly HeardPacket[],
  from = 0,
  heldUpMs: (fromMs: number, toMs: number) => number = () => 0,
): number {
  let longest = 0
  for (let i = Math.max(1, from); i < heard.length; i++) {
    const before = (heard[i - 1] as HeardPacket).arrivedMs
    const now = (heard[i] as HeardPacket).arrivedMs
    longest = Math.max(longest, now - before - heldUpMs(before, now))
  }
  return longest
}

/** What is wrong with a row of packets as one stream: SSRC changed, sequence numbers missing or twice, time going back. */
export function seamsOf(heard: readonly HeardPacket[]): string[] {
  const seams: string[] = []
  for (let i = 1; i < heard.length; i++) {
    const before = heard[i - 1] as HeardPacket
    const now = heard[i] as HeardPacket
    if (now.ssrc !== before.ssrc) seams.push(`packet ${i}: another SSRC`)
    const step = sequenceDelta(before.sequence, now.sequence)
    if (step !== 1) seams.push(`packet ${i}: sequence steps by ${step}`)
    const ahead = timestampDelta(before.timestamp, now.timestamp)
    if (ahead < 0 || (ahead === 0 && now.payloadType === before.payloadType && now.payload.length > 4)) {
      seams.push(`packet ${i}: timestamp steps by ${ahead}`)
    }
  }
  return seams
}
