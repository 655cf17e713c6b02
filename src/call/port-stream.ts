/** What the media process is told of a leg's stream: what was agreed on, and what signalling knows of the far end by now. Pure. */

import type { Stream } from '../media/contract.ts'
import type { AgreedMedia } from '../sip/offer-answer.ts'
import type { LatchTerms } from './latch-policy.ts'
import { streamOf } from './terms.ts'

/** An address without a zone: media is never at a link-local one. */
const NUMERIC = /^[0-9a-fA-F.:]+$/

/** What signalling knows of the far end by now. */
export type FarEnd = {
  /** The address that signalling comes from. */
  signalledFrom(): string | undefined
  /** Whether the far end is where it says that it is. */
  isProved(): boolean
}

/** @returns what a stream is told of where its signalling comes from. */
export function nearOf(from: string | undefined): Pick<Stream, 'signalledFrom'> {
  return from === undefined || !NUMERIC.test(from) ? {} : { signalledFrom: from }
}

/** @param keysMuted no telephone-event of the far end gets through. */
export function portStream(agreed: AgreedMedia, latch: LatchTerms, far: FarEnd, keysMuted: boolean): Stream {
  const { receiveEventPayloadType, ...keyless } = streamOf(agreed, latch)
  const heard = keysMuted || receiveEventPayloadType === undefined ? {} : { receiveEventPayloadType }
  const proof = far.isProved() ? {} : { unproved: true }
  return { ...keyless, ...heard, ...nearOf(far.signalledFrom()), ...proof }
}
