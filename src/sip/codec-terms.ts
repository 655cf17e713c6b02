/** One codec in a description: how we write it, and which of the far end's can be taken. */

import { type CodecName, codecNamed, type OpusWishes } from '../base/units.ts'
import { isUsableOpus, OUR_OPUS_FMTP, opusWishes } from './opus-terms.ts'
import type { SdpAudio, SdpPayload } from './sdp.ts'

/** A payload of the far end's that is one of our codecs. */
export type ChosenCodec = SdpPayload & { readonly name: CodecName }

/** @returns the preferred codec if the far end has it, else the first of its codecs that is one of ours. */
export function chooseCodec(
  audio: SdpAudio,
  codecs: readonly CodecName[],
  prefer: CodecName | undefined,
): ChosenCodec | undefined {
  const common: ChosenCodec[] = []
  for (const row of audio.payloads) {
    const name = codecs.find((codec) => codec === row.name)
    if (name !== undefined && isUsable(row, name, audio)) common.push({ ...row, name })
  }
  return common.find((row) => row.name === prefer) ?? common[0]
}

function isUsable(row: SdpPayload, name: CodecName, audio: SdpAudio): boolean {
  return name === 'OPUS' ? isUsableOpus(row, audio) : row.clockRate === codecNamed(name).clockRate && row.channels === 1
}

/** @returns how we write a codec. */
export function describeCodec(name: CodecName, payloadType: number): SdpPayload {
  const { clockRate, channels } = codecNamed(name)
  return { payloadType, name, clockRate, channels, fmtp: name === 'OPUS' ? OUR_OPUS_FMTP : undefined }
}

/** @returns how the far end wants Opus, when that is the codec. */
export function wishesOf({ name, fmtp }: ChosenCodec): { readonly opus?: OpusWishes } {
  return name === 'OPUS' ? { opus: opusWishes(fmtp) } : {}
}
