/** Settings of the directory: where users, workgroups and forms are kept. */

import { Type } from 'typebox'
import { AT_START, FILE, group, secret, text } from './config-kinds.ts'

export const directory = group('Where users, workgroups, rights and forms are kept (docs/DIRECTORY.md).', {
  file: text('SQLite file; the default is beside the configuration file.', {
    default: 'var/directory/directory.sqlite',
    ...FILE,
    ...AT_START,
    data: true,
  }),
  postgresUrl: Type.Optional(
    secret('A PostgreSQL database instead, for several servers that share a directory; names user and database.', {
      pattern: '^postgres(ql)?://\\S+$',
      ...AT_START,
      says: 'a URL such as postgres://sotto:password@db.example/sotto',
    }),
  ),
})
