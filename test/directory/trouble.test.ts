/** What a database says that was not reached: always a row of the table, so that a start without it says what to look at. */

import t from 'tap'
import { postgresTrouble } from '../../src/directory/trouble.ts'

t.test('a database that is not reached is told as that, whatever the system calls it', async (t) => {
  // EAI_AGAIN: no name server answers; ENETUNREACH: no route, as while a machine starts; EPERM: a firewall.
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EPERM', '57P03'])
    t.match(postgresTrouble(Object.assign(new Error('no'), { code })), { code: 'directory.unreachable' }, code)
})

t.test('what is our own mistake stays what it is', async (t) => {
  const syntax = Object.assign(new Error('syntax error'), { code: '42601' })
  t.equal(postgresTrouble(syntax), syntax)
})
