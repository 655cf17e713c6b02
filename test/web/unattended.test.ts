/** A log-in ends when nobody uses it, and a page that is open and asks by itself is nobody. */

import t from 'tap'
import type { Calls, CallView } from '../../src/call/index.ts'
import { callView } from './call-views.ts'
import { checkedServer } from './checked-server.ts'
import { eventBench } from './event-bench.ts'
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

t.test('who talks by his phone stays logged in, and nobody else does', async (t) => {
  let views: readonly CallView[] = []
  const b = webBench({
    calls: { list: () => views, get: () => undefined, subscribe: () => () => undefined } as unknown as Calls,
  })
  const app = checkedServer(b.options)
  t.teardown(() => app.close())
  const cookies = new Map<string, string>()
  for (const name of ['ann', 'sue', 'root']) {
    await b.withPassword(name)
    cookies.set(name, (await b.loggedIn(name)).cookie)
  }
  const ask = async (name: string) => {
    const headers = { cookie: `sotto=${cookies.get(name)}`, 'sotto-unattended': '1' }
    return (await app.inject({ url: '/api/v1/me', headers })).statusCode
  }
  views = [callView('call-ann', 'agent')]
  for (let n = 0; n < 4; n += 1) {
    b.go(TEN_MINUTES)
    t.equal(await ask('ann'), 200, 'in a call')
  }
  t.equal(await ask('sue'), 401, 'whom she looks after is in a call, and not she')
  t.equal(await ask('root'), 401, 'that he may act in every call is none of it')
  views = [callView('call-ann', 'agent', { bridgedAtMs: undefined })]
  for (let n = 0; n < 2; n += 1) {
    b.go(TEN_MINUTES)
    t.equal(await ask('ann'), 200)
  }
  b.go(TEN_MINUTES)
  t.equal(await ask('ann'), 401, 'that it rings is no work')
})

t.test('his desk need not ask for anything: its stream is enough', async (t) => {
  const { as, read, go, people, time, changeRights, ended } = await eventBench(t)
  const [ann, root] = [await as('ann'), await as('root')]
  const [desk, admin] = [await read(ann.headers), await read(root.headers)]
  for (let n = 0; n < 4; n += 1) {
    go(TEN_MINUTES)
    changeRights()
    let seenMs = 0
    while (seenMs < time.wallMs && ended.length < 2) {
      await new Promise(setImmediate)
      seenMs = (await people.logIns.of('user-ann'))[0]?.seenMs ?? 0
    }
    t.equal(seenMs, time.wallMs)
  }
  await admin.over()
  t.same(ended, [root.principal.keyId])
  desk.stop()
})
