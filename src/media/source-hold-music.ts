/** Hold music: a WAV file's octets, made into a loop. Which file, and reading it, is the entry's business. */

import type { CodecName } from '../base/units.ts'
import { parseWav } from '../rtp/wav.ts'
import { type Clip, codeClip } from './source-clip.ts'

/** Shortest music that is taken, milliseconds: below, a loop is a noise. */
const SHORTEST_MS = 100

/** @param codecs that far ends may speak; every one when absent. @returns the loop, or undefined when the file is not 16-bit mono PCM at 8 or 16 kHz. */
export function holdMusic(file: Uint8Array, codecs?: readonly CodecName[]): Clip | undefined {
  const wav = parseWav(file)
  if (wav === undefined || wav.channels !== 1) return undefined
  const { sampleRate, samples } = wav
  if (sampleRate !== 8000 && sampleRate !== 16000) return undefined
  if (samples.length < (SHORTEST_MS * sampleRate) / 1000) return undefined
  return codeClip(samples, sampleRate, true, codecs)
}
