/** The calls that have ended, newest first, up to a bound: enough for an agent's page and a supervisor's count. Nothing is kept on disk. */

import type { CallView } from './call-view.ts'

export type History = {
  add(call: CallView): void
  /** Puts a newer picture in place of one that is kept. */
  replace(call: CallView): void
  list(): readonly CallView[]
  get(callId: string): CallView | undefined
}

/** @param most calls that are kept. */
export function createHistory(most: number): History {
  /** By id, oldest first: that is the order in which a map keeps what it is given, and one that is replaced stays where it is. */
  const calls = new Map<string, CallView>()
  return {
    add(call) {
      calls.set(call.callId, call)
      const [oldest] = calls.keys()
      if (calls.size > most && oldest !== undefined) calls.delete(oldest)
    },
    replace(call) {
      if (calls.has(call.callId)) calls.set(call.callId, call)
    },
    list: () => [...calls.values()].reverse(),
    get: (callId) => calls.get(callId),
  }
}
