/** The words of the first run. */

import { loadWords } from '../shared/language.ts'

export const first = await loadWords({
  en: () => import('./languages/en.ts'),
  de: () => import('./languages/de.ts'),
  fr: () => import('./languages/fr.ts'),
  es: () => import('./languages/es.ts'),
})
