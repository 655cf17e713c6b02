/**
 * The spellings of hold. Phones say it by direction (RFC 3264 section 8.4), by the address 0.0.0.0 (RFC 2543, and for receivers RFC 3264
 * section 8.4 and RFC 6337 section 5.3), by both, for one stream or for the session, by UPDATE as by INVITE, more than once, and with their
 * codecs in another order. Here all of them become one of four words and the direction that Sotto may take in return.
 *
 * | Spelling | what the far end does | hold |
 * |---|---|---|
 * | sendonly | plays to us (its own music), does not listen | held |
 * | inactive | neither | held |
 * | c=0.0.0.0 or c=:: | does not listen; may play | held |
 * | recvonly | listens, plays nothing | listening |
 * | port 0 | stream is gone | removed |
 *
 * It keeps no state: a second hold in a row reads as held again, and retrieving is an offer that reads as active.
 */

import type { SdpAudio, SdpDirection } from './sdp.ts'

/** Whether the far end listens to us. `listening`: it listens but says nothing; that is not hold. */
export type HoldState = 'active' | 'held' | 'listening' | 'removed'

/** @returns what an audio stream of the far end's offer or answer says. */
export function holdOf(audio: SdpAudio): HoldState {
  if (audio.port === 0) return 'removed'
  const direction = farDirection(audio)
  if (direction === 'sendrecv') return 'active'
  return direction === 'recvonly' ? 'listening' : 'held'
}

/**
 * @returns the direction the far end means, as the far end sees it: an address of zeros takes away its receiving half, whatever
 * the direction attribute beside it says (RFC 3264 section 8.4: neither RTP nor RTCP is to be sent there).
 */
export function farDirection(audio: SdpAudio): SdpDirection {
  if (!isZeroAddress(audio.address)) return audio.direction
  return directionOf(sends(audio.direction), false)
}

/**
 * @returns the direction of our answer (RFC 3264 section 6.1), and of what we may then do: the far end's turned round, less what we do not
 * want ourselves.
 * @param wanted what we would do if the far end allowed everything.
 */
export function answerDirection(audio: SdpAudio, wanted: SdpDirection): SdpDirection {
  const far = farDirection(audio)
  return directionOf(sends(wanted) && receives(far), receives(wanted) && sends(far))
}

/** @returns whether the owner of a direction sends. */
export function sends(direction: SdpDirection): boolean {
  return direction === 'sendrecv' || direction === 'sendonly'
}

/** @returns whether the owner of a direction receives. */
export function receives(direction: SdpDirection): boolean {
  return direction === 'sendrecv' || direction === 'recvonly'
}

/** The unspecified address of either family: 0.0.0.0, or :: in any spelling. */
export function isZeroAddress(address: string): boolean {
  return address === '0.0.0.0' || /^[0:]*:[0:]*$/.test(address) || /^(?:[0:]+:)(?:ffff:)?0\.0\.0\.0$/i.test(address)
}

function directionOf(sending: boolean, receiving: boolean): SdpDirection {
  if (sending) return receiving ? 'sendrecv' : 'sendonly'
  return receiving ? 'recvonly' : 'inactive'
}
