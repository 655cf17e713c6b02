/** Wörter, die jede Seite hat. */

import type { SharedWords } from './en.ts'

export const words: SharedWords = {
  skip: 'Zum Inhalt springen',
  language: 'Sprache',
  scheme: 'Farben',
  schemes: { system: 'Wie das System', light: 'Hell', dark: 'Dunkel' },
  desk: 'Arbeitsplatz',
  supervisor: 'Leitung',
  admin: 'Verwaltung',
  pages: 'Seiten',
  logOut: 'Abmelden',
  loggedInAs: (name) => `Angemeldet als ${name}`,
  offLine: 'Keine Verbindung zum Server: Was Sie sehen, kann veraltet sein. Es wird weiter versucht.',
  close: 'Schließen',
  cancel: 'Abbrechen',
  code: 'Code',
  loading: 'Wird geladen …',
}
