/**
 * Whether an offer of the far end may be dealt with now, or which status tells it to come again (RFC 3261 section 14.2, RFC 3311 section 5.2,
 * RFC 5407 section 3.1). Pure.
 */

/** How offer and answer stand in a dialog. */
export type OfferStanding = {
  /** The first INVITE has its final answer. */
  readonly isOpen: boolean
  /** It was ours. */
  readonly isOurInvite: boolean
  /** Its offer was answered in a reliable provisional response (RFC 3262 section 5): UPDATE may offer anew before the final answer. */
  readonly isAgreed: boolean
  /** An offer of theirs waits for our answer. */
  readonly isTheirs: boolean
  /** A request of ours waits for its answer: a re-INVITE, or one that offers. */
  readonly isOurs: boolean
  readonly isOursOffering: boolean
  /** The ACK that a 2xx of ours waits for has to bring the answer to our offer. */
  readonly isAnswerDue: boolean
}

/** `busy` is 500 with Retry-After. */
export type OfferVerdict = 'take' | 'busy' | 'pending'

/** @returns what a re-INVITE gets. */
export function judgeReinvite(at: OfferStanding): OfferVerdict {
  if (!at.isOpen) return at.isOurInvite ? 'pending' : 'busy'
  if (at.isTheirs) return 'busy'
  return at.isOurs || at.isAnswerDue ? 'pending' : 'take'
}

/** @returns what an UPDATE with an offer gets, or a PRACK with one. */
export function judgeUpdate(at: OfferStanding): OfferVerdict {
  if (at.isTheirs) return 'busy'
  if (at.isOursOffering || at.isAnswerDue) return 'pending'
  if (at.isOpen || at.isAgreed) return 'take'
  return at.isOurInvite ? 'pending' : 'busy'
}
