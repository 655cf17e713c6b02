/** A thread that touches the disk for the call history, as signalling sees it: orders that are answered in their time. */

import { Worker } from 'node:worker_threads'
import { fault } from '../base/fault.ts'
import type { Given, HistoryAnswer, HistoryOrder, ThreadTerms } from './orders.ts'

export type DiskThread = {
  /** @throws Fault `history.*`; `base.internal` when the thread has died. */
  ask<O extends HistoryOrder>(order: O): Promise<Given<O>>
  /** Ends it, whatever it does. */
  end(): void
}

/** Node's file name extension of this very run: sources as they are, or compiled. */
const EXTENSION = import.meta.filename.slice(-3)

type Waiting = { readonly take: (answer: HistoryAnswer) => void; readonly fail: (thrown: unknown) => void }

/** Starts one. It keeps the process from ending while an order is out, and no longer. */
export function startDiskThread(terms: ThreadTerms): DiskThread {
  const worker = new Worker(new URL(`./thread${EXTENSION}`, import.meta.url), { workerData: terms })
  const waiting: Waiting[] = []
  let died: unknown
  worker.unref()
  worker.on('message', (answer: HistoryAnswer) => {
    waiting.shift()?.take(answer)
    if (waiting.length === 0) worker.unref()
  })
  worker.on('error', (error) => {
    died = error
  })
  worker.on('exit', () => {
    died = fault('base.internal', {}, died)
    for (const { fail } of waiting.splice(0)) fail(died)
  })
  return {
    ask: <O extends HistoryOrder>(order: O) =>
      new Promise<Given<O>>((resolve, reject) => {
        if (died !== undefined) return reject(died)
        const take = ({ gave, fault: code }: HistoryAnswer) => {
          if (code === undefined) resolve(gave as Given<O>)
          else reject(fault(code))
        }
        waiting.push({ take, fail: reject })
        worker.ref()
        worker.postMessage(order)
      }),
    end: () => void worker.terminate(),
  }
}
