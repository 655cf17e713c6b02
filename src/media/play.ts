/**
 * What the process plays to a far end itself: hold music, ringback, comfort silence, the chime before a source; and the
 * keep-alive on a port that sends nothing (RFC 6263). One frame per packet time, paced by the tick against the media clock.
 */

import type { Milliseconds } from '../base/units.ts'
import { addSequence } from '../rtp/sequence.ts'
import { noteSent, startTimestamp, tickAfter } from './flow.ts'
import { sendRtp } from './outlet.ts'
import type { Port } from './port.ts'
import type { MediaRoom } from './room.ts'
import { type Clip, copyClip, octetsOf } from './source-clip.ts'
import type { Origin } from './tally.ts'
import { stepTimestamp } from './wrapping.ts'

/** A port that has sent nothing for so long sends one quiet packet, so that bindings on the way stay open (RFC 6263 section 4). */
export const KEEP_ALIVE_MS: Milliseconds = 15_000
/** Places of a clip in a millisecond. */
const PLACES_PER_MS = 8
/** Frames that a late process sends at once; beyond that it skips, so that nothing piles up at the far end. */
const MAX_CATCH_UP = 5
/** Timers fire up to a millisecond early: what is due within one is due, or it would take a second wake-up. */
const EARLY_MS: Milliseconds = 1

/** Whether there is something of ours to play to a port, allowed at the moment or not. */
export function isPlaying(port: Port): boolean {
  return port.playing.clip !== undefined || port.playing.chimePosition >= 0
}

/** Sends the frames of a port that are due. */
export function playWhenDue(room: MediaRoom, port: Port, nowMs: Milliseconds): void {
  const { stream, playing } = port
  if (!maySend(room, port) || stream === undefined || room.clips === undefined) {
    playing.nextDueMs = tickAfter(nowMs)
    playing.starting = true
    return
  }
  for (let sent = 0; playing.nextDueMs <= nowMs + EARLY_MS; sent++) {
    if (sent === MAX_CATCH_UP) {
      const behind = Math.floor((nowMs - playing.nextDueMs) / stream.sendPtimeMs) + 1
      port.skippedFrames += behind
      playing.nextDueMs += behind * stream.sendPtimeMs
      playing.starting = true
      // Its timestamps go on behind a pause: RFC 3551 section 4.1.
      port.flow.fresh = true
      return
    }
    playing.nextDueMs += stream.sendPtimeMs
    if (!playFrame(room, port, playing.chimePosition >= 0 ? room.clips.chime : playing.clip, nowMs)) return
  }
}

/** @returns whether there was something to play. */
function playFrame(room: MediaRoom, port: Port, clip: Clip | undefined, nowMs: Milliseconds): boolean {
  const { playing, stream } = port
  if (clip === undefined || stream === undefined) return false
  const count = stream.sendPtimeMs * PLACES_PER_MS
  const chiming = playing.chimePosition >= 0
  const after = copyClip(clip, stream.codec, chiming ? playing.chimePosition : playing.position, room.frame, count)
  if (chiming) playing.chimePosition = after < clip.octets ? after : -1
  else playing.position = after
  if (clip === room.clips?.music) playing.musicPosition = after
  sendFrame(room, port, nowMs, chiming ? 'chime' : originOf(room, clip))
  return true
}

function originOf({ clips }: MediaRoom, clip: Clip): Origin {
  if (clip === clips?.music) return 'holdMusic'
  return clip === clips?.ringback ? 'ringback' : 'silence'
}

function sendFrame(room: MediaRoom, port: Port, nowMs: Milliseconds, origin: Origin): void {
  const { flow, playing, stream } = port
  if (stream === undefined) return
  const count = octetsOf(stream.codec, stream.sendPtimeMs * PLACES_PER_MS)
  const ts = playing.starting ? startTimestamp(flow, nowMs) : flow.nextTimestamp
  const { outlet, frame } = room
  if (!sendRtp(outlet, port, stream.sendPayloadType, flow.fresh, flow.nextSequence, ts, frame, 0, count)) return
  port.tally.sentBy[origin]++
  playing.starting = false
  flow.fresh = false
  flow.nextSequence = addSequence(flow.nextSequence, 1)
  noteSent(flow, stepTimestamp(ts, stream.sendPtimeMs * flow.unitsPerMs), count, nowMs)
}

function maySend(room: MediaRoom, port: Port): boolean {
  return room.clips !== undefined && port.stream?.send === true && isPlaying(port)
}

/** Sends one quiet packet on a port that has sent nothing for long and is not meant to be dead. */
export function keepAliveWhenDue(room: MediaRoom, port: Port, nowMs: Milliseconds): void {
  const { flow, stream } = port
  if (stream === undefined || room.clips === undefined || nowMs - flow.lastSentMs < KEEP_ALIVE_MS) return
  if (port.source.kind === 'nothing' || maySend(room, port)) return
  const count = stream.sendPtimeMs * PLACES_PER_MS
  copyClip(room.clips.silence, stream.codec, 0, room.frame, count)
  port.incoming?.cut()
  flow.fresh = true
  sendFrame(room, port, nowMs, 'silence')
  // Without a stream of its own to the far end the address may be missing; try again only after the next interval.
  flow.lastSentMs = nowMs
  flow.fresh = true
}
