/** Les mots de la page de connexion. */

import type { DoorWords } from './en.ts'

export const words: DoorWords = {
  title: 'Connexion',
  name: 'Nom',
  password: 'Mot de passe',
  logIn: 'Se connecter',
  logInWith: (name: string) => `Se connecter avec ${name}`,
  codeTitle: 'Votre second facteur',
  code: 'Code de votre application d’authentification',
  codeHint: 'Six chiffres, renouvelés toutes les trente secondes.',
  lostIt: 'Je ne l’ai pas avec moi',
  recoveryCode: 'Un de vos codes de secours',
  haveIt: 'Je l’ai avec moi',
  again: 'Recommencer',
  changeTitle: 'Choisissez votre propre mot de passe',
  changeWhy: 'Celui que vous avez a été défini par quelqu’un d’autre.',
  oldPassword: 'Mot de passe actuel',
  newPassword: 'Nouveau mot de passe',
  newPasswordHint: 'Au moins 12 caractères. Plusieurs mots sans lien entre eux sont faciles à retenir.',
  change: 'Modifier',
  enrolTitle: 'Installez un second facteur',
  enrolWhy:
    'Votre rôle en exige un. Lisez cette image avec une application d’authentification, puis saisissez le code qu’elle affiche.',
  enrolKey: 'Ou saisissez-y cette clé :',
  picture: 'Image pour une application d’authentification ; elle contient la clé ci-dessous.',
  confirm: 'Confirmer',
  recoveryTitle: 'Conservez vos codes de secours',
  recoveryWhy: 'Chacun remplace une fois l’application. Ils sont affichés maintenant et plus jamais ensuite.',
  copy: 'Les copier',
  copied: 'Copiés.',
  goOn: 'Je les ai conservés',
  noPages: 'Vous êtes connecté, mais seule l’interface pour programmes vous est ouverte.',
}
