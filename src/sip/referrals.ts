/**
 * REFERs inside one dialog (RFC 3515): each is told to the owner, answered by its word, and followed by NOTIFYs that say how it goes, the last
 * of which ends the subscription that the REFER made. One at a time; with `Refer-Sub: false` (RFC 4488) nobody is notified.
 *
 * A NOTIFY that is refused ends the subscription, and nothing else (RFC 6665 section 4.2.2).
 */

import type { Timer } from '../base/clock.ts'
import { refreshTarget } from './dialog.ts'
import { cseqOf } from './message.ts'
import { reasonLines } from './reason.ts'
import { readRefer } from './refer.ts'
import type { ServerTransaction } from './server-transactions.ts'
import type { Referral } from './session.ts'
import { ask, type Talk } from './talk.ts'
import { type Line, reasonOf } from './write-message.ts'

export type Referrals = {
  take(transaction: ServerTransaction): void
  /** Runs it when no NOTIFY waits for its answer any more, and after a while in any case. */
  whenTold(run: () => void): void
  /** The dialog is over. */
  close(): void
}

/** Longer than anybody rings. */
const SUBSCRIPTION_SECONDS = 3600
/** ms that a BYE waits for the last NOTIFY to be answered, so that the two do not overtake each other. */
const LAST_WORD_MS = 2000

/** @param onReferral tells the owner, who calls `accept` or `reject` once. */
export function createReferrals(talk: Talk, onReferral: (referral: Referral) => void): Referrals {
  const { stack, dialog } = talk
  let current: Referral | undefined
  let isClosed = false
  let unanswered = 0
  let afterwards: (() => void) | undefined
  let limit: Timer | undefined

  const settle = () => {
    limit?.cancel()
    const run = afterwards
    afterwards = undefined
    run?.()
  }

  const notify = (id: number, state: string, status: number, onRefused: () => void) => {
    unanswered += 1
    const answered = (got: number) => {
      unanswered -= 1
      if (got >= 300) onRefused()
      if (unanswered === 0) settle()
    }
    const headers: Line[] = [
      ['Contact', stack.contact(talk.flow, dialog.isSips)],
      ['Event', `refer;id=${id}`],
      ['Subscription-State', state],
      ['Content-Type', 'message/sipfrag;version=2.0'],
    ]
    const body = Buffer.from(`SIP/2.0 ${status} ${reasonOf(status)}\r\n`, 'latin1')
    ask(
      talk,
      { method: 'NOTIFY', headers, body },
      ({ status: got }) => {
        if (got >= 200) answered(got)
      },
      answered,
    )
  }

  const open = (
    transaction: ServerTransaction,
    id: number,
    wantsNews: boolean,
  ): Omit<Referral, 'target' | 'replaces'> => {
    const { request } = transaction
    let at: 'asked' | 'underway' | 'over' = 'asked'
    let isSubscribed = wantsNews
    const close = (referral: Referral | undefined) => {
      at = 'over'
      if (current === referral) current = undefined
    }
    const tell = (status: number) => {
      if (!isSubscribed || isClosed) return
      const isFinal = status >= 200
      const state = isFinal ? 'terminated;reason=noresource' : `active;expires=${SUBSCRIPTION_SECONDS}`
      if (isFinal) isSubscribed = false
      notify(id, state, status, () => {
        isSubscribed = false
      })
    }
    return {
      accept: () => {
        if (at !== 'asked') return
        at = 'underway'
        refreshTarget(dialog, request)
        const news: Line[] = wantsNews ? [] : [['Refer-Sub', 'false']]
        const contact: Line = ['Contact', stack.contact(transaction.flow, dialog.isSips)]
        transaction.respond({ status: 202, headers: [contact, ...news, ...stack.capabilities] })
        tell(100)
      },
      reject: (status, reason) => {
        if (at !== 'asked') return
        close(current)
        transaction.respond({ status: Math.min(Math.max(status, 300), 699), headers: reasonLines(reason) })
      },
      progress: (status) => {
        if (at !== 'underway') return
        if (status >= 200) close(current)
        tell(status)
      },
    }
  }

  return {
    take: (transaction) => {
      const { request, respond } = transaction
      const refer = readRefer(request)
      if ('status' in refer) return respond({ status: refer.status })
      // The one before has not come to its end.
      if (current !== undefined) return respond({ status: 491 })
      const { target, replaces, wantsNews } = refer
      const named = replaces === undefined ? undefined : { session: stack.sessionAt(replaces.key), ...replaces }
      const ends = open(transaction, cseqOf(request)?.number ?? 0, wantsNews)
      current = { target, replaces: named, ...ends }
      onReferral(current)
    },
    whenTold: (run) => {
      if (unanswered === 0) return run()
      afterwards = run
      limit = stack.clock.after(LAST_WORD_MS, settle)
    },
    close: () => {
      isClosed = true
      current?.reject(481)
      limit?.cancel()
      afterwards = undefined
    },
  }
}
