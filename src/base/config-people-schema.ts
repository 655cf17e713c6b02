/** Settings of who uses the API: log-ins, second factors, and the log of what they did. */

import { Type } from 'typebox'
import { AT_START, FILE, group, text, whole } from './config-kinds.ts'

export const people = group(
  'Users who log in, and the log of who did what (docs/ACCESS.md).',
  {
    idleMinutes: whole('A log-in that was not used for so long ends. An open page is no use.', 1, 1440, 15),
    longestHours: whole('A log-in ends after so long, used or not.', 1, 168, 12),
    secondFactorFor: Type.Array(
      Type.Unsafe<'agent' | 'supervisor' | 'administrator'>(Type.Enum(['agent', 'supervisor', 'administrator'])),
      {
        maxItems: 3,
        uniqueItems: true,
        default: ['administrator'],
        description: 'Roles that have to set up a second factor, a code by time, before they may do anything else.',
      },
    ),
    keyFile: text(
      'Key that seals what second factors are made of, and passwords of phones and trunks in the directory; made when it is first needed, beside the configuration file. Servers that share a directory share it.',
      { default: 'var/people/sealing.key', ...FILE, data: true },
    ),
    accessLogFolder: text(
      'Folder of the signed log of log-ins and changes, and of the key that signs it; the default is beside the configuration file.',
      { default: 'var/access', ...FILE, data: true },
    ),
  },
  AT_START,
)
