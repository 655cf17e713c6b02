/** What the phone of a test says of its sound, and makes of what it is told: written and read by the real `offer-answer.ts`. */

import type { CodecName } from '../../src/base/units.ts'
import { type AgreedMedia, acceptAnswer, answerOffer, type LocalMedia, makeOffer } from '../../src/sip/offer-answer.ts'
import { parseSdp, type SdpDirection } from '../../src/sip/sdp.ts'

/** A phone's side of the media, enough to offer and answer. */
export function phoneMedia(port: number, codecs: readonly CodecName[] = ['PCMA', 'PCMU']): LocalMedia {
  return {
    address: '192.0.2.7',
    family: 'IPv4',
    rtpPort: port,
    rtcpPort: port + 1,
    sessionId: String(port),
    version: 1,
    codecs,
    direction: 'sendrecv',
    ptimeMs: 20,
    rtcpMux: false,
  }
}

/** @returns the answer of a phone to an offer. @throws Error when it cannot be answered: the test is wrong then. */
export function phoneAnswer(offer: string, media: LocalMedia): string {
  const parsed = parseSdp(offer)
  const answer = parsed === undefined ? undefined : answerOffer(parsed, media)
  if (answer?.result !== 'answered') throw new Error('the phone cannot answer')
  return answer.body
}

/** @returns what a phone makes of the answer to its offer. */
export function phoneTakes(media: LocalMedia, answer: string): AgreedMedia {
  const parsed = parseSdp(answer)
  const taken = parsed === undefined ? undefined : acceptAnswer(media, parsed)
  if (taken?.result !== 'accepted') throw new Error('the phone cannot use the answer')
  return taken.agreed
}

/** @returns a re-offer of a phone, one version on. */
export function phoneReoffer(media: LocalMedia, direction: SdpDirection = 'sendrecv', version = 2): string {
  return makeOffer({ ...media, direction, version })
}
