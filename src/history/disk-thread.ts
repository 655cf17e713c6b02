/** A thread that touches the disk for the call history, as signalling sees it: orders that are answered in their time. */

import { startThread } from '../base/asked-thread.ts'
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

/** Starts one. */
export function startDiskThread(terms: ThreadTerms): DiskThread {
  const thread = startThread<HistoryOrder, HistoryAnswer>(new URL(`./thread${EXTENSION}`, import.meta.url), terms)
  return {
    async ask<O extends HistoryOrder>(order: O) {
      const { gave, fault: code } = await thread.ask(order)
      if (code !== undefined) throw fault(code)
      return gave as Given<O>
    },
    end: () => void thread.end(),
  }
}
