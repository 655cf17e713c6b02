/** The words of the supervisor's page. */

import { loadWords } from '../shared/language.ts'

export const supervisor = await loadWords({
  en: () => import('./languages/en.ts'),
  de: () => import('./languages/de.ts'),
  fr: () => import('./languages/fr.ts'),
  es: () => import('./languages/es.ts'),
})

/** @returns a word of a table, or the code itself where a newer server says what this page does not know. */
export function wordFor(table: Readonly<Record<string, string>>, code: string): string {
  return Object.hasOwn(table, code) ? (table[code] ?? code) : code
}
