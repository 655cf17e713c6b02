/**
 * Requests inside a dialog that want nothing but an answer: INFO, MESSAGE, and OPTIONS, by which a far end is asked whether it still has the call.
 * What has no answer when the call is over is given up: it would go on for half a minute, and speak ill of the address it went to at its end.
 */

import type { Timer } from '../base/clock.ts'
import { ACCEPT } from './gatekeeper.ts'
import type { Pending } from './stack.ts'
import { ask, type InDialog, type Talk } from './talk.ts'

export type Questions = {
  /** @returns the final status: that of the answer, one of no answer (`ask`), or 481 when the call is over before. */
  put(request: InDialog): Promise<number>
  /** Asks whether the far end still has the call (OPTIONS, RFC 3261 section 11). @returns the final status, 408 when none came within four seconds. */
  probe(): Promise<number>
  /** May be called twice. */
  close(): void
}

/** How long the answer to a probe may take: one that is lost has been repeated three times by then (RFC 3261 section 17.1.2.2). */
const PROBE_MS = 4000
/** A phone whose connection has gone may be back in a moment, over another one (RFC 5626 section 5.3). */
const AGAIN_MS = 500

const PROBE: InDialog = { method: 'OPTIONS', headers: [ACCEPT], body: new Uint8Array(0) }

export function createQuestions(talk: Talk): Questions {
  const { clock } = talk.stack
  /** What gives each of those up that wait for their answer. */
  const open = new Set<(status: number) => void>()

  /** @param limitMs until then it is put again when it cannot be sent; absent: it is put once, and waited for as long as its transaction lasts. */
  const put = (request: InDialog, limitMs?: number): Promise<number> =>
    new Promise((resolve) => {
      let again: Timer | undefined
      const settle = (status: number) => {
        open.delete(giveUp)
        limit?.cancel()
        resolve(status)
      }
      const giveUp = (status: number) => {
        again?.cancel()
        pending.abandon()
        settle(status)
      }
      const limit = limitMs === undefined ? undefined : clock.after(limitMs, () => giveUp(408))
      const send = (): Pending =>
        ask(
          talk,
          request,
          (response) => {
            if (response.status >= 200) settle(response.status)
          },
          (status) => {
            if (limitMs === undefined) return settle(status)
            again = clock.after(AGAIN_MS, () => {
              pending = send()
            })
          },
        )
      open.add(giveUp)
      let pending = send()
    })

  return {
    put: (request) => put(request),
    probe: () => put(PROBE, PROBE_MS),
    close: () => {
      for (const giveUp of open) giveUp(481)
    },
  }
}
