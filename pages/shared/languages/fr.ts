/** Les mots communs à toutes les pages. */

import type { SharedWords } from './en.ts'

export const words: SharedWords = {
  skip: 'Aller au contenu',
  language: 'Langue',
  scheme: 'Couleurs',
  schemes: { system: 'Comme le système', light: 'Clair', dark: 'Sombre' },
  desk: 'Poste',
  supervisor: 'Supervision',
  admin: 'Administration',
  pages: 'Pages',
  logOut: 'Se déconnecter',
  loggedInAs: (name) => `Connecté en tant que ${name}`,
  offLine: 'Pas de connexion au serveur : l’affichage peut être ancien. Nouvelle tentative en cours.',
  close: 'Fermer',
  cancel: 'Annuler',
  code: 'Code',
  loading: 'Chargement …',
}
