/** A text of a form: the same for everybody, or one for each language. Pure. */

import { isLanguage, LANGUAGES } from '../../shared/language-names.ts'

export type Texts = string | { readonly [language: string]: string }

/** @returns one text for people: the English one where there are several, or any. */
export function plainOf(texts: Texts | undefined): string {
  if (texts === undefined || typeof texts === 'string') return texts ?? ''
  return texts['en'] || Object.values(texts).find((text) => text !== '') || ''
}

/** @returns the languages to write it in: those of the desk, then those that it has beside them. */
export function languagesOf(texts: { readonly [language: string]: string }): readonly string[] {
  return [...new Set([...Object.keys(LANGUAGES), ...Object.keys(texts)])]
}

/** @returns it with another text in a language; a language without a text is left out, and nothing at all is the empty text. */
export function withText(texts: { readonly [language: string]: string }, language: string, text: string): Texts {
  const next = Object.entries({ ...texts, [language]: text }).filter(([, each]) => each !== '')
  return next.length === 0 ? '' : Object.fromEntries(next)
}

export function languageName(language: string): string {
  return isLanguage(language) ? LANGUAGES[language] : language
}
