/**
 * Reliable provisional responses as their sender (RFC 3262 section 3): one at a time, each repeated until its PRACK, the call
 * refused when none comes for 32 s. The 2xx waits while one that carried SDP is open.
 */

import { repeatUntilStopped } from './ack-wait.ts'
import { headerOf, type SipRequest } from './message.ts'
import type { ServerTransaction } from './server-transactions.ts'
import type { Stack } from './stack.ts'
import type { ResponseParts } from './write-message.ts'

export type Reliable = {
  /** Sends now, or after the one that is open. */
  send(parts: ResponseParts): void
  takePrack(transaction: ServerTransaction): void
  /** Runs at once, or when nothing is open any more. */
  whenQuiet(run: () => void): void
  close(): void
}

export type ReliableUser = {
  /** The PRACK of a response came, and waits for its answer. */
  acknowledged(prack: ServerTransaction, parts: ResponseParts): void
  /** No PRACK came. */
  lost(): void
}

/** An INVITE, as far as its provisional answers need it. */
export type Answered = {
  /** CSeq number of the INVITE. */
  readonly cseq: number
  readonly respond: (parts: ResponseParts) => void
}

/** @param invite what is answered; nothing else of it is kept. */
export function createReliable(stack: Stack, invite: Answered, user: ReliableUser): Reliable {
  const waiting: ResponseParts[] = []
  let quiet: (() => void) | undefined
  let open: { readonly rseq: number; readonly parts: ResponseParts; readonly stop: () => void } | undefined
  let lastRseq = 1 + Math.floor(stack.chance() * 1_000_000)
  let isClosed = false

  const send = (parts: ResponseParts) => {
    lastRseq += 1
    const reliable = {
      ...parts,
      headers: [...(parts.headers ?? []), ['Require', '100rel'], ['RSeq', String(lastRseq)]] as const,
    }
    invite.respond(reliable)
    const stop = repeatUntilStopped(
      stack.clock,
      () => {
        stack.count('retransmitted')
        invite.respond(reliable)
      },
      () => {
        open = undefined
        user.lost()
      },
    )
    open = { rseq: lastRseq, parts, stop }
  }

  const next = () => {
    const parts = waiting.shift()
    if (parts !== undefined) return send(parts)
    const run = quiet
    quiet = undefined
    run?.()
  }

  return {
    send: (parts) => {
      if (isClosed) return
      if (open === undefined) send(parts)
      else waiting.push(parts)
    },
    takePrack: (transaction) => {
      if (open === undefined || !names(transaction.request, open.rseq, invite.cseq))
        return transaction.respond({ status: 481 })
      const { parts, stop } = open
      stop()
      open = undefined
      user.acknowledged(transaction, parts)
      next()
    },
    whenQuiet: (run) => {
      if (open === undefined) run()
      else {
        // The final answer is near: provisionals that wait would only hold it up.
        waiting.length = 0
        quiet = run
      }
    },
    close: () => {
      isClosed = true
      open?.stop()
      open = undefined
      quiet = undefined
      waiting.length = 0
    },
  }
}

/** RAck: `rseq cseq method` (RFC 3262 section 7.2). */
function names(prack: SipRequest, rseq: number, cseq: number): boolean {
  const found = /^(\d{1,10})\s+(\d{1,10})\s+(\S+)$/.exec(headerOf(prack, 'rack') ?? '')
  return Number(found?.[1]) === rseq && Number(found?.[2]) === cseq && found?.[3] === 'INVITE'
}
