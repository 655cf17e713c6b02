/**
 * The clips of every locale, as coded audio ready to be sent: read and coded when the process is configured, a clip at a time, so that
 * sessions that run are not held up when they are loaded anew. Those keep the sounds they began with.
 */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { clipFileName, isClipId, isLocale, REQUIRED_CLIPS } from '../base/prompts.ts'
import { CODECS, type CodecName } from '../base/units.ts'
import { createEncoder } from '../rtp/codec.ts'
import { Downsample2, Upsample2 } from '../rtp/resample.ts'
import { parseWav } from '../rtp/wav.ts'

/** One sound of a locale. */
type Clip = ReadonlyMap<CodecName, Uint8Array>
type Pcm = { readonly sampleRate: 8000 | 16000; readonly samples: Int16Array }
type Locale = ReadonlyMap<string, Clip>

export type Prompts = {
  /** Locales of which every required clip is there. */
  readonly locales: readonly string[]
  /** Whether each of these clips is there in one of the locales. */
  has(locales: readonly string[], clips: Iterable<string>): boolean
  /** @returns the clip in the first of the locales that has it, as coded audio, 8 octets a millisecond; `undefined` when none has. */
  coded(locales: readonly string[], clip: string, codec: CodecName): Uint8Array | undefined
}

/** No prompts at all: what a process has before it is configured. */
export const NO_PROMPTS: Prompts = { locales: [], has: () => false, coded: () => undefined }

/** Reads all locales under a folder. Files that are no mono WAV of 8 or 16 kHz are left out, as if they were missing. */
export async function loadPrompts(folder: string): Promise<Prompts> {
  const locales = new Map<string, Locale>()
  for (const name of await namesIn(folder)) {
    if (isLocale(name)) locales.set(name, await loadLocale(join(folder, name)))
  }
  const find = (chain: readonly string[], id: string) => {
    for (const locale of chain) {
      const clip = locales.get(locale)?.get(id)
      if (clip !== undefined) return clip
    }
    return undefined
  }
  const has = (chain: readonly string[], clips: Iterable<string>) =>
    [...clips].every((id) => find(chain, id) !== undefined)
  return {
    locales: [...locales.keys()].filter((locale) => has([locale], REQUIRED_CLIPS)),
    has,
    coded: (chain, id, codec) => find(chain, id)?.get(codec),
  }
}

async function loadLocale(folder: string): Promise<Locale> {
  const clips = new Map<string, Clip>()
  for (const file of await namesIn(folder)) {
    const id = file.endsWith('.wav') ? file.slice(0, -4) : ''
    if (!isClipId(id) || clipFileName(id) !== file) continue
    const clip = await loadClip(join(folder, file))
    if (clip !== undefined) clips.set(id, clip)
  }
  return clips
}

async function loadClip(file: string): Promise<Clip | undefined> {
  const wav = await readFile(file).then(parseWav, () => undefined)
  if (wav === undefined || wav.channels !== 1 || wav.samples.length === 0) return undefined
  if (wav.sampleRate !== 8000 && wav.sampleRate !== 16000) return undefined
  const coded = new Map<CodecName, Uint8Array>()
  for (const { name } of CODECS) {
    coded.set(name, encode({ sampleRate: wav.sampleRate, samples: wav.samples }, name))
    // Lets the beat in between.
    await setImmediate()
  }
  return coded
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).then(
    (names) => names.sort(),
    () => [],
  )
}

function encode(clip: Pcm, codec: CodecName): Uint8Array {
  const encoder = createEncoder(codec)
  const pcm = atRate(clip, encoder.sampleRate)
  // All our codecs take 8 octets a millisecond.
  const out = new Uint8Array(Math.ceil(pcm.length / (encoder.sampleRate / 8000)))
  const written = encoder.encode(pcm, pcm.length - (pcm.length % (encoder.sampleRate / 8000)), out, 0)
  return out.subarray(0, written)
}

function atRate({ samples, sampleRate }: Pcm, wanted: 8000 | 16000): Int16Array {
  if (sampleRate === wanted) return samples
  const out = new Int16Array(wanted === 16000 ? samples.length * 2 : Math.ceil(samples.length / 2))
  const resampler = wanted === 16000 ? new Upsample2() : new Downsample2()
  const even = samples.length - (samples.length % 2)
  return out.subarray(0, resampler.run(samples, even, out))
}
