import t from 'tap'
import type { Calls } from '../../src/call/index.ts'
import { callView } from './call-views.ts'
import { checkedServer } from './checked-server.ts'
import { bearer, webBench } from './web-bench.ts'

const began = (n: number, startedAtMs: number, account = 'agent') => callView(`call-${n}`, account, { startedAtMs })
const over = (n: number, endedAtMs: number) => callView(`call-${n}`, 'agent', { state: 'ended', endedAtMs })

function bench() {
  const lists = {
    standing: [began(1, 10.0004), began(2, 20), began(3, 20), began(4, 40.5), began(5, 50)],
    ended: [over(9, 900), over(8, 800), over(7, 700)],
  }
  const calls = {
    ...{ list: () => lists.standing, ended: () => lists.ended, get: () => undefined, subscribe: () => () => undefined },
  } as unknown as Calls
  const web = webBench({ calls })
  const app = checkedServer(web.options)
  const read = async (url: string, more: object = {}) => app.inject({ url, headers: { ...bearer, ...more } })
  const page = async (url: string) => {
    const { calls, next } = (await read(url)).json()
    return { ids: calls.map(({ callId }: { callId: string }) => callId), next }
  }
  return { ...web, app, lists, read, page }
}

t.test('calls come whole, or page by page', async (t) => {
  const { page, app } = bench()
  t.teardown(() => app.close())
  t.same(await page('/api/v1/calls'), { ids: ['call-1', 'call-2', 'call-3', 'call-4', 'call-5'], next: undefined })
  const first = await page('/api/v1/calls?limit=2')
  t.same(first.ids, ['call-1', 'call-2'])
  const second = await page(`/api/v1/calls?limit=2&after=${first.next}`)
  t.same(second.ids, ['call-3', 'call-4'])
  t.same(await page(`/api/v1/calls?limit=2&after=${second.next}`), { ids: ['call-5'], next: undefined })
  const ended = await page('/api/v1/ended-calls?limit=2')
  t.same(ended.ids, ['call-9', 'call-8'])
  t.same((await page(`/api/v1/ended-calls?limit=2&after=${ended.next}`)).ids, ['call-7'])
})

t.test('a page goes on behind a call that has left the list', async (t) => {
  const { page, lists, app } = bench()
  t.teardown(() => app.close())
  const first = await page('/api/v1/calls?limit=4')
  lists.standing = [began(1, 10), began(5, 50)]
  t.same((await page(`/api/v1/calls?after=${first.next}`)).ids, ['call-5'])
  const ended = await page('/api/v1/ended-calls?limit=1')
  lists.ended = [over(10, 1000), over(8, 800)]
  t.same((await page(`/api/v1/ended-calls?after=${ended.next}`)).ids, ['call-8'])
})

t.test('who has seen a list is told that it is the same, whatever time it is', async (t) => {
  const { read, lists, app, go } = bench()
  t.teardown(() => app.close())
  const tag = String((await read('/api/v1/calls')).headers.etag)
  t.match(tag, /^W\/"/)
  go(5000)
  t.equal((await read('/api/v1/calls', { 'if-none-match': tag })).statusCode, 304)
  lists.standing = lists.standing.slice(1)
  t.equal((await read('/api/v1/calls', { 'if-none-match': tag })).statusCode, 200)
})

t.test('a question that is none is refused', async (t) => {
  const { read, app } = bench()
  t.teardown(() => app.close())
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'after=call-1', 'after=1~%00', 'page=2'])
    t.equal((await read(`/api/v1/calls?${query}`)).statusCode, 400, query)
})
