/** The words that every page has, loaded before the first page is drawn. */

import { loadWords } from './language.ts'

export const shared = await loadWords({
  en: () => import('./languages/en.ts'),
  de: () => import('./languages/de.ts'),
  fr: () => import('./languages/fr.ts'),
  es: () => import('./languages/es.ts'),
})
