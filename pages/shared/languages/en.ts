/** Words that every page has. */

export const words = {
  skip: 'Skip to the content',
  language: 'Language',
  scheme: 'Colours',
  schemes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  desk: 'Desk',
  supervisor: 'Supervisor',
  admin: 'Administration',
  pages: 'Pages',
  logOut: 'Log out',
  loggedInAs: (name: string) => `Logged in as ${name}`,
  offLine: 'No connection to the server: what you see may be old. It is being tried again.',
  close: 'Close',
  cancel: 'Cancel',
  code: 'Code',
  loading: 'Loading …',
}

export type SharedWords = typeof words
