/** Words of the page where one logs in. */

export const words = {
  title: 'Log in',
  name: 'Name',
  password: 'Password',
  logIn: 'Log in',
  logInWith: (name: string) => `Log in with ${name}`,
  codeTitle: 'Your second factor',
  code: 'Code from your authenticator',
  codeHint: 'Six digits; a new one every half a minute.',
  lostIt: 'I do not have it with me',
  recoveryCode: 'One of your recovery codes',
  haveIt: 'I have it with me',
  again: 'Begin again',
  changeTitle: 'Choose a password of your own',
  changeWhy: 'Somebody else set the one that you have now.',
  oldPassword: 'Password until now',
  newPassword: 'New password',
  newPasswordHint:
    'At least 12 characters. Several words that have nothing to do with each other are easy to keep in mind.',
  change: 'Change it',
  enrolTitle: 'Set up a second factor',
  enrolWhy: 'Your role needs one. Read this with an authenticator program, then type the code that it shows.',
  enrolKey: 'Or type this key into it:',
  picture: 'Code to be read by an authenticator program; its content is the key below.',
  confirm: 'Confirm',
  recoveryTitle: 'Keep your recovery codes',
  recoveryWhy: 'Each takes the place of your authenticator once. They are shown now and never again.',
  copy: 'Copy them',
  copied: 'Copied.',
  goOn: 'I have kept them',
  noPages: 'You are logged in, and may use the interface for programs alone.',
}

export type DoorWords = typeof words
