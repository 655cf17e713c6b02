/**
 * What happens, as it happens: the server's event stream, taken up again where it broke. It is read by fetch, since a stream of the browser's own cannot carry a token, and says nothing of
 * why it failed.
 */

import { createParser } from 'eventsource-parser'
import type { Api } from './api.ts'

/** An event as `GET /api/v1/events` has it; members beside the type depend on it. */
export type ServerEvent = { readonly type: string; readonly callId?: string; readonly [member: string]: unknown }

export type EventEars = {
  onEvent(event: ServerEvent): void
  /** Something was missed, or the stream has just begun: read the present state. */
  onReset(): void
  /** Whether the stream stands; a page without one shows that what it shows may be old. */
  onLine(isOn: boolean): void
}

const FIRST_PAUSE_MS = 500
/** Two hundred pages that come back within it cost the server a quarter of a core (`bench/desks.ts`). */
const LONGEST_PAUSE_MS = 5000
/** The server has a beat of 15 s. */
const SILENT_MS = 40_000

/** @returns ends it. */
export function listen(api: Api, ears: EventEars): () => void {
  const ended = new AbortController()
  let lastId = ''
  let pauseMs = FIRST_PAUSE_MS
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      if (id !== undefined) lastId = id
      if (event === 'reset') ears.onReset()
      else ears.onEvent(JSON.parse(data) as ServerEvent)
    },
  })

  const once = async () => {
    const silent = new AbortController()
    let timer = setTimeout(() => silent.abort(), SILENT_MS)
    // The browser knows sooner than a beat that does not come.
    const lost = () => silent.abort()
    addEventListener('offline', lost)
    try {
      const response = await fetch(`${api.base}/api/v1/events`, {
        headers: { ...api.headers, accept: 'text/event-stream', ...(lastId === '' ? {} : { 'last-event-id': lastId }) },
        credentials: api.headers['authorization'] === undefined ? 'same-origin' : 'omit',
        cache: 'no-store',
        signal: AbortSignal.any([ended.signal, silent.signal]),
      })
      if (response.status === 401) return false
      if (!response.ok || response.body === null) return true
      pauseMs = FIRST_PAUSE_MS
      ears.onLine(true)
      if (lastId === '') ears.onReset()
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return true
        clearTimeout(timer)
        timer = setTimeout(() => silent.abort(), SILENT_MS)
        parser.feed(value)
      }
    } catch {
      return true
    } finally {
      clearTimeout(timer)
      removeEventListener('offline', lost)
      parser.reset()
    }
  }

  void (async () => {
    while (!ended.signal.aborted) {
      const goesOn = await once()
      if (ended.signal.aborted) return
      ears.onLine(false)
      // Whoever asks next finds out that nobody is logged in, and says so.
      if (!goesOn) return ears.onReset()
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())))
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  })()
  return () => ended.abort()
}
