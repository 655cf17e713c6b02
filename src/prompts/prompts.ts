/**
 * The prompts of a running server as people change them: listened to, replaced by a recording or by words that a synthesiser says, taken back. One change after the other; each is
 * told, and then in force with the next session.
 */

import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type AskedThread, startThread } from '../base/asked-thread.ts'
import { holdsCardNumber } from '../base/card-text.ts'
import { type Fault, fault } from '../base/fault.ts'
import { type Clip, clipFileName, isClipId, isLocale, REQUIRED_CLIPS, TEXT_LENGTH_MAX } from '../base/prompts.ts'
import { type PromptFile, type PromptPlace, promptFiles } from './prompt-files.ts'
import type { Measures, SoundAnswer, SoundOrder } from './sound.ts'
import { speakerOf } from './voices.ts'

export type { PromptPlace }

export type Prompt = PromptPlace &
  Measures & {
    readonly text: string | undefined
    readonly source: Clip['source'] | undefined
    /** `shipped` came with Sotto, `folder` was put there by hand, `store` over the API. */
    readonly from: 'shipped' | 'folder' | 'store'
    /** Names the sound. */
    readonly tag: string
  }

export type PromptsView = {
  readonly languages: readonly {
    readonly language: string
    readonly voice: string
    /** Clips of the card flow that it lacks. */
    readonly missing: readonly string[]
  }[]
  readonly prompts: readonly Prompt[]
}

/** Which sound is meant: none must be there, any may, or that of this tag must. */
export type ExpectedPrompt = 'none' | 'any' | { readonly tag: string }
export type PromptProblem = { readonly key: string; readonly says: string; readonly advice: string }
export type PromptChange = PromptPlace & {
  readonly by: string
  readonly action: 'created' | 'changed' | 'removed'
  readonly before: Prompt | undefined
  readonly after: Prompt | undefined
}
export type Refused = { readonly refused: 'prompts.not-fit'; readonly problems: readonly PromptProblem[] }
type By = { readonly by: string; readonly expected: ExpectedPrompt }

/** Throws Faults `prompts.*`, `directory.changed-meanwhile` where another sound is there than was expected. */
export type Prompts = {
  list(language?: string): Promise<PromptsView>
  /** @returns undefined when there is none */
  one(place: PromptPlace): Promise<Prompt | undefined>
  sound(place: PromptPlace): Promise<{ readonly octets: Uint8Array; readonly tag: string } | undefined>
  /** @param wav as a person recorded it. @param text what is said; as it was when absent */
  record(place: PromptPlace, wav: Uint8Array, text: string | undefined, by: By): Promise<Prompt | Refused>
  /** @returns what a synthesiser makes of words; nothing is kept */
  preview(language: string, text: string): Promise<Uint8Array | Refused>
  speak(place: PromptPlace, text: string, by: By): Promise<Prompt | Refused>
  /** @returns what is there then, if anything */
  takeBack(place: PromptPlace, by: By): Promise<Prompt | undefined>
  close(): Promise<void>
}

export type PromptsOptions = {
  /** `secureInput.promptsFolder` */
  readonly folder: string
  /** Where those lie that come with Sotto. */
  readonly shippedFolder: string
  /** Flows that could not say everything without a clip of a language. */
  readonly neededBy: (place: PromptPlace) => readonly string[]
  /** After a change: it is to be told, and taken into use. */
  readonly onChange: (change: PromptChange) => Promise<void>
}

/** Node's file name extension of this very run: sources as they are, or compiled. */
const EXTENSION = import.meta.filename.slice(-3)

export function createPrompts({ folder, shippedFolder, neededBy, onChange }: PromptsOptions): Prompts {
  const files = promptFiles(folder)
  const measured = new Map<string, { readonly digest: string; readonly measures: Measures | undefined }>()
  let thread: AskedThread<SoundOrder, SoundAnswer> | undefined
  let last: Promise<unknown> = Promise.resolve()
  const ask = (order: SoundOrder) => {
    thread ??= startThread<SoundOrder, SoundAnswer>(new URL(`./sound-worker${EXTENSION}`, import.meta.url), undefined)
    return thread.ask(order)
  }
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
  const measuresOf = async ({ language, name, octets, digest }: PromptFile): Promise<Measures | undefined> => {
    const key = `${language}/${name}`
    const known = measured.get(key)
    if (known?.digest === digest) return known.measures
    const answer = await ask({ do: 'measure', wav: octets })
    const measures = 'measures' in answer ? answer.measures : undefined
    measured.set(key, { digest, measures })
    return measures
  }
  const shown = async (file: PromptFile): Promise<Prompt> => {
    const { language, name, clip, digest } = file
    const measures = (await measuresOf(file)) ?? UNREADABLE
    return {
      language,
      name,
      text: clip?.text,
      source: clip?.source,
      from: await originOf(file),
      tag: digest,
      ...measures,
    }
  }
  const originOf = async ({ octets, replaced, ...place }: PromptFile): Promise<Prompt['from']> => {
    if (replaced !== undefined) return 'store'
    const { language, name } = place
    const shipped = join(shippedFolder, language, clipFileName(name))
    if (shipped === join(folder, language, clipFileName(name)))
      return place.clip?.wavSha256 === sha256(octets) ? 'shipped' : 'folder'
    const there = await stat(shipped).catch(() => undefined)
    if (there?.size !== octets.length) return 'folder'
    const original = await promptFiles(shippedFolder).read({ language, name })
    return original?.digest === place.digest ? 'shipped' : 'folder'
  }
  const expectedAt = async (place: PromptPlace, expected: ExpectedPrompt): Promise<PromptFile | undefined> => {
    const file = await files.read(place)
    if (expected === 'none' ? file !== undefined : typeof expected === 'object' && file?.digest !== expected.tag)
      throw fault('directory.changed-meanwhile')
    return file
  }
  const put = (
    place: PromptPlace,
    octets: Uint8Array,
    clip: (before: Clip | undefined) => Clip,
    { by, expected }: By,
  ) =>
    inTurn(async () => {
      const file = await expectedAt(place, expected)
      const before = file === undefined ? undefined : await shown(file)
      await files.put(place, octets, clip(file?.clip))
      const after = await shown(await there(place))
      await onChange({ ...place, by, action: before === undefined ? 'created' : 'changed', before, after })
      return after
    })
  const there = async (place: PromptPlace): Promise<PromptFile> => {
    const file = await files.read(place)
    if (file === undefined) throw fault('prompts.not-writable')
    return file
  }
  const said = async (language: string, text: string): Promise<Uint8Array | Refused> => {
    const { manifest } = (await files.languages()).find((each) => each.language === language) ?? {}
    const voice = await speakerOf(language, manifest?.voice)
    if (voice === undefined) throw fault('prompts.no-voice')
    const speech = await voice.say(text)
    if (speech === undefined) return notFit('text', 'The synthesiser cannot say this.', 'Write other words.')
    return clipOr(await ask({ do: 'shape-speech', ...speech }), 'text')
  }

  return {
    async list(wanted) {
      const all = await files.languages()
      const meant = wanted === undefined ? all : all.filter(({ language }) => language === wanted)
      const prompts: Prompt[] = []
      for (const { language, names } of meant) {
        for (const name of names) {
          const file = await files.read({ language, name })
          if (file !== undefined) prompts.push(await shown(file))
        }
      }
      const languages = meant.map(({ language, manifest, names }) => ({
        ...{ language, voice: manifest.voice },
        missing: REQUIRED_CLIPS.filter((clip) => !names.includes(clip)),
      }))
      return { languages, prompts }
    },
    async one(place) {
      const file = await files.read(place)
      return file === undefined ? undefined : shown(file)
    },
    async sound(place) {
      const file = await files.read(place)
      return file === undefined ? undefined : { octets: file.octets, tag: file.digest }
    },
    async record(place, wav, text, by) {
      const wrong = placeProblems(place) ?? (text === undefined ? undefined : textProblems(text))
      if (wrong !== undefined) return wrong
      const clip = clipOr(await ask({ do: 'shape', wav }), 'audio')
      if ('refused' in clip) return clip
      return put(place, clip, (before) => recorded(text ?? before?.text ?? place.name), by)
    },
    async preview(language, text) {
      return placeProblems({ language, name: 'any' }) ?? textProblems(text) ?? inTurn(() => said(language, text))
    },
    async speak(place, text, by) {
      const wrong = placeProblems(place) ?? textProblems(text)
      if (wrong !== undefined) return wrong
      const clip = await inTurn(() => said(place.language, text))
      if ('refused' in clip) return clip
      const made: Clip = { text, source: 'synthesised', textSha256: sha256(text), wavSha256: sha256(clip) }
      return put(place, clip, () => made, by)
    },
    takeBack: (place, { by, expected }) =>
      inTurn(async () => {
        const file = await expectedAt(place, expected)
        if (file === undefined) throw fault('prompts.not-found')
        if (file.replaced === undefined) throw fault('prompts.not-ours')
        if (!file.replaced.wasThere && neededBy(place).length > 0) throw fault('prompts.in-use')
        const before = await shown(file)
        await files.takeBack(file)
        const left = await files.read(place)
        const after = left === undefined ? undefined : await shown(left)
        await onChange({ ...place, by, action: after === undefined ? 'removed' : 'changed', before, after })
        return after
      }),
    close: async () => thread?.end(),
  }
}

/** What is there is no sound that could be measured. */
const UNREADABLE: Measures = {
  ...{ seconds: 0, sampleRate: 0, peakDbfs: 0, rmsDbfs: 0, speechDbm0: 0 },
  flaws: ['not a WAV of 16-bit PCM; export it as such, mono, 8 or 16 kHz'],
}

function recorded(text: string): Clip {
  return { text, source: 'recorded', textSha256: undefined, wavSha256: undefined }
}

/** @throws Fault `prompts.not-wav` */
function clipOr(answer: SoundAnswer, key: string): Uint8Array | Refused {
  if ('clip' in answer) return answer.clip
  if ('refused' in answer && answer.refused === 'not-fit')
    return {
      refused: 'prompts.not-fit',
      problems: answer.flaws.map((flaw) => {
        const [says = '', advice = ''] = flaw.split('; ')
        return { key, says: `It ${says}.`, advice: `${capital(advice)}.` }
      }),
    }
  const cause: Fault = fault('prompts.not-wav')
  throw cause
}

function placeProblems({ language, name }: PromptPlace): Refused | undefined {
  if (!isLocale(language)) return notFit('language', 'This is no language tag.', 'Write one such as en or pt-BR.')
  return isClipId(name)
    ? undefined
    : notFit('name', 'This cannot name a clip.', 'Use small letters, digits and hyphens.')
}

function textProblems(text: string): Refused | undefined {
  if (text.trim() === '' || text.length > TEXT_LENGTH_MAX)
    return notFit('text', 'There are no words here, or too many.', `Write at most ${TEXT_LENGTH_MAX} characters.`)
  return holdsCardNumber(text)
    ? notFit('text', 'There is a card number here.', 'Remove it: nothing of this was kept.')
    : undefined
}

function notFit(key: string, says: string, advice: string): Refused {
  return { refused: 'prompts.not-fit', problems: [{ key, says, advice }] }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
