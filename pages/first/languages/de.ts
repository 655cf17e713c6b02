/** Wörter des ersten Starts. */

import type { FirstWords } from './en.ts'

export const words: FirstWords = {
  title: 'Willkommen bei Sotto',
  createWhy: 'Legen Sie die Verwaltung an: wer alles darf und die anderen hereinlässt.',
  name: 'Name',
  nameHint: 'Zum Anmelden: Buchstaben, Ziffern, Punkt, Bindestrich.',
  displayName: 'Angezeigter Name',
  password: 'Passwort',
  passwordHint: 'Mindestens 12 Zeichen. Mehrere Wörter, die nichts miteinander zu tun haben, merkt man sich leicht.',
  sample:
    'Ein Bestellformular und eine Arbeitsgruppe zum Ausprobieren anlegen und mich am ersten Telefon arbeiten lassen',
  create: 'Anlegen',
  voidTitle: 'Dieser Link gilt nicht mehr',
  voidWhy:
    'Er gilt einmal, eine Stunde lang, und nur solange es niemanden gibt. Starten Sie Sotto neu, um einen neuen zu bekommen.',
  toLogIn: 'Anmelden',
  guideTitle: 'Ihr erstes sicheres Gespräch',
  guideWhy: 'Zwei Softphones auf diesem Rechner genügen. Jeder Schritt hakt sich selbst ab.',
  done: 'Erledigt',
  open: 'Offen',
  register: (account) => `Melden Sie ein Softphone als ${account} an`,
  user: 'Benutzer',
  server: 'Server',
  ownPassword: 'das aus der Konfiguration',
  call: (account, number) => `Wählen Sie ${number} am Telefon von ${account}, und nehmen Sie am anderen ab`,
  begin: 'Drücken Sie am Arbeitsplatz auf Secure Input',
  desk: 'Arbeitsplatz öffnen',
  orKeys: (keys) => `Oder drücken Sie ${keys} am Telefon des Agenten.`,
  key: 'Tippen Sie am Telefon des Anrufers, wonach die Stimme fragt',
  keyWhat:
    'Kartennummer 4111 1111 1111 1111, ein künftiges Ablaufdatum wie 1230, Prüfnummer 123; jeweils mit # am Ende.',
  outcome: { accepted: 'Es wurde angenommen.', declined: 'Es wurde abgelehnt.', failed: 'Es ist gescheitert.' },
  allDone: 'Das war es. Niemand außer dem Anrufer und dem Validierungsdienst kennt die Nummer.',
  noPhones: 'Es gibt noch keine Telefone. Legen Sie zwei in der Verwaltung an, und kommen Sie wieder.',
  noValidation:
    'Es gibt keinen Validierungsdienst, und so kann keine sichere Sitzung beginnen: siehe secureInput.validation in docs/CONFIG.md.',
  onward: 'Zur Verwaltung',
}
