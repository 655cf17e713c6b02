/**
 * `sotto prompts build` and `sotto prompts check`: the clips of the prompts from the words of their manifest, by a local
 * synthesiser, and whether all of them, recordings of the administrator's own among them, are fit to be played. Each
 * returns the exit code; the folder that holds the locales and the place to write lines to are given.
 */

import { createHash } from 'node:crypto'
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Clip,
  clipFileName,
  isLocale,
  MANIFEST_NAME,
  type Manifest,
  parseManifest,
  REPLACED_FOLDER,
  REQUIRED_CLIPS,
  writeManifest,
} from '../base/prompts.ts'
import { clipFlaws, findVoice, installAdvice, type Voice } from '../prompts/index.ts'
import { CLIP_RATE, shapeSpeech } from '../rtp/speech-clip.ts'
import { parseWav, writeWav } from '../rtp/wav.ts'

/** Takes one line, without its line end. */
export type WriteLine = (line: string) => void

export type PromptsScope = {
  /** Folder that holds a folder per locale. */
  readonly root: string
  /** Only this locale; every locale of the folder if left out. */
  readonly locale?: string | undefined
}

/** A fault with what to do about it; `clip` is undefined if it is of the whole folder. */
type Complaint = { readonly clip: string | undefined; readonly text: string }

/**
 * Synthesises the clips that are missing or stale, or all with `force`; never touches one marked `recorded`.
 * @returns 0 if every clip that should be there now is, else 1.
 */
export async function promptsBuild(
  scope: PromptsScope & { readonly force: boolean },
  write: WriteLine,
): Promise<number> {
  const folders = await manifestsOf(scope, write)
  if (folders === undefined) return 1
  let exitCode = 0
  for (const { folder, manifest } of folders) {
    if (!(await buildLocale(folder, manifest, scope.force, write))) exitCode = 1
  }
  return exitCode
}

/** Checks every clip against its manifest and for the telephone. @returns 0 if nothing is wrong, else 1. */
export async function promptsCheck(scope: PromptsScope, write: WriteLine): Promise<number> {
  const folders = await manifestsOf(scope, write)
  if (folders === undefined) return 1
  let exitCode = 0
  for (const { folder, manifest } of folders) {
    const complaints = await checkLocale(folder, manifest)
    for (const { clip, text } of complaints) write(`${manifest.locale}/${clip ?? ''}: ${text}`)
    if (complaints.length > 0) exitCode = 1
    write(
      complaints.length === 0
        ? `${manifest.locale}: ${manifest.clips.size} clips, all good`
        : `${manifest.locale}: ${complaints.length} to put right in ${folder}`,
    )
  }
  return exitCode
}

type LocaleFolder = { readonly folder: string; readonly manifest: Manifest }

/** @returns the manifests in scope, or `undefined` after having said why there is none to work on. */
async function manifestsOf({ root, locale }: PromptsScope, write: WriteLine): Promise<LocaleFolder[] | undefined> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => [])
  const locales = entries.filter((entry) => entry.isDirectory() && isLocale(entry.name)).map((entry) => entry.name)
  const wanted = locale === undefined ? locales : locales.filter((name) => name === locale)
  if (wanted.length === 0) {
    write(`no prompts${locale === undefined ? '' : ` for the locale ${locale}`} in ${root}: make a folder named by a`)
    write(`language tag, such as en or pt-BR, with a ${MANIFEST_NAME} in it`)
    return undefined
  }
  const folders: LocaleFolder[] = []
  for (const name of wanted.sort()) {
    const folder = join(root, name)
    const manifest = await readManifest(join(folder, MANIFEST_NAME))
    if (manifest === undefined || manifest.locale !== name) {
      write(
        `${join(folder, MANIFEST_NAME)}: ${manifest === undefined ? 'missing or not a manifest' : 'of another locale'};`,
      )
      write('compare it with the one of en')
      return undefined
    }
    folders.push({ folder, manifest })
  }
  return folders
}

async function readManifest(path: string): Promise<Manifest | undefined> {
  try {
    return parseManifest(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}

/** Whether a clip's file has to be made, and if not, why. */
type Need = 'make' | 'recorded' | 'current' | 'changed-by-hand'

async function buildLocale(folder: string, manifest: Manifest, force: boolean, write: WriteLine): Promise<boolean> {
  let clean = true
  const clips = new Map(manifest.clips)
  const due: string[] = []
  for (const [id, clip] of clips) {
    const need = await needOf(folder, id, clip, force)
    if (need === 'make') due.push(id)
    if (need === 'changed-by-hand') {
      clean = false
      write(
        `${manifest.locale}/${id}: not the file that a build wrote, left alone; if it is a recording, set its source`,
      )
      write('  to "recorded" in the manifest, else delete it or build with --force')
    }
  }
  if (due.length === 0) {
    write(`${manifest.locale}: nothing to build, ${clips.size} clips are up to date`)
    return clean
  }
  const voice = await findVoice(manifest.voice)
  if (voice === undefined) {
    write(`${manifest.locale}: ${due.length} clips to build, but no speech synthesiser works here; install one of`)
    for (const line of installAdvice()) write(`  ${line}`)
    return false
  }
  if (voice.name !== manifest.voice)
    write(`${manifest.locale}: ${manifest.voice} is not to be had, using ${voice.name}`)
  for (const [i, id] of due.entries()) {
    const clip = clips.get(id) as Clip
    const wav = await synthesise(voice, clip.text)
    const progress = `${manifest.locale} [${i + 1}/${due.length}] ${id}`
    if (wav === undefined) {
      clean = false
      write(`${progress}: ${voice.name} could not say it; change its text`)
      continue
    }
    await replaceFile(join(folder, clipFileName(id)), wav.bytes)
    clips.set(id, { ...clip, textSha256: sha256(clip.text), wavSha256: sha256(wav.bytes) })
    // After every clip, so that an interrupted build leaves a manifest that fits its files.
    await replaceFile(join(folder, MANIFEST_NAME), writeManifest({ ...manifest, clips }))
    write(`${progress}: ${wav.seconds.toFixed(1)} s`)
  }
  return clean
}

async function needOf(folder: string, id: string, clip: Clip, force: boolean): Promise<Need> {
  if (clip.source === 'recorded') return 'recorded'
  const bytes = await readIfThere(join(folder, clipFileName(id)))
  if (force || bytes === undefined) return 'make'
  if (sha256(bytes) !== clip.wavSha256) return 'changed-by-hand'
  return sha256(clip.text) === clip.textSha256 ? 'current' : 'make'
}

async function synthesise(voice: Voice, text: string): Promise<{ bytes: Uint8Array; seconds: number } | undefined> {
  const speech = await voice.say(text)
  const samples = speech && shapeSpeech(speech.samples, speech.sampleRate)
  return samples && { bytes: writeWav(samples, CLIP_RATE), seconds: samples.length / CLIP_RATE }
}

async function checkLocale(folder: string, manifest: Manifest): Promise<Complaint[]> {
  const complaints: Complaint[] = []
  for (const id of REQUIRED_CLIPS) {
    if (!manifest.clips.has(id)) complaints.push({ clip: id, text: 'not in the manifest; the card flow needs it' })
  }
  for (const [id, clip] of manifest.clips) {
    for (const text of await complaintsAbout(folder, id, clip)) complaints.push({ clip: id, text })
  }
  const known = new Set([MANIFEST_NAME, REPLACED_FOLDER, 'README.md', ...[...manifest.clips.keys()].map(clipFileName)])
  for (const name of (await readdir(folder)).sort()) {
    if (!known.has(name)) complaints.push({ clip: name, text: 'not in the manifest; add it there or take it away' })
  }
  return complaints
}

async function complaintsAbout(folder: string, id: string, clip: Clip): Promise<string[]> {
  const bytes = await readIfThere(join(folder, clipFileName(id)))
  if (bytes === undefined) {
    return [clip.source === 'recorded' ? 'the recording is missing; put it there' : 'missing; run sotto prompts build']
  }
  const found: string[] = []
  if (clip.textSha256 !== sha256(clip.text) && (clip.source === 'synthesised' || clip.textSha256 !== undefined)) {
    found.push(clip.source === 'synthesised' ? 'stale; run sotto prompts build' : STALE_RECORDING)
  } else if (clip.source === 'synthesised' && clip.wavSha256 !== sha256(bytes)) {
    found.push('not the file that a build wrote; set its source to "recorded", or delete it and build')
  }
  const wav = parseWav(bytes)
  if (wav === undefined) return [...found, 'not a WAV of 16-bit PCM; export it as such, mono, 8 or 16 kHz']
  return [...found, ...clipFlaws(wav)]
}

const STALE_RECORDING = 'its text is no longer the recorded one; record it again and take textSha256 out'

/** Writes beside and renames, so that a server that reloads never reads half a file. */
async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.new`, content)
  await rename(`${path}.new`, path)
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return await readFile(path).catch(() => undefined)
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
