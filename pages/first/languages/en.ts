/** Words of the first run. */

export const words = {
  title: 'Welcome to Sotto',
  createWhy: 'Make the administrator: who may everything, and lets the others in.',
  name: 'Name',
  nameHint: 'For logging in: letters, digits, dot, hyphen.',
  displayName: 'Name shown to people',
  password: 'Password',
  passwordHint:
    'At least 12 characters. Several words that have nothing to do with each other are easy to keep in mind.',
  sample: 'Make an order form and a workgroup to try with, and let me work at the first phone',
  create: 'Make the administrator',
  voidTitle: 'This link is good no more',
  voidWhy: 'It is good once, for an hour, and only as long as there is no user. Start Sotto again for a new one.',
  toLogIn: 'Log in',
  guideTitle: 'Your first secure call',
  guideWhy: 'Two softphones on this machine are enough. Each step is ticked off by itself.',
  done: 'Done',
  open: 'To do',
  register: (account: string) => `Register a softphone as ${account}`,
  user: 'User',
  server: 'Server',
  ownPassword: 'the one that the configuration gives it',
  call: (account: string, number: string) =>
    `Dial ${number} on the phone of ${account}, and take the call on the other one`,
  begin: 'Press Secure Input on the desk',
  desk: 'Open the desk',
  orKeys: (keys: string) => `Or press ${keys} on the phone of the agent.`,
  key: 'Key on the phone of the caller what the voice asks for',
  keyWhat: 'Card number 4111 1111 1111 1111, an expiry date to come such as 1230, security code 123; each ends with #.',
  outcome: { accepted: 'It was accepted.', declined: 'It was declined.', failed: 'It failed.' },
  allDone: 'That was it. Nobody but the caller and the validation service knows the number.',
  noPhones: 'There are no phones yet. Make two of them under Administration, and come back.',
  noValidation:
    'There is no validation service, and so no secure session can start: see secureInput.validation in docs/CONFIG.md.',
  onward: 'To the administration',
}

export type FirstWords = typeof words
