/** The dialogs of each phone, for those who may watch it (RFC 4235): what rings, and what stands. A secure session is not to be seen in it. */

import type { WatchedDialog } from '../sip/session.ts'
import type { Call } from './call.ts'

/** @returns the dialogs by account. */
export function dialogsIn(calls: Iterable<Call>): ReadonlyMap<string, readonly WatchedDialog[]> {
  const all = new Map<string, WatchedDialog[]>()
  const add = (account: string | undefined, session: string | undefined, dialog: Omit<WatchedDialog, 'session'>) => {
    if (account === undefined || session === undefined) return
    const of = all.get(account) ?? []
    of.push({ session, ...dialog })
    all.set(account, of)
  }
  for (const { state, pair, rung } of calls) {
    const isEarly = state === 'arriving' || state === 'ringing'
    for (const side of ['caller', 'agent'] as const) {
      const isPlacing = side === pair.sideOf('placing')
      // Who is rung has no more than early media before the answer.
      if (isEarly && !isPlacing) continue
      const direction = isPlacing ? 'initiator' : 'recipient'
      add(pair.account(side), pair.leg(side)?.session?.id, { state: isEarly ? 'early' : 'confirmed', direction })
    }
    for (const { account, session } of rung) add(account, session, { state: 'early', direction: 'recipient' })
  }
  return all
}
