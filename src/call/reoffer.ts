/**
 * What a leg says to a re-offer of its far end (RFC 3261 section 14.2, RFC 6337 section 5): pure, so that every state can be read and tested.
 * The codec in use is kept while the far end still offers it: a hold or a session refresh is no reason to change it.
 */

import { faults } from '../base/faults.ts'
import { isZeroAddress } from '../sip/hold-forms.ts'
import type { AgreedMedia } from '../sip/offer-answer.ts'
import { parseSdp } from '../sip/sdp.ts'
import { answerTerms, dropKeys, offerTerms, sameAgreed, type Terms } from './terms.ts'

export type ReofferDecision =
  | { readonly do: 'accept'; readonly body: string; readonly terms: Terms; readonly changed: boolean }
  | { readonly do: 'reject'; readonly status: number }

/** RFC 3261 section 21.4.27: not now, try again. */
const REQUEST_PENDING = 491

/**
 * @param offer undefined when the far end wants ours. @param away the port is in the vault, which can follow the far end to another
 * address, and nothing else.
 */
export function decideReoffer(terms: Terms | undefined, offer: string | undefined, away: boolean): ReofferDecision {
  const agreed = terms?.agreed
  // The first offer is still open: an UPDATE overtook its answer (RFC 3311 section 5.2).
  if (terms === undefined || agreed === undefined) return { do: 'reject', status: REQUEST_PENDING }
  if (offer === undefined) {
    const others = away ? [] : terms.local.codecs.filter((codec) => codec !== agreed.codec)
    return { do: 'accept', ...offerTerms(terms, [agreed.codec, ...others]), changed: false }
  }
  const answer = answerTerms(terms, parseSdp(offer), agreed.codec)
  if (answer.result === 'refused') return { do: 'reject', status: faults[answer.fault].sip }
  const changed = !sameAgreed(agreed, answer.agreed)
  if (away && changed && !isMove(agreed, answer.agreed)) {
    dropKeys(answer.agreed)
    return { do: 'reject', status: REQUEST_PENDING }
  }
  return { do: 'accept', body: answer.body, terms: answer.terms, changed }
}

/** @returns whether the far end's address is another, and one that can be sent to. */
export function isElsewhere({ remote }: AgreedMedia, before: AgreedMedia | undefined): boolean {
  if (isZeroAddress(remote.address)) return false
  const { address, rtpPort, rtcpPort } = before?.remote ?? {}
  return remote.address !== address || remote.rtpPort !== rtpPort || remote.rtcpPort !== rtcpPort
}

/** @returns whether nothing else is another. */
function isMove(before: AgreedMedia, after: AgreedMedia): boolean {
  return isElsewhere(after, before) && sameAgreed({ ...before, remote: after.remote }, after)
}
