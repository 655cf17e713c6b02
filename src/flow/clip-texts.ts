/** The words of clips, by the manifests beside them: what a caller would hear, to be read. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isLocale, MANIFEST_NAME, parseManifest } from '../base/prompts.ts'

export type ClipText = { readonly language: string; readonly text: string }

/** @returns the words of a clip in the first language that has it, or `undefined` when nobody wrote them down. Each manifest is read once, when it is asked for first. */
export function clipTextsIn(folder: string): (languages: readonly string[], clip: string) => ClipText | undefined {
  const read = new Map<string, ReturnType<typeof parseManifest>>()
  const manifestOf = (language: string) => {
    if (!read.has(language)) read.set(language, isLocale(language) ? manifestIn(join(folder, language)) : undefined)
    return read.get(language)
  }
  return (languages, clip) => {
    for (const language of languages) {
      const text = manifestOf(language)?.clips.get(clip)?.text
      if (text !== undefined) return { language, text }
    }
    return undefined
  }
}

function manifestIn(folder: string): ReturnType<typeof parseManifest> {
  try {
    return parseManifest(JSON.parse(readFileSync(join(folder, MANIFEST_NAME), 'utf8')))
  } catch {
    return undefined
  }
}
