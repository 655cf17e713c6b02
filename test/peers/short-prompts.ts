/** The prompts that come with Sotto, each cut to its first half second: stories of many sessions need not listen to whole sentences. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseWav, writeWav } from '../../src/rtp/wav.ts'

const KEEP_SECONDS = 0.5
const SHIPPED = resolve(import.meta.dirname, '../../prompts/en')

/** Writes them into a folder, unless a server that ran before has left them there. @returns the line of `secureInput` that names it. */
export function shortPrompts(folder: string): string {
  if (mkdirSync(join(folder, 'en'), { recursive: true }) === undefined) return `promptsFolder: ${folder}`
  for (const file of readdirSync(SHIPPED).filter((name) => name.endsWith('.wav'))) {
    const wav = parseWav(readFileSync(join(SHIPPED, file)))
    if (wav === undefined) throw new Error(`${file} is no WAV`)
    const samples = wav.samples.subarray(0, wav.sampleRate * KEEP_SECONDS)
    writeFileSync(join(folder, 'en', file), writeWav(samples, wav.sampleRate))
  }
  return `promptsFolder: ${folder}`
}
