/**
 * The files of prompts, a folder for each language with a manifest and a WAV for each clip. What is put there over the API keeps what it took the place of aside, in `replaced`, so
 * that it can be brought back:
 *
 *   en/welcome.wav            what callers hear
 *   en/replaced/welcome.wav   what was there before, where something was
 *   en/replaced/welcome.json  its line of the manifest, and which file was put into its place
 *
 * Each file is written beside its place and renamed, and what is aside is written first: a server that is killed in between has one or the other.
 */

import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { digestOf } from '../base/digest.ts'
import { fault } from '../base/fault.ts'
import {
  type Clip,
  clipFileName,
  isClipId,
  isLocale,
  MANIFEST_NAME,
  type Manifest,
  parseClip,
  parseManifest,
  REPLACED_FOLDER,
  writeManifest,
} from '../base/prompts.ts'
import { voiceFor } from './voices.ts'

export type PromptPlace = { readonly language: string; readonly name: string }

/** What was put into the place of something. */
type Replaced = {
  /** Of the file that was put there. */
  readonly made: string
  /** Whether there was a file. */
  readonly wasThere: boolean
  /** Its line of the manifest. */
  readonly clip: Clip | undefined
}

export type PromptFile = PromptPlace & {
  readonly octets: Uint8Array
  readonly digest: string
  readonly clip: Clip | undefined
  /** Set when it was put there over the API: what is brought back when it is removed. */
  readonly replaced: Replaced | undefined
}

export type PromptFiles = {
  /** Languages, each with its manifest and the names of its clips. */
  languages(): Promise<
    readonly { readonly language: string; readonly manifest: Manifest; readonly names: readonly string[] }[]
  >
  /** @returns undefined when there is none */
  read(place: PromptPlace): Promise<PromptFile | undefined>
  /** @throws Fault `prompts.not-writable` */
  put(place: PromptPlace, octets: Uint8Array, clip: Clip): Promise<void>
  /** Takes away what was put there, and brings back what it took the place of. @throws Fault `prompts.not-writable` */
  takeBack(file: PromptFile): Promise<void>
}

/** @param folder `secureInput.promptsFolder` */
export function promptFiles(folder: string): PromptFiles {
  const pathOf = ({ language, name }: PromptPlace) => join(folder, language, clipFileName(name))
  const asideOf = ({ language, name }: PromptPlace, ending: 'wav' | 'json') =>
    join(folder, language, REPLACED_FOLDER, `${name}.${ending}`)
  const manifestOf = async (language: string): Promise<Manifest> => {
    const text = await readFile(join(folder, language, MANIFEST_NAME), 'utf8').catch(() => undefined)
    const manifest = text === undefined ? undefined : parseManifest(jsonOf(text))
    // A folder of recordings alone has none.
    return manifest ?? { locale: language, voice: voiceFor(language), clips: new Map() }
  }
  const setClip = async ({ language, name }: PromptPlace, clip: Clip | undefined) => {
    const manifest = await manifestOf(language)
    const clips = new Map(manifest.clips)
    if (clip === undefined) clips.delete(name)
    else clips.set(name, clip)
    await writeWhole(join(folder, language, MANIFEST_NAME), writeManifest({ ...manifest, clips }))
  }
  const replacedAt = async (place: PromptPlace, digest: string): Promise<Replaced | undefined> => {
    const text = await readFile(asideOf(place, 'json'), 'utf8').catch(() => undefined)
    const replaced = text === undefined ? undefined : parseReplaced(jsonOf(text))
    // Somebody has put another file there by hand since.
    return replaced?.made === digest ? replaced : undefined
  }
  const read = async (place: PromptPlace): Promise<PromptFile | undefined> => {
    if (!isLocale(place.language) || !isClipId(place.name)) return undefined
    const octets = await readFile(pathOf(place)).catch(() => undefined)
    if (octets === undefined) return undefined
    const digest = digestOf(octets)
    const { clips } = await manifestOf(place.language)
    return { ...place, octets, digest, clip: clips.get(place.name), replaced: await replacedAt(place, digest) }
  }
  return {
    read,
    async languages() {
      const found = await readdir(folder, { withFileTypes: true }).catch(() => [])
      const names = found.filter((entry) => entry.isDirectory() && isLocale(entry.name)).map(({ name }) => name)
      return Promise.all(
        names.sort().map(async (language) => ({
          language,
          manifest: await manifestOf(language),
          names: clipNames(await readdir(join(folder, language)).catch(() => [])),
        })),
      )
    },
    put: (place, octets, clip) =>
      writing(async () => {
        const before = await read(place)
        const kept = before?.replaced
        if (kept === undefined && before !== undefined) await writeWhole(asideOf(place, 'wav'), before.octets)
        const replaced: Replaced = {
          made: digestOf(octets),
          wasThere: kept?.wasThere ?? before !== undefined,
          clip: kept === undefined ? before?.clip : kept.clip,
        }
        await writeWhole(asideOf(place, 'json'), `${JSON.stringify(replaced)}\n`)
        await writeWhole(pathOf(place), octets)
        await setClip(place, clip)
      }),
    takeBack: ({ replaced, ...place }) =>
      writing(async () => {
        if (replaced?.wasThere === true) await rename(asideOf(place, 'wav'), pathOf(place))
        else await rm(pathOf(place), { force: true })
        await setClip(place, replaced?.clip)
        await rm(asideOf(place, 'json'), { force: true })
      }),
  }
}

/** On the disk whole before it has its name. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(`${path}.new`, 'w')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

async function writing(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    throw fault('prompts.not-writable', {}, thrown)
  }
}

function clipNames(files: readonly string[]): readonly string[] {
  const names = files.flatMap((file) => (file.endsWith('.wav') ? [file.slice(0, -'.wav'.length)] : []))
  return names.filter(isClipId).sort()
}

function parseReplaced(value: unknown): Replaced | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { made, wasThere, clip } = value as { made?: unknown; wasThere?: unknown; clip?: unknown }
  if (typeof made !== 'string' || typeof wasThere !== 'boolean') return undefined
  return { made, wasThere, clip: parseClip(clip) }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
