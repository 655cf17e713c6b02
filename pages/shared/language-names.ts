/** The languages that pages speak, each by its own name. */

export const LANGUAGES = { en: 'English', de: 'Deutsch', fr: 'Français', es: 'Español' } as const
export type Language = keyof typeof LANGUAGES

export function isLanguage(name: string): name is Language {
  return Object.hasOwn(LANGUAGES, name)
}
