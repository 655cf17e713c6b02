/**
 * Call events pushed to whoever works at a call, as server-sent events (WHATWG HTML, section 9.2): one way, over plain HTTP,
 * reconnected by the browser itself.
 */

import type { ServerResponse } from 'node:http'
import { writeJson } from './json.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** A reader that has not taken this much is cut off; it connects again and reads the present state. */
const BACKLOG_LIMIT_BYTES = 1_048_576
export const HEARTBEAT_MS = 15_000

export type EventReader = {
  /** @param name the event's type. @param value what JSON can say. */
  send(name: string, value: object): void
  /** Sends what is written already. */
  sendText(text: string): void
  /** Whether what was sent waits to be taken. */
  isBehind(): boolean
  /** Calls once it is not behind any more; never when the stream ends before. */
  onceTaken(listener: () => void): void
  /** A comment that keeps proxies from closing a silent stream. Who took nothing since the one before is cut off. */
  beat(): void
  close(): void
}

/** Begins the stream on a raw response. */
export function openEventStream(response: ServerResponse): EventReader {
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  response.write(': connected\n\n')
  let id = 0
  /** Texts that were taken. */
  let taken = 0
  /** At the beat before, while something waited. */
  let takenBefore: number | undefined
  const onTaken = () => {
    taken += 1
  }
  const write = (text: string) => {
    // Ended, and not all of it taken yet: more would be an error of the response, which nobody hears.
    if (response.writableEnded) return
    if (response.writableLength > BACKLOG_LIMIT_BYTES) response.destroy()
    else if (!response.destroyed) response.write(text, onTaken)
  }
  return {
    send: (name, value) => {
      id += 1
      write(`id: ${id}\nevent: ${name}\ndata: ${writeJson(value)}\n\n`)
    },
    sendText: write,
    isBehind: () => response.writableNeedDrain,
    onceTaken: (listener) => void response.once('drain', listener),
    beat: () => {
      const isWaiting = response.writableLength > 0
      // Not by how much waits: who catches up is sent more as soon as he has taken what there was.
      if (isWaiting && taken === takenBefore) response.destroy()
      takenBefore = isWaiting ? taken : undefined
      write(': still here\n\n')
    },
    close: () => response.end(),
  }
}
