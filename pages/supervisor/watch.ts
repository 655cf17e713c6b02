/** Watches the calls that stand: reads them, listens to what happens, and reads again what events leave open, a few at a time. */

import { type ReadonlySignal, signal } from '@preact/signals'
import { type Api, Problem } from '../shared/api.ts'
import { listen, type ServerEvent } from '../shared/events.ts'
import { asked, type Call, type Live, NO_CALLS, withCall, withEvents, withList } from './live-calls.ts'

export type Watch = {
  readonly live: ReadonlySignal<Live>
  readonly isOnLine: ReadonlySignal<boolean>
  /** Whether anything has been read yet. */
  readonly isRead: ReadonlySignal<boolean>
  /** Time of the server's clock, every second. */
  readonly nowMs: ReadonlySignal<number>
  /** Counts what changes the figures of the day. */
  readonly news: ReadonlySignal<number>
  /** @returns a time of the server's clock as one of the wall. */
  wallMsOf(clockMs: number): number
}

/** What happens within this time is drawn at once. */
const BATCH_MS = 50
/** Between two readings. */
const PAUSE_MS = 200
/** What changes the figures of the day. */
const COUNTED: ReadonlySet<string> = new Set(['call.arrived', 'call.bridged', 'call.ended', 'secure.ended'])
/** More calls than this are read as a list. */
const MOST_SINGLE = 10

type List = { readonly nowMs: number; readonly calls: readonly Call[] }

export function watchCalls(api: Api): Watch {
  const live = signal<Live>(NO_CALLS)
  const isOnLine = signal(true)
  const isRead = signal(false)
  const news = signal(0)
  /** From the clock of this page to the server's. */
  let aheadMs = 0
  const clock = () => performance.now() + aheadMs
  const nowMs = signal(clock())
  let waiting: ServerEvent[] = []
  let isReading = false
  let isAllWanted = false

  const readAll = async () => {
    const { nowMs: serverMs, calls } = await api.get<List>('/api/v1/calls')
    aheadMs = serverMs - performance.now()
    nowMs.value = clock()
    live.value = withList(live.value, calls)
    isRead.value = true
  }
  const readOne = async (callId: string) => {
    const call = await api.get<Call>(`/api/v1/calls/${encodeURIComponent(callId)}`).catch((error: unknown) => {
      if (error instanceof Problem && error.body.status === 404) return undefined
      throw error
    })
    live.value = withCall(live.value, callId, call)
  }
  const read = async () => {
    const ids = [...live.value.unread]
    if (isReading || (ids.length === 0 && !isAllWanted)) return
    isReading = true
    const isAll = isAllWanted || ids.length > MOST_SINGLE
    isAllWanted = false
    live.value = asked(live.value)
    try {
      if (isAll) await readAll()
      else await Promise.all(ids.map(readOne))
    } catch {
      // The stream breaks too, and has everything read again when it is back; a server that is too busy is asked again.
      isAllWanted = true
    }
    setTimeout(() => {
      isReading = false
      void read()
    }, PAUSE_MS)
  }
  const flush = () => {
    const events = waiting
    waiting = []
    live.value = withEvents(live.value, events, isReading)
    if (events.some(({ type }) => COUNTED.has(type))) news.value += 1
    void read()
  }

  listen(api, {
    onEvent(event) {
      waiting.push(event)
      if (waiting.length === 1) setTimeout(flush, BATCH_MS)
    },
    onReset() {
      isAllWanted = true
      void read()
    },
    onLine(isOn) {
      isOnLine.value = isOn
    },
  })
  setInterval(() => {
    nowMs.value = clock()
  }, 1000)
  return { live, isOnLine, isRead, nowMs, news, wallMsOf: (clockMs) => Date.now() - (clock() - clockMs) }
}
