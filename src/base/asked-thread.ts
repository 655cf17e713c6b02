/** A thread that answers orders in their order: for what may take long, such as a disk, and must not hold signalling up. */

import { Worker } from 'node:worker_threads'
import { fault } from './fault.ts'

export type AskedThread<Order, Answer> = {
  /** @throws Fault `base.internal` when the thread has died */
  ask(order: Order): Promise<Answer>
  /** Ends it, whatever it does. */
  end(): Promise<void>
}

type Waiting<Answer> = { readonly take: (answer: Answer) => void; readonly fail: (thrown: unknown) => void }

/** Starts one. It keeps the process from ending while an order is out, and no longer. @param terms given to it once. */
export function startThread<Order, Answer>(entry: URL, terms: unknown): AskedThread<Order, Answer> {
  const worker = new Worker(entry, { workerData: terms, execArgv: [] })
  const waiting: Waiting<Answer>[] = []
  let died: unknown
  let ending = false
  worker.unref()
  worker.on('message', (answer: Answer) => {
    waiting.shift()?.take(answer)
    if (waiting.length === 0 && !ending) worker.unref()
  })
  worker.on('error', (error) => {
    died = error
  })
  worker.on('exit', () => {
    died = fault('base.internal', {}, died)
    for (const { fail } of waiting.splice(0)) fail(died)
  })
  return {
    ask: (order) =>
      new Promise((take, fail) => {
        if (died !== undefined) return fail(died)
        waiting.push({ take, fail })
        worker.ref()
        worker.postMessage(order)
      }),
    async end() {
      // What waits for its end must not find that the process has ended first.
      ending = true
      worker.ref()
      await worker.terminate()
    },
  }
}
