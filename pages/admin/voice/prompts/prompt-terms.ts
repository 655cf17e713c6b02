/** Prompts as the API has them. */

import type { Prompt } from '../../../../src/prompts/index.ts'

export type ShownPrompt = Omit<Prompt, 'tag'> & { readonly etag: string; readonly flows: readonly string[] }
export type ShownPrompts = {
  readonly languages: readonly {
    readonly language: string
    readonly voice: string
    readonly complete: boolean
    readonly missing: readonly string[]
  }[]
  readonly prompts: readonly ShownPrompt[]
}

/** Where a prompt is from, for people. */
export const ORIGINS: Readonly<Record<ShownPrompt['from'], string>> = {
  shipped: 'came with Sotto',
  folder: 'put into the folder by hand',
  store: 'published here',
}

/** @returns the path of a prompt in the API. */
export function pathOfPrompt(language: string, name: string): string {
  return `/api/v1/prompts/${encodeURIComponent(language)}/${encodeURIComponent(name)}`
}
