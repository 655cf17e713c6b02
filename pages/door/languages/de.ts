/** Wörter der Seite, auf der man sich anmeldet. */

import type { DoorWords } from './en.ts'

export const words: DoorWords = {
  title: 'Anmelden',
  name: 'Name',
  password: 'Passwort',
  logIn: 'Anmelden',
  logInWith: (name: string) => `Mit ${name} anmelden`,
  codeTitle: 'Ihr zweiter Faktor',
  code: 'Code aus Ihrer Authentifizierungs-App',
  codeHint: 'Sechs Ziffern; alle halbe Minute neue.',
  lostIt: 'Ich habe sie nicht dabei',
  recoveryCode: 'Einer Ihrer Wiederherstellungscodes',
  haveIt: 'Ich habe sie dabei',
  again: 'Von vorn beginnen',
  changeTitle: 'Wählen Sie ein eigenes Passwort',
  changeWhy: 'Das jetzige hat jemand anders gesetzt.',
  oldPassword: 'Bisheriges Passwort',
  newPassword: 'Neues Passwort',
  newPasswordHint: 'Mindestens 12 Zeichen. Mehrere Wörter, die nichts miteinander zu tun haben, merkt man sich leicht.',
  change: 'Ändern',
  enrolTitle: 'Richten Sie einen zweiten Faktor ein',
  enrolWhy:
    'Ihre Rolle braucht einen. Lesen Sie das Bild mit einer Authentifizierungs-App ein, und tippen Sie den Code ab, den sie zeigt.',
  enrolKey: 'Oder tippen Sie diesen Schlüssel ein:',
  picture: 'Bild für eine Authentifizierungs-App; es enthält den Schlüssel, der darunter steht.',
  confirm: 'Bestätigen',
  recoveryTitle: 'Verwahren Sie Ihre Wiederherstellungscodes',
  recoveryWhy: 'Jeder ersetzt einmal die App. Sie werden jetzt gezeigt und nie wieder.',
  copy: 'Kopieren',
  copied: 'Kopiert.',
  goOn: 'Ich habe sie verwahrt',
  noPages: 'Sie sind angemeldet, dürfen aber nur die Schnittstelle für Programme benutzen.',
}
