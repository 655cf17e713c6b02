/** The words of the desk, loaded before it is drawn. */

import { loadWords } from '../shared/language.ts'

export const desk = await loadWords({
  en: () => import('./languages/en.ts'),
  de: () => import('./languages/de.ts'),
  fr: () => import('./languages/fr.ts'),
  es: () => import('./languages/es.ts'),
})
