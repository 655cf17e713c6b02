/**
 * Opus in descriptions (RFC 7587): always `opus/48000/2`, whatever is inside, and its wishes in a=fmtp. Each side writes what *it* wants to
 * receive (section 7.1), so that what we write follows from what we do with the sound: it is played at 16 kHz in mono, and may be sent on
 * to another Opus leg as it is. So no leg asks for more than every other leg must be able to take.
 *
 *     maxplaybackrate   Hz that can be played; 48000 when absent
 *     maxaveragebitrate bits a second that may come; ours is what we send, and who takes less has another codec chosen
 *     stereo            0: we mix to mono
 *     useinbandfec      1: what was lost is taken out of the packet after it
 *     cbr               1: packets of one size are wished for
 *
 * ptime and maxptime are lines of their own (section 7). We send 20 ms, whatever is asked for, as ptime is a wish; who takes less at the
 * most has another codec chosen.
 */

import { FIRST_DYNAMIC, OPUS_BIT_RATE, OPUS_PTIME_MS, type OpusWishes } from '../base/units.ts'
import type { SdpAudio, SdpPayload } from './sdp.ts'

/** Bounds and default of RFC 7587 section 6.1, Hz. */
const PLAYBACK_MIN = 8000
const PLAYBACK_MAX = 48_000

/** Parameters of a=fmtp that we write. */
export const OUR_OPUS_FMTP = `maxplaybackrate=16000;maxaveragebitrate=${OPUS_BIT_RATE};stereo=0;useinbandfec=1`

/** @returns whether a payload is Opus that we can send, in packets that the stream allows. Channels that are not written are forgiven. */
export function isUsableOpus({ name, clockRate, channels, payloadType, fmtp }: SdpPayload, audio: SdpAudio): boolean {
  if (name !== 'OPUS' || clockRate !== 48_000 || channels > 2 || payloadType < FIRST_DYNAMIC) return false
  if ((audio.maxPtimeMs ?? OPUS_PTIME_MS) < OPUS_PTIME_MS) return false
  return (numberIn(parametersOf(fmtp), 'maxaveragebitrate') ?? OPUS_BIT_RATE) >= OPUS_BIT_RATE
}

/** @returns the wishes in a=fmtp; what is missing or makes no sense has the value of RFC 7587 section 6.1. */
export function opusWishes(fmtp: string | undefined): OpusWishes {
  const parameters = parametersOf(fmtp)
  const rate = numberIn(parameters, 'maxplaybackrate') ?? PLAYBACK_MAX
  return {
    fec: parameters.get('useinbandfec') === '1',
    constantRate: parameters.get('cbr') === '1',
    maxPlaybackRate: Math.min(PLAYBACK_MAX, Math.max(PLAYBACK_MIN, rate)),
  }
}

/** Names compare without case; of two the first counts. */
function parametersOf(fmtp: string | undefined): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const part of (fmtp ?? '').split(';')) {
    const [name = '', value = ''] = part.split('=', 2)
    const key = name.trim().toLowerCase()
    if (key !== '' && !parameters.has(key)) parameters.set(key, value.trim())
  }
  return parameters
}

function numberIn(parameters: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = parameters.get(name) ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
