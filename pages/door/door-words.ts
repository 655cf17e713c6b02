/** The words of the page where one logs in. */

import { loadWords } from '../shared/language.ts'

export const door = await loadWords({
  en: () => import('./languages/en.ts'),
  de: () => import('./languages/de.ts'),
  fr: () => import('./languages/fr.ts'),
  es: () => import('./languages/es.ts'),
})
