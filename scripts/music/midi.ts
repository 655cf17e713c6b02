/** Writes a Standard MIDI File (format 1, RP-001): one track for the tempo, one per part. Only what the hold music needs. */

import type { Part } from './score.ts'

const TICKS_PER_BEAT = 480
const VOLUME = 7
const PAN = 10
const EXPRESSION = 11
const REVERB_SEND = 91
const CHORUS_SEND = 93

type TimedEvent = { readonly tick: number; readonly bytes: readonly number[] }

/**
 * @returns the bytes of a MIDI file. @param parts at most 9, so that the drum channel stays free.
 * @param lengthBeats how long the player must go on, so that the last notes can die away.
 */
export function writeMidi(parts: readonly Part[], tempoBpm: number, lengthBeats: number): Uint8Array {
  const microsecondsPerBeat = Math.round(60_000_000 / tempoBpm)
  const tempo: TimedEvent = { tick: 0, bytes: [0xff, 0x51, 3, ...bigEndian(microsecondsPerBeat, 3)] }
  const tracks = [track([tempo], lengthBeats), ...parts.map((part, channel) => partTrack(part, channel, lengthBeats))]
  const header = chunk('MThd', [...bigEndian(1, 2), ...bigEndian(tracks.length, 2), ...bigEndian(TICKS_PER_BEAT, 2)])
  return Uint8Array.from([...header, ...tracks.flat()])
}

function partTrack(part: Part, channel: number, lengthBeats: number): number[] {
  const control = (number: number, value: number): TimedEvent => ({ tick: 0, bytes: [0xb0 | channel, number, value] })
  const setUp: TimedEvent[] = [
    { tick: 0, bytes: [0xc0 | channel, part.program] },
    control(VOLUME, part.volume),
    control(EXPRESSION, 127),
    control(PAN, part.pan),
    control(REVERB_SEND, part.reverb),
    control(CHORUS_SEND, 0),
  ]
  const notes = part.notes.flatMap(({ beat, beats, key, velocity }): TimedEvent[] => [
    { tick: Math.round(beat * TICKS_PER_BEAT), bytes: [0x90 | channel, key, velocity] },
    { tick: Math.round((beat + beats) * TICKS_PER_BEAT), bytes: [0x80 | channel, key, 64] },
  ])
  // The last event silences nothing: it only keeps the player, which stops after the last event, going.
  const goOn: TimedEvent = { tick: lengthBeats * TICKS_PER_BEAT, bytes: [0xb0 | channel, EXPRESSION, 127] }
  return track([...setUp, ...notes, goOn], lengthBeats)
}

function track(events: readonly TimedEvent[], lengthBeats: number): number[] {
  const bytes: number[] = []
  let tick = 0
  // A note off goes before a note on of the same tick, or a repeated note would be cut as it begins.
  const rank = (event: TimedEvent): number => (((event.bytes[0] as number) & 0xf0) === 0x90 ? 1 : 0)
  for (const event of [...events].sort((a, b) => a.tick - b.tick || rank(a) - rank(b))) {
    bytes.push(...variableLength(event.tick - tick), ...event.bytes)
    tick = event.tick
  }
  bytes.push(...variableLength(lengthBeats * TICKS_PER_BEAT - tick), 0xff, 0x2f, 0)
  return chunk('MTrk', bytes)
}

function chunk(type: string, body: readonly number[]): number[] {
  return [...Buffer.from(type, 'latin1'), ...bigEndian(body.length, 4), ...body]
}

function bigEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => (value >>> (8 * (bytes - 1 - i))) & 0xff)
}

function variableLength(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return bytes
}
