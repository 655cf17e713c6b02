/**
 * A tap takes the sound of a port for a recording. It is a link among those that the port has, and is there exactly while one of them carries the
 * sound to somebody whom it is recorded for: who is heard by nobody is recorded by nothing, whatever the reason. Sound alone is taken: no
 * telephone-event, and nothing that is muted because it must not be heard.
 */

import type { CodecName, Milliseconds } from '../base/units.ts'
import { codecCode, type Track, trackCode } from '../record/segment.ts'
import { payloadEnd, payloadStart } from '../rtp/packet.ts'
import { AUDIO, type Link, type PacketKind } from './link.ts'
import type { Port } from './port.ts'
import { ssrcIn, timestampIn } from './wrapping.ts'

/** Where taps write to. Nothing is allocated per packet. @returns whether it was taken. */
export type TakeSound = (
  track: number,
  codec: number,
  fresh: boolean,
  nowMs: Milliseconds,
  timestamp: number,
  packet: Uint8Array,
  start: number,
  end: number,
) => boolean

/** The two taps of a recording, as the caller's port has them. */
export type Taps = { readonly caller: RecordTap; readonly agent: RecordTap }

export class RecordTap implements Link {
  readonly #track: number
  readonly #takeSound: TakeSound
  #codec = -1
  #hearers: readonly Port[] = []
  #ssrc = 0
  /** The next packet goes on from nothing. */
  #fresh = true

  constructor(track: Track, takeSound: TakeSound) {
    this.#track = trackCode(track)
    this.#takeSound = takeSound
  }

  /** Sets whose sound it takes from now on. @param hearers those that hear it, one of them at least. @returns itself. */
  hear(codec: CodecName, hearers: readonly Port[]): RecordTap {
    const code = codecCode(codec)
    if (code !== this.#codec) this.#fresh = true
    this.#codec = code
    this.#hearers = hearers
    return this
  }

  take(packet: Uint8Array, kind: PacketKind, nowMs: Milliseconds): void {
    if (kind !== AUDIO) return
    if (!this.#isHeard()) {
      this.#fresh = true
      return
    }
    const from = ssrcIn(packet)
    if (from !== this.#ssrc) this.#fresh = true
    const fresh = this.#fresh
    const start = payloadStart(packet)
    const end = payloadEnd(packet)
    this.#ssrc = from
    this.#fresh = !this.#takeSound(this.#track, this.#codec, fresh, nowMs, timestampIn(packet), packet, start, end)
  }

  /** As `Relay` has it: who may not be sent anything, or is played a chime, hears nothing of it. */
  #isHeard(): boolean {
    const hearers = this.#hearers
    for (let i = 0; i < hearers.length; i++) {
      const { stream, playing } = hearers[i] as Port
      if (stream?.send === true && playing.chimePosition < 0) return true
    }
    return false
  }

  cut(): void {
    this.#fresh = true
    this.#hearers = []
  }

  /** It holds no sound. */
  wipe(): void {
    this.cut()
  }
}

/** @returns the taps that belong among the links of a port. @param hearers those that these links carry its sound to. */
export function tapsOf(port: Port, hearers: readonly Port[]): readonly RecordTap[] {
  const codec = port.stream?.codec
  const isHeard = codec !== undefined && hearers.length > 0
  if (!isHeard) port.recorder?.caller.cut()
  if (!isHeard) return []
  const taps: RecordTap[] = []
  if (port.recorder !== undefined) taps.push(port.recorder.caller.hear(codec, hearers))
  for (const hearer of hearers) {
    if (hearer.recorder !== undefined) taps.push(hearer.recorder.agent.hear(codec, [hearer]))
  }
  return taps
}
