/** Texts of forms: one for all languages, or one for each. Pure. */

export type Texts = string | { readonly [language: string]: string }

/** @returns the text for somebody who reads English, or the first that there is; as the server chooses. */
export function textIn(texts: Texts): string {
  return typeof texts === 'string' ? texts : (texts['en'] ?? Object.values(texts)[0] ?? '')
}

/** @returns texts with one of them changed. An empty one is none; where none is left, it is empty for all. */
export function withText(texts: Texts, language: string, text: string): Texts {
  const { [language]: _before, ...others } = typeof texts === 'string' ? { en: texts } : texts
  const all = text === '' ? others : { ...others, [language]: text }
  return Object.keys(all).length === 0 ? { [language]: '' } : all
}
