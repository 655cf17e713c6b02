/**
 * The clips of every locale, as coded audio ready to be sent: read and coded when the process is configured, a clip at a time, so that
 * sessions that run are not held up when they are loaded anew. Those keep the sounds they began with. G.722 and Opus take far longer
 * than all the rest: they are coded after the process is ready, and a clip that is wanted before its turn is coded then.
 */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { clipFileName, isClipId, isLocale, REQUIRED_CLIPS } from '../base/prompts.ts'
import { type CodecName, codecNamed, OPUS_PTIME_MS } from '../base/units.ts'
import { createEncoder, type Encoder } from '../rtp/codec.ts'
import { Downsample2, Upsample2 } from '../rtp/resample.ts'
import { parseWav } from '../rtp/wav.ts'

type Pcm = { readonly sampleRate: 8000 | 16000; readonly samples: Int16Array }
type Locale = ReadonlyMap<string, Clip>

/** One sound of a locale. */
class Clip {
  readonly #codecs: readonly CodecName[]
  readonly #coded = new Map<CodecName, Uint8Array>()
  #pcm: Pcm | undefined

  constructor(pcm: Pcm, codecs: readonly CodecName[]) {
    this.#pcm = pcm
    this.#codecs = codecs
  }

  /** Codes it where that is quickly done: at 8 kHz, which it is brought down to once. */
  codeFast(): void {
    const fast = this.#codecs.filter((codec) => !SLOW.includes(codec))
    if (this.#pcm === undefined || fast.length === 0) return
    const narrow: Pcm = { sampleRate: 8000, samples: atRate(this.#pcm, 8000) }
    for (const codec of fast) this.#keep(codec, codedAtOnce(narrow, codec))
  }

  coded(codec: CodecName): Uint8Array {
    const known = this.#coded.get(codec)
    if (known !== undefined) return known
    if (this.#pcm === undefined) throw new Error('a clip that is coded lacks a codec')
    return this.#keep(codec, codedAtOnce(this.#pcm, codec))
  }

  /** Codes the rest a piece at a time, and lets the beat in between. */
  async codeSlowly(): Promise<void> {
    for (const codec of this.#codecs) await this.#codeSlowly(codec)
  }

  async #codeSlowly(codec: CodecName): Promise<void> {
    const coding = this.#pcm === undefined || this.#coded.has(codec) ? undefined : new Coding(this.#pcm, codec)
    while (coding?.over === false) {
      coding.go()
      await setImmediate()
    }
    if (coding !== undefined && !this.#coded.has(codec)) this.#keep(codec, coding.coded)
  }

  #keep(codec: CodecName, coded: Uint8Array): Uint8Array {
    this.#coded.set(codec, coded)
    if (this.#codecs.every((name) => this.#coded.has(name))) this.#pcm = undefined
    return coded
  }
}

const SLOW: readonly CodecName[] = ['G722', 'OPUS']

export type Prompts = {
  /** Locales of which every required clip is there. */
  readonly locales: readonly string[]
  /** Whether each of these clips is there in one of the locales. */
  has(locales: readonly string[], clips: Iterable<string>): boolean
  /** @returns the clip in the first of the locales that has it, as coded audio; `undefined` when none has. */
  coded(locales: readonly string[], clip: string, codec: CodecName): Uint8Array | undefined
}

/** No prompts at all: what a process has before it is configured. */
export const NO_PROMPTS: Prompts = { locales: [], has: () => false, coded: () => undefined }

/**
 * Reads all locales under a folder. Files that are no mono WAV of 8 or 16 kHz are left out, as if they were missing. @param codecs that callers
 * may speak; clips are coded for no other.
 */
export async function loadPrompts(folder: string, codecs: readonly CodecName[]): Promise<Prompts> {
  const locales = new Map<string, Locale>()
  for (const name of await namesIn(folder)) {
    if (isLocale(name)) locales.set(name, await loadLocale(join(folder, name), codecs))
  }
  codeTheRest(locales.values()).catch(() => undefined)
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
    coded: (chain, id, codec) => find(chain, id)?.coded(codec),
  }
}

async function loadLocale(folder: string, codecs: readonly CodecName[]): Promise<Locale> {
  const clips = new Map<string, Clip>()
  for (const file of await namesIn(folder)) {
    const id = file.endsWith('.wav') ? file.slice(0, -4) : ''
    if (!isClipId(id) || clipFileName(id) !== file) continue
    const clip = await loadClip(join(folder, file), codecs)
    if (clip !== undefined) clips.set(id, clip)
  }
  return clips
}

async function loadClip(file: string, codecs: readonly CodecName[]): Promise<Clip | undefined> {
  const wav = await readFile(file).then(parseWav, () => undefined)
  if (wav === undefined || wav.channels !== 1 || wav.samples.length === 0) return undefined
  if (wav.sampleRate !== 8000 && wav.sampleRate !== 16000) return undefined
  const clip = new Clip({ sampleRate: wav.sampleRate, samples: wav.samples }, codecs)
  clip.codeFast()
  // Lets the beat in between.
  await setImmediate()
  return clip
}

async function codeTheRest(locales: Iterable<Locale>): Promise<void> {
  for (const locale of locales) {
    for (const clip of locale.values()) await clip.codeSlowly()
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).then(
    (names) => names.sort(),
    () => [],
  )
}

/** Samples that are coded in one go: half a second at most, some milliseconds' work. Whole frames of Opus. */
const PIECE = 8000

/** A clip on its way to being coded. */
class Coding {
  readonly #encoder: Encoder
  readonly #pcm: Int16Array
  readonly #out: Uint8Array
  readonly #end: number
  #from = 0
  #written = 0

  constructor(clip: Pcm, codec: CodecName) {
    this.#encoder = createEncoder(codec)
    const perMs = this.#encoder.sampleRate / 1000
    const pcm = atRate(clip, this.#encoder.sampleRate)
    // What is coded at a time: a frame of Opus, else the samples of an octet.
    const whole = codec === 'OPUS' ? OPUS_PTIME_MS * perMs : this.#encoder.sampleRate / 8000
    this.#pcm = codec === 'OPUS' ? filledUp(pcm, whole) : pcm
    this.#end = this.#pcm.length - (this.#pcm.length % whole)
    this.#out = new Uint8Array(Math.ceil((this.#pcm.length / perMs) * codecNamed(codec).bytesPerMs))
  }

  get over(): boolean {
    return this.#from >= this.#end
  }

  get coded(): Uint8Array {
    return this.#out.subarray(0, this.#written)
  }

  go(): void {
    const piece = this.#pcm.subarray(this.#from, Math.min(this.#end, this.#from + PIECE))
    this.#written += this.#encoder.encode(piece, piece.length, this.#out, this.#written)
    this.#from += piece.length
    if (this.over) this.#encoder.wipe()
  }
}

function codedAtOnce(clip: Pcm, codec: CodecName): Uint8Array {
  const coding = new Coding(clip, codec)
  while (!coding.over) coding.go()
  return coding.coded
}

/** Ends in silence, so that nothing of it is too short for a frame. */
function filledUp(pcm: Int16Array, whole: number): Int16Array {
  const filled = new Int16Array(Math.ceil(pcm.length / whole) * whole)
  filled.set(pcm)
  return filled
}

function atRate({ samples, sampleRate }: Pcm, wanted: 8000 | 16000): Int16Array {
  if (sampleRate === wanted) return samples
  const out = new Int16Array(wanted === 16000 ? samples.length * 2 : Math.ceil(samples.length / 2))
  const resampler = wanted === 16000 ? new Upsample2() : new Downsample2()
  const even = samples.length - (samples.length % 2)
  return out.subarray(0, resampler.run(samples, even, out))
}
