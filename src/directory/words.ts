/** Texts that people read, in one language or in several. Pure. */

/** A text as it is, or one for each language by its tag. */
export type Words = string | { readonly [language: string]: string }

/** Understood by most who read none of the languages that there are. */
const FALLBACK = 'en'

/** @param wanted languages, best first. @returns the text in the first that there is, in English, or in any. */
export function wordsIn(words: Words, wanted: readonly string[]): string {
  if (typeof words === 'string') return words
  const known = new Map(Object.entries(words).map(([language, text]) => [language.toLowerCase(), text]))
  for (const language of [...wanted, FALLBACK]) {
    // de-AT is read by who wrote German alone, and the other way round.
    const parts = language.toLowerCase().split('-')
    for (let length = parts.length; length > 0; length--) {
      const text = known.get(parts.slice(0, length).join('-'))
      if (text !== undefined) return text
    }
    const [base = ''] = parts
    const kin = [...known].find(([tag]) => tag.startsWith(`${base}-`))
    if (kin !== undefined) return kin[1]
  }
  return [...known.values()][0] ?? ''
}
