/** One far end that answered an INVITE of ours: several when a proxy forked, each with a dialog of its own (RFC 3261 section 12.1.2). */

import type { Dialog } from './dialog.ts'
import { parseDigits } from './lexical.ts'
import { headerOf, lists, type SipResponse, sdpOf } from './message.ts'
import type { MidDialog } from './mid-dialog.ts'
import type { Reoffer } from './session.ts'
import { createSessionIds } from './session-ids.ts'
import type { Talk } from './talk.ts'
import type { Flow } from './transport.ts'

/** What all far ends of one INVITE have in common. */
export type BranchTerms = Pick<Talk, 'stack' | 'session' | 'pinned' | 'credentials'> & {
  /** The half of who calls them (RFC 7989). */
  readonly otherUuid: () => string
}

export type Branch = {
  readonly mid: MidDialog
  lastRseq: number | undefined
  earlyBody: string | undefined
  /** Its answer came reliably: what stands in its 2xx is a repetition, or wrong (RFC 3261 section 13.2.1). */
  isAgreed: boolean
  /** It has offered anew since: its first answer is history. */
  isMoved: boolean
  ackAgain: (() => void) | undefined
}

/** @returns the talk of a far end that has just answered for the first time. */
export function talkOf({ otherUuid, ...common }: BranchTerms, dialog: Dialog, flow: Flow): Talk {
  const ids = createSessionIds(otherUuid, common.stack.uuid)
  const account = common.pinned ? common.stack.accountAt(flow) : undefined
  return { ...common, account, dialog, flow, ids, allowance: undefined, allowed: undefined, keys: 'not' }
}

/** @returns a far end that has only rung yet. */
export function newBranch(mid: MidDialog): Branch {
  return { mid, lastRseq: undefined, earlyBody: undefined, isAgreed: false, isMoved: false, ackAgain: undefined }
}

/** @returns the answer that a 2xx settles; undefined when it stands already. */
export function answerOf(branch: Branch, response: SipResponse): string | undefined {
  if (branch.isMoved) return undefined
  return branch.isAgreed ? branch.earlyBody : (sdpOf(response) ?? branch.earlyBody)
}

/** @returns an UPDATE before the final answer, which only a branch with a reliable answer may send (RFC 3311 section 5.1). */
export function earlyOffer(branch: Branch, reoffer: Reoffer): Reoffer {
  const accept = (answer: string | undefined) => {
    branch.isMoved = true
    reoffer.accept(answer)
  }
  return { ...reoffer, accept }
}

/**
 * Sends the PRACK of a reliable provisional (RFC 3262 section 4). @param cseq number of its INVITE. @param isOffered the INVITE had an offer.
 * @returns false when it was one that came before or out of order.
 */
export function prack(branch: Branch, response: SipResponse, cseq: number, isOffered: boolean): boolean {
  const rseq = parseDigits(headerOf(response, 'rseq') ?? '', 2 ** 32)
  if (rseq === undefined || !lists(response, 'require', '100rel')) return true
  if (branch.lastRseq !== undefined && rseq !== branch.lastRseq + 1) return false
  branch.lastRseq = rseq
  if (isOffered && sdpOf(response) !== undefined) {
    branch.isAgreed = true
    branch.mid.offers.agree()
  }
  const headers = [['RAck', `${rseq} ${cseq} INVITE`]] as const
  branch.mid.ask({ method: 'PRACK', headers, body: new Uint8Array(0) }, () => {})
  return true
}
