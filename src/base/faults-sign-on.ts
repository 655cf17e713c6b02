/** What goes wrong with logging in at an identity provider; rows of the table in `faults.ts`. */

import type { FaultRow } from './fault-row.ts'

export const signOnFaults = {
  'people.provider-down': {
    sip: 503,
    http: 503,
    blame: 'server',
    level: 'error',
    title: 'The identity provider does not answer as it should',
    advice:
      'Log in with your password, or try again in a minute. For administrators: see whether people.openidConnect.issuer is right and answers over HTTPS from this machine, and whether caFile has its authority.',
  },
  'people.provider-refused': {
    sip: 403,
    http: 403,
    blame: 'client',
    level: 'warn',
    title: 'The identity provider has let nobody through',
    advice: 'Begin again and finish logging in there; when it refuses, its administrators know why.',
  },
  'people.provider-unknown-client': {
    sip: 500,
    http: 502,
    blame: 'server',
    level: 'error',
    title: 'The identity provider does not take this server for one that it knows',
    advice:
      'Correct people.openidConnect.clientId and clientSecret, and let the provider admit the redirect URI: publicUrl with /login/openid-connect/back behind it.',
  },
  'people.sign-on-failed': {
    sip: 403,
    http: 400,
    blame: 'client',
    level: 'warn',
    title: 'What came back from the identity provider does not belong to a log-in that was begun here, or is not valid',
    advice:
      'Begin again. When it stays so, an administrator sees the reason in the log; the clocks of both machines must not differ by more than half a minute.',
  },
  'people.sign-on-stale': {
    sip: 403,
    http: 400,
    blame: 'client',
    level: 'info',
    title: 'The log-in was begun too long ago, in another browser, or under another address of this server',
    advice: 'Begin again, at the address that people.openidConnect.publicUrl names, and with cookies allowed.',
  },
  'people.not-admitted': {
    sip: 403,
    http: 403,
    blame: 'client',
    level: 'warn',
    title: 'The identity provider knows you, and this server does not let you in',
    advice:
      'Ask an administrator to enter you into the directory, to enable you, or to untie your name from an account that you had before (DELETE /api/v1/directory/users/NAME/openid-connect).',
  },
  'people.no-provider': {
    sip: 404,
    http: 404,
    blame: 'client',
    level: 'debug',
    title: 'Nobody logs in here by an identity provider',
    advice: 'Log in with name and password; people.openidConnect names a provider.',
  },
} as const satisfies Record<string, FaultRow>
