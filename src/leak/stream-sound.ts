/** The sound of a captured RTP stream, decoded in the order of arrival, and which sample of it arrived when. */

import { CODECS } from '../base/units.ts'
import { createDecoder, type Decoder } from '../rtp/codec.ts'
import { SAMPLES_MAX } from '../rtp/opus-engine.ts'
import * as rtp from '../rtp/packet.ts'
import type { RtpStream } from '../rtp/stream-finder.ts'
import type { Sound } from './hidden-tones.ts'

/** @returns the sound of the first codec in it that Sotto speaks; undefined when there is none, or it is encrypted. */
export function soundOf(stream: RtpStream): Sound | undefined {
  if (stream.encrypted) return undefined
  let decoder: Decoder | undefined
  let codec = -1
  const parts: Int16Array[] = []
  const arrivals: { readonly atMs: number; readonly at: number }[] = []
  let length = 0
  for (const { atMs, bytes } of stream.packets) {
    const type = rtp.payloadType(bytes)
    const name = stream.formats.get(type)?.name.toUpperCase()
    const ours = CODECS.find((each) => each.name === name)?.name
    if (decoder === undefined && ours !== undefined) {
      decoder = createDecoder(ours)
      codec = type
    }
    if (decoder === undefined || type !== codec) continue
    const [start, end] = [rtp.payloadStart(bytes), rtp.payloadEnd(bytes)]
    const pcm = new Int16Array(Math.max(SAMPLES_MAX, 2 * (end - start)))
    const samples = decoder.decode(bytes, start, end, pcm)
    arrivals.push({ atMs, at: length })
    parts.push(pcm.slice(0, samples))
    length += samples
  }
  if (decoder === undefined) return undefined
  decoder.wipe()
  const pcm = new Int16Array(length)
  for (const [i, part] of parts.entries()) pcm.set(part, arrivals[i]?.at ?? 0)
  return {
    pcm,
    sampleRate: decoder.sampleRate,
    sampleAt: (atMs) => arrivals.find((each) => each.atMs >= atMs)?.at ?? length,
  }
}
