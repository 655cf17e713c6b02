/**
 * The local speech synthesisers that make clips of words, best first, each a Debian package. The text goes in by a file, never by the command line.
 */

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseWav } from '../rtp/wav.ts'

/** What a synthesiser said: one channel of 16-bit samples. */
export type Speech = { readonly samples: Int16Array; readonly sampleRate: number }

type Synthesiser = {
  readonly name: string
  /** Voice to take when the one of the manifest is another synthesiser's. */
  readonly voice: string
  readonly packages: string
  /** @returns the command that reads `textPath` and writes `wavPath`. */
  readonly command: (voice: string, textPath: string, wavPath: string) => readonly [program: string, ...args: string[]]
}

const synthesisers: readonly Synthesiser[] = [
  {
    name: 'festival',
    voice: 'cmu_us_slt_arctic_hts',
    packages: 'festival festvox-us-slt-hts',
    command: (voice, textPath, wavPath) => ['text2wave', '-eval', `(voice_${voice})`, '-o', wavPath, textPath],
  },
  {
    name: 'flite',
    voice: 'slt',
    packages: 'flite',
    command: (voice, textPath, wavPath) => ['flite', '-voice', voice, '-f', textPath, '-o', wavPath],
  },
  {
    name: 'espeak-ng',
    voice: 'en-us',
    packages: 'espeak-ng',
    command: (voice, textPath, wavPath) => ['espeak-ng', '-v', voice, '-s', '155', '-f', textPath, '-w', wavPath],
  },
]

/** How long one clip may take before its synthesiser counts as stuck. */
const TIMEOUT_MS = 60_000
const run = promisify(execFile)

/** A synthesiser with its voice, tried and found to speak. */
export type Voice = {
  /** As `synthesiser/voice`. */
  readonly name: string
  /** @returns the text as speech, or `undefined` if the synthesiser failed on it. */
  readonly say: (text: string) => Promise<Speech | undefined>
}

/**
 * @returns the voice of the given name if its synthesiser speaks here, else the first of the others that does, else
 * `undefined`. @param wanted `synthesiser/voice`, of the shape that the manifest's parser lets pass.
 */
export async function findVoice(wanted: string): Promise<Voice | undefined> {
  const [wantedName, wantedVoice] = wanted.split('/') as [string, string]
  const first = synthesisers.filter(({ name }) => name === wantedName)
  for (const synthesiser of [...first, ...synthesisers.filter(({ name }) => name !== wantedName)]) {
    const voice = synthesiser.name === wantedName ? wantedVoice : synthesiser.voice
    const say = (text: string): Promise<Speech | undefined> => speak(synthesiser, voice, text)
    if ((await say('one')) !== undefined) return { name: `${synthesiser.name}/${voice}`, say }
  }
  return undefined
}

/** @returns what to install, one synthesiser a line. */
export function installAdvice(): string[] {
  return synthesisers.map(({ name, packages }) => `${name}: apt-get install ${packages}`)
}

async function speak(synthesiser: Synthesiser, voice: string, text: string): Promise<Speech | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'sotto-prompt-'))
  try {
    const textPath = join(folder, 'clip.txt')
    const wavPath = join(folder, 'clip.wav')
    await writeFile(textPath, `${text}\n`)
    const [program, ...args] = synthesiser.command(voice, textPath, wavPath)
    await run(program, args, { timeout: TIMEOUT_MS })
    const wav = parseWav(await readFile(wavPath))
    return wav === undefined || wav.channels !== 1 || wav.samples.length === 0 ? undefined : wav
  } catch {
    // Not installed, no such voice, or it broke: to the caller all the same, the next one is tried.
    return undefined
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
