/** A text that came (MESSAGE, RFC 3428), until its one answer. No dialog comes of it, and nothing of it stays (section 4). */

import { callerIn } from './caller-names.ts'
import { reasonLines } from './reason.ts'
import type { ServerTransaction } from './server-transactions.ts'
import type { SipOrigin } from './session.ts'
import { unknownLine } from './session-ids.ts'
import type { Stack } from './stack.ts'
import type { IncomingText, SipText } from './text.ts'
import { TRYING_MS } from './timing.ts'
import type { Line } from './write-message.ts'

type TextStack = Pick<Stack, 'clock' | 'textAnswered'>

/** @param more headers of its final answer. */
export function openText(stack: TextStack, transaction: ServerTransaction, more: readonly Line[]): SipText {
  const { request } = transaction
  // Who asks says it again every four seconds until then (RFC 4320 section 4.1).
  const trying = stack.clock.after(TRYING_MS, () => transaction.respond({ status: 100 }))
  return {
    body: request.body,
    respond: (status, reason) => {
      if (transaction.status >= 200) return
      trying.cancel()
      transaction.respond({ status, toTag: transaction.toTag, headers: [...reasonLines(reason), ...more] })
      stack.textAnswered(request, status)
    },
  }
}

/** @param trustsIdentity its sender may say whose it is (RFC 3325). */
export function incomingText(
  stack: TextStack & Pick<Stack, 'token' | 'localAddress'>,
  transaction: ServerTransaction,
  origin: SipOrigin,
  trustsIdentity: boolean,
): IncomingText | undefined {
  const { request, flow } = transaction
  transaction.toTag = stack.token()
  const caller = callerIn(request, origin, trustsIdentity)
  if (caller === undefined) {
    transaction.respond({ status: 400, toTag: transaction.toTag })
    return undefined
  }
  const text = openText(stack, transaction, unknownLine(request))
  return { ...text, ...caller, origin, localAddress: stack.localAddress(flow) }
}
