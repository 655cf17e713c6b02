/** A log-in ends when nobody uses it, and a page that is open and asks by itself is nobody. */

import t from 'tap'
import { checkedServer } from './checked-server.ts'
import { bearer, webBench } from './web-bench.ts'

/** The limit is half an hour here. */
const TEN_MINUTES = 600_000

t.test('what a page asks for while nobody is at it keeps no log-in up', async (t) => {
  const b = webBench()
  const app = checkedServer(b.options)
  t.teardown(() => app.close())
  await b.withPassword('sue')
  const { cookie } = await b.loggedIn('sue')
  const ask = async (more: object = {}) => {
    b.go(TEN_MINUTES)
    const headers = { cookie: `sotto=${cookie}`, 'sotto-request': '1', ...more }
    return (await app.inject({ url: '/api/v1/team', headers })).statusCode
  }
  const unattended = { 'sotto-unattended': '1' }
  for (let n = 0; n < 4; n += 1) t.equal(await ask(), 200, 'in use')
  t.equal(await ask(unattended), 200, 'shown all the same')
  t.equal(await ask(unattended), 200)
  t.equal(await ask(), 401, 'and not for longer')
  const other = await app.inject({ url: '/api/v1/team', headers: { ...bearer, ...unattended } })
  t.equal(other.statusCode, 200, 'a token is none of this')
})
