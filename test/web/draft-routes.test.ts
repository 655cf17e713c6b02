import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import type { Calls } from '../../src/call/index.ts'
import { callView } from './call-views.ts'
import { checkedServer } from './checked-server.ts'
import { TOKEN, webBench } from './web-bench.ts'

const OTHER = 'another-token-of-this-test'

function bench(t: { teardown(end: () => unknown): void }) {
  const views = [
    callView('call-1', 'agent'),
    callView('call-2', 'agent'),
    callView('call-3', 'agent', { endedAtMs: 9 }),
  ]
  const calls = {
    get: (callId: string) => views.find((view) => view.callId === callId),
    subscribe: () => () => undefined,
  } as unknown as Calls
  const { options } = webBench({
    calls,
    tokens: [
      { name: 'desk', token: new Secret(TOKEN) },
      { name: 'other', token: new Secret(OTHER) },
    ],
  })
  const app = checkedServer(options)
  t.teardown(() => app.close())
  return async (callId: string, token = TOKEN) => {
    const url = `/api/v1/calls/${callId}/draft-key`
    const answer = await app.inject({ url, headers: { authorization: `Bearer ${token}` } })
    return { status: answer.statusCode, ...(answer.json() as { key?: string; code?: string }) }
  }
}

t.test('the key of what is filled in is one for each log-in, call and run', async (t) => {
  const keyOf = bench(t)
  const first = await keyOf('call-1')
  t.equal(first.status, 200)
  t.equal(Buffer.from(first.key ?? '', 'base64').length, 32, 'for AES-256')
  t.equal((await keyOf('call-1')).key, first.key, 'the same after a reload')
  const others = [await keyOf('call-2'), await keyOf('call-1', OTHER), await bench(t)('call-1')]
  t.equal(new Set([first, ...others].map(({ key }) => key)).size, 4)
})

t.test('of a call that is over there is none', async (t) => {
  const keyOf = bench(t)
  for (const callId of ['call-3', 'call-4'])
    t.match(await keyOf(callId), { status: 404, code: 'call.not-found', key: undefined })
})
