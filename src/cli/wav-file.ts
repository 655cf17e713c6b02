/** A stereo WAV file that is written as its sound comes, readable by its owner alone. Silence is left out where the file system can do that. */

import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { fault } from '../base/fault.ts'
import { systemCodeOf } from '../base/system-error.ts'
import type { Samples } from '../base/units.ts'
import { WAV_HEADER_SIZE, wavHeader } from '../rtp/wav.ts'

const CHANNELS = 2
const FRAME = 2 * CHANNELS

export class WavFile {
  readonly #descriptor: number
  #at = WAV_HEADER_SIZE
  #isOpen = true

  /** @param samples how many of each channel will come. @throws Fault recording.exists, .not-written */
  constructor(path: string, sampleRate: number, samples: Samples) {
    try {
      this.#descriptor = openSync(path, 'wx', 0o600)
    } catch (cause) {
      throw fault(systemCodeOf(cause) === 'EEXIST' ? 'recording.exists' : 'recording.not-written', {}, cause)
    }
    this.#write(wavHeader(samples * FRAME, sampleRate, CHANNELS), 0)
  }

  /** Adds `count` samples of each channel, from the front. @throws Fault recording.not-written */
  add(left: Int16Array, right: Int16Array, count: Samples): void {
    const octets = new Uint8Array(count * FRAME)
    const view = new DataView(octets.buffer)
    let some = 0
    for (let i = 0; i < count; i++) {
      some |= (left[i] as number) | (right[i] as number)
      view.setInt16(i * FRAME, left[i] as number, true)
      view.setInt16(i * FRAME + 2, right[i] as number, true)
    }
    if (some !== 0) this.#write(octets, this.#at)
    this.#at += octets.length
  }

  /** Gives the file its whole length. May be called twice. @throws Fault recording.not-written */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    try {
      ftruncateSync(this.#descriptor, this.#at)
    } catch (cause) {
      throw fault('recording.not-written', {}, cause)
    } finally {
      closeSync(this.#descriptor)
    }
  }

  #write(octets: Uint8Array, at: number): void {
    try {
      for (let done = 0; done < octets.length; ) {
        done += writeSync(this.#descriptor, octets, done, octets.length - done, at + done)
      }
    } catch (cause) {
      throw fault('recording.not-written', {}, cause)
    }
  }
}
