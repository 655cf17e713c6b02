/** The server on a port of its own with calls that events can be told of, and readers of its streams. */

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:http'
import type { Test } from 'tap'
import type { CallEvent, Calls } from '../../src/call/index.ts'
import type { WebOptions } from '../../src/web/server.ts'
import { callView } from './call-views.ts'
import { checkedServer } from './checked-server.ts'
import { webBench } from './web-bench.ts'

export async function eventBench(t: Test, more: Partial<WebOptions> = {}) {
  const listeners = new Set<(event: CallEvent) => void>()
  const views = [callView('call-ann', 'agent'), callView('call-bob', 'agent-2'), callView('call-other', 'agent-7')]
  const calls = {
    list: () => views,
    get: (callId: string) => views.find((view) => view.callId === callId),
    subscribe: (listener: (event: CallEvent) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  } as unknown as Calls
  const b = webBench({ calls, ...more })
  /** The store of log-ins: how often it was asked, and what its answers wait for. */
  const store = { asked: 0, answers: Promise.resolve() }
  const people = {
    ...b.options.people,
    byCookie: async (...given: Parameters<typeof b.people.byCookie>) => {
      store.asked += 1
      await store.answers
      return b.people.byCookie(...given)
    },
  }
  const app = checkedServer({ ...b.options, people })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const tell = (type: string, callId?: string, members: object = {}) => {
    for (const listener of listeners)
      listener({ type, atMs: 1, ...(callId === undefined ? {} : { callId }), ...members } as CallEvent)
  }
  /** Reads the stream as it comes. */
  const read = async (headers: Record<string, string>, path = '/api/v1/events') => {
    const request = get({ host: '127.0.0.1', port, path, headers, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    let text = ''
    const waiting = new Set<() => void>()
    const check = () => {
      for (const each of waiting) each()
    }
    response.on('data', (chunk) => {
      text += chunk
      check()
    })
    let over = false
    response.on('close', () => {
      over = true
      check()
    })
    t.teardown(() => request.destroy())
    const until = (fits: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!fits()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
    await until(() => text.includes(': connected') || over)
    return {
      status: response.statusCode,
      text: () => text,
      headers: response.headers,
      events: () =>
        [...text.matchAll(/^event: (.*)\ndata: (.*)$/gm)].map(([, type, data]) =>
          `${type} ${JSON.parse(data ?? '').callId ?? ''}`.trim(),
        ),
      lastId: () => [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '',
      until: (pattern: RegExp) => until(() => pattern.test(text)),
      over: () => until(() => over),
      stop: () => request.destroy(),
    }
  }
  const as = async (name: string) => {
    await b.withPassword(name)
    const { cookie, principal } = await b.loggedIn(name)
    return { headers: { cookie: `sotto=${cookie}` }, principal }
  }
  return { ...b, app, port, store, tell, read, as, listeners }
}
