/**
 * Many agents' desks in one thread, each with the page's own way to ask and to listen (`pages/desk/desk-store.ts`), by a cookie of its own and over connections of its own: each goes to the server
 * through a port of its own of a network that can be cut. `desk-crowd.ts` has the words that it is told and tells.
 */

import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'
import { effect } from '@preact/signals'
import type { Desk } from '../../pages/desk/desk-state.ts'
import { createDeskStore, type DeskStore } from '../../pages/desk/desk-store.ts'
import { createApi } from '../../pages/shared/api.ts'
import type { Me } from '../../pages/shared/session.ts'
import { until } from '../../src/demo/waiting.ts'
import { createNetwork } from './cut-network.ts'
import type { CrowdAnswer, CrowdOrder, CrowdTerms, CrowdWord } from './desk-crowd.ts'

const LIMIT_MS = 180_000
const { serverPort, authority, cookies } = workerData as CrowdTerms
/** Cookies, and when calls were last read, by port: what a browser keeps for each. */
const jar = new Map<string, string>()
const read = new Map<string, number>()
const network = createNetwork(serverPort)
const desks = new Map<string, { readonly store: DeskStore; readonly port: string }>()
const tell = (word: CrowdWord) => parentPort?.postMessage(word)

becomeBrowser()
parentPort?.on('message', ({ id, order }: { id: number; order: CrowdOrder }) => {
  void carryOut(order).then(
    (answer) => tell({ id, answer }),
    (error: unknown) => tell({ id, failed: String(error) }),
  )
})

async function carryOut(order: CrowdOrder): Promise<CrowdAnswer> {
  switch (order.do) {
    case 'open':
      for (const [name, cookie] of cookies) await open(name, cookie)
      return untilAll(({ store }) => store.desk.value.isRead)
    case 'start':
      return storeOf(order.name).start(order.callId, { form: order.form })
    case 'cancel':
      return storeOf(order.name).cancel(order.callId, order.sessionId)
    case 'close-outcome':
      return storeOf(order.name).closeOutcome(order.sessionId)
    case 'cut':
      return network.cut()
    case 'mend':
      return network.mend()
    case 'lost':
      return untilAll(({ store }) => !store.isOnLine.value)
    case 'back':
      return back()
    case 'end':
      for (const { store } of desks.values()) store.close()
      return network.close()
  }
}

async function open(name: string, cookie: string): Promise<void> {
  const port = String(await network.port())
  jar.set(port, cookie)
  const api = createApi({ base: `https://127.0.0.1:${port}` })
  const me = await api.get<Me>('/api/v1/me')
  const store = createDeskStore({ api, me, language: () => 'en', onChange: () => undefined })
  desks.set(name, { store, port })
  const note = noting()
  effect(() => note(store.desk.value))
}

function storeOf(name: string): DeskStore {
  const desk = desks.get(name)
  if (desk === undefined) throw new Error(`no desk of ${name}`)
  return desk.store
}

function untilAll(holds: (desk: { readonly store: DeskStore; readonly port: string }) => boolean): Promise<void> {
  return until(() => [...desks.values()].every(holds), 'every desk', LIMIT_MS)
}

/** @returns ms from now until each desk had read its calls again. */
async function back(): Promise<readonly number[]> {
  const fromMs = performance.now()
  const backMs = new Map<string, number>()
  await until(
    () => {
      for (const { store, port } of desks.values()) {
        const atMs = read.get(port) ?? 0
        if (!backMs.has(port) && store.isOnLine.value && atMs > fromMs) backMs.set(port, atMs - fromMs)
      }
      return backMs.size === desks.size
    },
    'every desk is back',
    LIMIT_MS,
  )
  return [...backMs.values()]
}

/** @returns tells when a desk first shows what happened, by the event that tells it. */
function noting(): (desk: Desk) => void {
  const told = new Set<string>()
  let standing: ReadonlySet<string> = new Set()
  return ({ calls }) => {
    const atMs = performance.timeOrigin + performance.now()
    const first = (callId: string, type: string, is: boolean) => {
      const shown = `${callId} ${type}`
      if (!is || told.has(shown)) return
      told.add(shown)
      tell({ shown, atMs })
    }
    for (const { callId, bridgedAtMs, secureSessions } of calls) {
      first(callId, 'call.bridged', bridgedAtMs !== undefined)
      for (const { stage, keys, endedAtMs } of secureSessions) {
        first(callId, 'secure.requested', true)
        first(callId, 'secure.asking', stage === 'asking')
        first(callId, 'secure.progress', keys > 0)
        first(callId, 'secure.ended', endedAtMs !== undefined)
      }
    }
    const now = new Set(calls.filter(({ endedAtMs }) => endedAtMs === undefined).map(({ callId }) => callId))
    for (const callId of standing) first(callId, 'call.ended', !now.has(callId))
    standing = now
  }
}

/** Makes this thread what the desk's code needs of a browser. */
function becomeBrowser(): void {
  setDefaultCACertificates([...getCACertificates(), authority])
  globalThis.addEventListener ??= () => undefined
  globalThis.removeEventListener ??= () => undefined
  const plain = globalThis.fetch
  globalThis.fetch = async (to, init) => {
    const { port, pathname } = new URL(String(to))
    const response = await plain(to, { ...init, headers: { ...init?.headers, cookie: jar.get(port) ?? '' } })
    if (pathname === '/api/v1/calls') read.set(port, performance.now())
    return response
  }
}
