/** Which language a page speaks, and its words: one file per language and page, loaded when it is spoken. */

import { effect, type ReadonlySignal, signal } from '@preact/signals'
import { isLanguage, type Language } from './language-names.ts'

const KEPT_AS = 'sotto-language'

/** The language that was chosen, or the first of the browser's that we have. */
export const language = signal<Language>(firstLanguage())

/** Chosen by hand, and kept for the next time. */
export function chooseLanguage(chosen: Language): void {
  language.value = chosen
  localStorage.setItem(KEPT_AS, chosen)
}

export type WordFiles<Words> = { readonly [L in Language]?: () => Promise<{ readonly words: Words }> } & {
  readonly en: () => Promise<{ readonly words: Words }>
}

/** Loads the words of a page, and again when another language is chosen; English where a page has no other. */
export async function loadWords<Words>(files: WordFiles<Words>): Promise<ReadonlySignal<Words>> {
  const load = async (chosen: Language): Promise<Words> => (await (files[chosen] ?? files.en)()).words
  const words = signal<Words>(await load(language.value))
  let spoken = language.value
  effect(() => {
    const chosen = language.value
    if (chosen === spoken) return
    spoken = chosen
    void load(chosen).then((loaded) => {
      if (spoken === chosen) words.value = loaded
    })
  })
  return words
}

function firstLanguage(): Language {
  const wanted = [localStorage.getItem(KEPT_AS) ?? '', ...navigator.languages.map((tag) => tag.slice(0, 2))]
  return wanted.find(isLanguage) ?? 'en'
}
