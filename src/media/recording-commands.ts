/** Carries out what control asks of recordings, between two ticks. */

import { isAbsolute } from 'node:path'
import type { FaultCode } from '../base/faults.ts'
import type { Milliseconds } from '../base/units.ts'
import { relink } from './assign.ts'
import type { Recipients, RecordingEvent } from './contract-recording.ts'
import type { Port } from './port.ts'
import type { RecordingFile } from './recording-file.ts'
import type { MediaRoom } from './room.ts'

export type RecordCommand = { readonly recording: string; readonly file: string }

/** @returns a fault when nothing can be sealed to them. */
export function sealTo(room: MediaRoom, recipients: Recipients): FaultCode | 'done' {
  return room.recordings.sealTo(recipients) ? 'done' : 'media.bad-recipients'
}

/** Begins to record the conversation of a port. What the disk makes of it is told later. */
export function record(
  room: MediaRoom,
  port: Port,
  { recording, file: path }: RecordCommand,
  nowMs: Milliseconds,
): FaultCode | 'done' {
  if (!room.recordings.isReady) return 'media.no-recording'
  if (port.recorder !== undefined || !isAbsolute(path)) return 'media.bad-command'
  const part = (room.random32() >>> 0).toString(16).padStart(8, '0')
  const startedAtMs = Math.round(nowMs + room.wallOffsetMs)
  const tell = (file: RecordingFile, state: RecordingEvent['state']): void =>
    room.onRecording(eventOf(port.id, recording, file, state))
  port.recorder = room.recordings.begin({ recording, part, startedAtMs, path }, tell, nowMs)
  relink(room, port)
  return 'done'
}

export function withhold(port: Port, on: boolean, nowMs: Milliseconds): FaultCode | 'done' {
  if (port.recorder === undefined) return 'media.bad-command'
  port.recorder.withhold(on, nowMs)
  return 'done'
}

/** Ends the recording of a port, if there is one. @returns when all of it is written, or lost, which is told then. */
export async function unrecord(room: MediaRoom, port: Port, nowMs: Milliseconds): Promise<void> {
  const { recorder } = port
  if (recorder === undefined) return
  port.recorder = undefined
  relink(room, port)
  await room.recordings.end(recorder, nowMs)
  room.onRecording(eventOf(port.id, recorder.recording, recorder.file, 'ended'))
}

/** Ends all of them. @returns when they are written, or lost. */
export async function unrecordAll(room: MediaRoom, nowMs: Milliseconds): Promise<void> {
  await Promise.all([...room.ports.map((port) => unrecord(room, port, nowMs)), room.recordings.written()])
}

function eventOf(
  portId: string,
  recording: string,
  file: RecordingFile,
  state: RecordingEvent['state'],
): RecordingEvent {
  const { octets, segments, lostMs } = file
  const lost = lostMs === 0 && state !== 'failed' ? {} : { lostMs: Math.round(lostMs) }
  return { type: 'recording', portId, recording, state, octets, segments, ...lost }
}
