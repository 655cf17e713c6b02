/** Calls between two phones over the API: either end hangs up, and secure sessions are the agent's alone. */

import t from 'tap'
import type { Calls } from '../../src/call/index.ts'
import { standing } from '../people/crew.ts'
import { callView } from './call-views.ts'
import { checkedServer } from './checked-server.ts'
import { bearer, webBench } from './web-bench.ts'

const CALL = '/api/v1/calls/call-1'
const SESSION = `${CALL}/secure-sessions/secure-1`

t.test('the other end of a call starts, orders and cancels no session of its agent', async (t) => {
  const view = callView('call-1', 'agent-2')
  const inside = { ...view, callerLeg: view.callerLeg && { ...view.callerLeg, account: 'agent' } }
  const done: string[] = []
  const calls = {
    get: () => inside,
    secureSessions: () => inside.secureSessions,
    hangUp: () => done.push('hangUp'),
    startSecureSession: async () => {
      done.push('start')
      return { sessionId: 'secure-1' }
    },
    cancelSecureSession: () => done.push('cancel'),
    orderSecureSession: () => done.push('order'),
    subscribe: () => () => undefined,
  } as unknown as Calls
  const b = webBench({ calls })
  const app = checkedServer(b.options)
  t.teardown(() => app.close())
  b.users.set('user-bob', standing('bob', { phone: 'agent-2' }))
  const as = async (name: string) => {
    await b.withPassword(name)
    return { cookie: `sotto=${(await b.loggedIn(name)).cookie}`, 'sotto-request': '1' }
  }
  const status = async (headers: object, method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
    (await app.inject({ method, url, headers: { ...headers }, ...(payload === undefined ? {} : { payload }) }))
      .statusCode
  const tries = async (headers: object) => [
    await status(headers, 'POST', `${CALL}/secure-sessions`),
    await status(headers, 'POST', `${SESSION}/orders`, { order: 'again-all' }),
    await status(headers, 'DELETE', SESSION),
    await status(headers, 'GET', `${CALL}/draft-key`),
  ]
  const ann = await as('ann')
  t.same(await tries(ann), [404, 404, 404, 404], 'she has called him')
  t.same(done, [])
  t.equal(await status(ann, 'GET', SESSION), 200, 'she is told of it')
  t.equal(await status(ann, 'DELETE', CALL), 204, 'and may hang up')
  const bob = await as('bob')
  t.same(await tries(bob), [202, 202, 202, 200], 'he is its agent')
  t.same(await tries(bearer), [202, 202, 202, 200])
  t.equal(await status(bob, 'DELETE', CALL), 204)
  t.same(done, ['hangUp', 'start', 'order', 'cancel', 'start', 'order', 'cancel', 'hangUp'])
})
