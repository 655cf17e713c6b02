/**
 * REFERs inside one dialog (RFC 3515): each is told to the owner, answered by its word, and followed by NOTIFYs that say how it goes, the last
 * of which ends the subscription that the REFER made. One at a time; with `Refer-Sub: false` (RFC 4488) nobody is notified.
 *
 * A NOTIFY that is refused ends the subscription, and nothing else (RFC 6665 section 4.2.2); so does a SUBSCRIBE with `Expires: 0`, and any other
 * prolongs it.
 */

import type { Timer } from '../base/clock.ts'
import { refreshTarget } from './dialog.ts'
import { parseDigits } from './lexical.ts'
import { cseqOf, headerOf } from './message.ts'
import { reasonLines } from './reason.ts'
import { readRefer } from './refer.ts'
import type { ServerTransaction } from './server-transactions.ts'
import type { Referral } from './session.ts'
import { ask, type Talk } from './talk.ts'
import { type Line, reasonOf } from './write-message.ts'

export type Referrals = {
  take(transaction: ServerTransaction): void
  /** A SUBSCRIBE for the news of a REFER: it prolongs or ends them, and is told how things stand (RFC 6665 section 4.2.1). */
  subscribe(transaction: ServerTransaction): void
  /** Runs it when no NOTIFY waits for its answer any more, and after a while in any case. */
  whenTold(run: () => void): void
  /** The dialog is over. */
  close(): void
}

/** The news that one REFER made us promise. */
type Subscription = {
  /** CSeq of the REFER. */
  readonly id: number
  /** What was told last. */
  status: number
  untilMs: number
  expiry: Timer | undefined
}

/** Longer than anybody rings. */
const SUBSCRIPTION_SECONDS = 3600
/** ms that a BYE waits for the last NOTIFY to be answered, so that the two do not overtake each other. */
const LAST_WORD_MS = 2000

/** @param onReferral tells the owner, who calls `accept` or `reject` once. */
export function createReferrals(talk: Talk, onReferral: (referral: Referral) => void): Referrals {
  const { stack, dialog } = talk
  let current: Referral | undefined
  let subscription: Subscription | undefined
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

  const end = () => {
    subscription?.expiry?.cancel()
    subscription = undefined
  }

  /** Lets a subscription stand for so long from now on. */
  const last = (known: Subscription, seconds: number) => {
    known.expiry?.cancel()
    known.untilMs = stack.clock.now() + seconds * 1000
    known.expiry = seconds === 0 ? undefined : stack.clock.after(seconds * 1000, () => say(known, 'timeout'))
  }

  /** Says how things stand. @param reason that ends the subscription. */
  const say = (known: Subscription, reason: 'noresource' | 'timeout' | undefined) => {
    if (reason !== undefined) end()
    const left = Math.ceil((known.untilMs - stack.clock.now()) / 1000)
    const state = reason === undefined ? `active;expires=${left}` : `terminated;reason=${reason}`
    notify(known.id, state, known.status, () => {
      if (subscription === known) end()
    })
  }

  const open = (
    transaction: ServerTransaction,
    id: number,
    wantsNews: boolean,
  ): Omit<Referral, 'target' | 'replaces'> => {
    const { request } = transaction
    let at: 'asked' | 'underway' | 'over' = 'asked'
    let own: Subscription | undefined
    const close = (referral: Referral | undefined) => {
      at = 'over'
      if (current === referral) current = undefined
    }
    const tell = (status: number) => {
      if (own === undefined || own !== subscription || isClosed) return
      own.status = status
      say(own, status >= 200 ? 'noresource' : undefined)
    }
    return {
      accept: () => {
        if (at !== 'asked') return
        at = 'underway'
        refreshTarget(dialog, request)
        const news: Line[] = wantsNews ? [] : [['Refer-Sub', 'false']]
        const contact: Line = ['Contact', stack.contact(transaction.flow, dialog.isSips)]
        transaction.respond({ status: 202, headers: [contact, ...news, ...stack.capabilities] })
        if (wantsNews) {
          own = { id, status: 100, untilMs: 0, expiry: undefined }
          subscription = own
          last(own, SUBSCRIPTION_SECONDS)
        }
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
    subscribe: (transaction) => {
      const { request, respond, flow } = transaction
      const asked = /;\s*id\s*=\s*(\d+)/i.exec(headerOf(request, 'event') ?? '')?.[1]
      const known = subscription
      if (known === undefined || (asked !== undefined && asked !== String(known.id))) return respond({ status: 481 })
      const seconds = Math.min(
        parseDigits(headerOf(request, 'expires') ?? '', 2 ** 32 - 1) ?? SUBSCRIPTION_SECONDS,
        SUBSCRIPTION_SECONDS,
      )
      refreshTarget(dialog, request)
      const contact: Line = ['Contact', stack.contact(flow, dialog.isSips)]
      respond({ status: 200, headers: [contact, ['Expires', String(seconds)]] })
      last(known, seconds)
      say(known, seconds === 0 ? 'timeout' : undefined)
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
      end()
      afterwards = undefined
    },
  }
}
