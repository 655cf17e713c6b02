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
  const calls: CallView[] = []
  return {
    add(call) {
      calls.unshift(call)
      if (calls.length > most) calls.length = most
    },
    replace(call) {
      const at = calls.findIndex(({ callId }) => callId === call.callId)
      if (at >= 0) calls[at] = call
    },
    list: () => [...calls],
    get: (callId) => calls.find((call) => call.callId === callId),
  }
}
