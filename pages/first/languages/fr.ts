/** Mots du premier démarrage. */

import type { FirstWords } from './en.ts'

export const words: FirstWords = {
  title: 'Bienvenue dans Sotto',
  createWhy: 'Créez l’administrateur : celui qui peut tout et fait entrer les autres.',
  name: 'Nom',
  nameHint: 'Pour la connexion : lettres, chiffres, point, trait d’union.',
  displayName: 'Nom affiché',
  password: 'Mot de passe',
  passwordHint: 'Au moins 12 caractères. Plusieurs mots sans rapport entre eux se retiennent facilement.',
  sample:
    'Créer un formulaire de commande et un groupe de travail pour essayer, et me faire travailler au premier téléphone',
  create: 'Créer l’administrateur',
  voidTitle: 'Ce lien n’est plus valable',
  voidWhy:
    'Il vaut une fois, pendant une heure, et seulement tant qu’il n’y a personne. Redémarrez Sotto pour en avoir un autre.',
  toLogIn: 'Connexion',
  guideTitle: 'Votre premier appel sécurisé',
  guideWhy: 'Deux softphones sur cette machine suffisent. Chaque étape se coche d’elle-même.',
  done: 'Fait',
  open: 'À faire',
  register: (account) => `Enregistrez un softphone comme ${account}`,
  user: 'Utilisateur',
  server: 'Serveur',
  ownPassword: 'celui de la configuration',
  call: (account, number) => `Composez le ${number} sur le téléphone de ${account}, et décrochez l’autre`,
  begin: 'Appuyez sur Secure Input au poste',
  desk: 'Ouvrir le poste',
  orKeys: (keys) => `Ou tapez ${keys} sur le téléphone de l’agent.`,
  key: 'Tapez sur le téléphone de l’appelant ce que la voix demande',
  keyWhat:
    'Numéro de carte 4111 1111 1111 1111, une date d’expiration à venir comme 1230, code 123 ; chacun suivi de #.',
  outcome: { accepted: 'C’est accepté.', declined: 'C’est refusé.', failed: 'C’est un échec.' },
  allDone: 'C’est tout. Personne sauf l’appelant et le service de validation ne connaît le numéro.',
  noPhones: 'Il n’y a pas encore de téléphones. Créez-en deux dans l’administration, puis revenez.',
  noValidation:
    'Il n’y a pas de service de validation, donc aucune session sécurisée ne peut commencer : voir secureInput.validation dans docs/CONFIG.md.',
  onward: 'Vers l’administration',
}
