/** Many agents' desks in a thread of their own, told what to do: a thread with phones in it is late by more than what is measured. */

import { Worker } from 'node:worker_threads'

export type CrowdTerms = {
  readonly serverPort: number
  /** PEM, of whoever signed the server's certificate. */
  readonly authority: string
  /** By the names of those who sit there. */
  readonly cookies: ReadonlyMap<string, string>
}

export type CrowdOrder =
  | { readonly do: 'open' | 'cut' | 'mend' | 'lost' | 'back' | 'end' }
  | { readonly do: 'start'; readonly name: string; readonly callId: string; readonly form: string }
  | { readonly do: 'cancel'; readonly name: string; readonly callId: string; readonly sessionId: string }
  | { readonly do: 'close-outcome'; readonly name: string; readonly sessionId: string }

/** To `back`: ms from the order until each desk had read its calls again. To `start`: why not. */
export type CrowdAnswer = unknown

/** What is told of itself: a desk shows for the first time what an event of a call says. */
export type CrowdWord =
  | { readonly shown: string; readonly atMs: number }
  | { readonly id: number; readonly answer: CrowdAnswer }
  | { readonly id: number; readonly failed: string }

export type Crowd = {
  ask(order: CrowdOrder): Promise<CrowdAnswer>
  /** When something was first shown, ms of the wall, by `CALL EVENT`. */
  readonly shown: ReadonlyMap<string, number>
  close(): Promise<void>
}

export function startCrowd(terms: CrowdTerms): Crowd {
  const worker = new Worker(new URL('desk-crowd-worker.ts', import.meta.url), { workerData: terms })
  const shown = new Map<string, number>()
  const waiting = new Map<number, { resolve(answer: CrowdAnswer): void; reject(error: Error): void }>()
  let last = 0
  worker.on('message', (word: CrowdWord) => {
    if ('shown' in word) return void shown.set(word.shown, word.atMs)
    const asked = waiting.get(word.id)
    waiting.delete(word.id)
    if ('failed' in word) asked?.reject(new Error(word.failed))
    else asked?.resolve(word.answer)
  })
  const ask = (order: CrowdOrder): Promise<CrowdAnswer> =>
    new Promise((resolve, reject) => {
      last += 1
      waiting.set(last, { resolve, reject })
      worker.postMessage({ id: last, order })
    })
  return {
    ask,
    shown,
    close: async () => {
      await ask({ do: 'end' })
      await worker.terminate()
    },
  }
}
