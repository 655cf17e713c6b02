/** The Reason header (RFC 3326): why a request was sent, or a leg ended. Unknown protocols are passed over. */

import { fromWire, parseDigits, quote, splitList, toWire, unquote, withoutControls } from './lexical.ts'
import { type Headers, headerOf } from './message.ts'
import type { SipReason } from './session.ts'
import type { Line } from './write-message.ts'

/** @returns the first reason of a message that names SIP or Q.850 and a cause. */
export function reasonIn(message: Headers): SipReason | undefined {
  const value = headerOf(message, 'reason')
  if (value === undefined || value.length > 1024) return undefined
  for (const element of splitList(value) ?? []) {
    const found = /^(SIP|Q\.850)\s*;/i.exec(element)
    const cause = parseDigits(/;\s*cause\s*=\s*(\d{1,4})/i.exec(element)?.[1] ?? '', 999)
    if (found === null || cause === undefined) continue
    const text = /;\s*text\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]+)/i.exec(element)?.[1] ?? ''
    return { protocol: found[1]?.toUpperCase() === 'SIP' ? 'SIP' : 'Q.850', cause, text: fromWire(unquote(text)) }
  }
  return undefined
}

/** @returns the header lines for a reason: one, or none. */
export function reasonLines(reason: SipReason | undefined): readonly Line[] {
  if (reason === undefined) return []
  const text = reason.text === '' ? '' : `;text=${quote(withoutControls(toWire(reason.text)))}`
  return [['Reason', `${reason.protocol};cause=${reason.cause}${text}`]]
}
