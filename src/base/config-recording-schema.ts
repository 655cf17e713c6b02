/** Settings of recordings: which calls, where, and to whose certificates they are sealed. */

import { Type } from 'typebox'
import { AT_START, FILE, group, oneOf, text } from './config-kinds.ts'

export const recording = group('Recordings of calls, sealed to certificates (docs/RECORDINGS.md).', {
  calls: oneOf(
    'Which calls are recorded: "none" or "all". Never those to emergency numbers, and of no call what is said and keyed in a secure session.',
    ['none', 'all'],
    'none',
  ),
  folder: text('Folder of the recordings, one folder a day; the default is beside the configuration file.', {
    default: 'var/recordings',
    ...FILE,
    ...AT_START,
    data: true,
  }),
  certificates: Type.Array(text('Certificate with an RSA key of 2048 bits or more, PEM.', FILE), {
    maxItems: 8,
    uniqueItems: true,
    default: [],
    description:
      'Certificates that recordings are sealed to: whoever has the private key of any of them can open them, and nobody else, this server included.',
  }),
})
