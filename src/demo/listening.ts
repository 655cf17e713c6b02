/** What a phone heard, judged: which tones when, which gaps, which keys. Pure; works on what an RTP phone remembers. */

import { DtmfReceiver } from '../rtp/dtmf-receiver.ts'
import { goertzelPower, levelOf } from '../rtp/tone.ts'
import type { HeardPacket } from './rtp-phone.ts'

/** A stretch of what was heard. */
export type Stretch = {
  readonly packets: readonly HeardPacket[]
  readonly pcm: Int16Array
  readonly sampleRate: 8000 | 16000
}

/** Sound and packets that arrived from one moment to another, milliseconds of the phone's clock. */
export function stretchOf(
  heard: readonly HeardPacket[],
  pcm: Int16Array,
  sampleRate: 8000 | 16000,
  fromMs: number,
  toMs: number,
): Stretch {
  const packets = heard.filter((packet) => packet.arrivedMs >= fromMs && packet.arrivedMs < toMs)
  const first = packets[0]
  const next = heard.find((packet) => packet.arrivedMs >= toMs)
  return {
    packets,
    pcm: first === undefined ? new Int16Array(0) : pcm.subarray(first.at, next?.at ?? pcm.length),
    sampleRate,
  }
}

const WINDOW_MS = 200
/** The strongest that a tone ever was in any fifth of a second, dBm0; -100 when nothing was heard. */
export function loudest(stretch: Stretch, hz: number): number {
  const count = (stretch.sampleRate * WINDOW_MS) / 1000
  let best = -100
  for (let at = 0; at + count <= stretch.pcm.length; at += count / 2) {
    best = Math.max(best, levelOf(goertzelPower(stretch.pcm, at, count, hz, stretch.sampleRate)))
  }
  return best
}

/** Root mean square of the stretch, dBm0; -100 for digital silence. */
export function loudness(stretch: Stretch): number {
  let sum = 0
  for (const sample of stretch.pcm) sum += sample * sample
  return stretch.pcm.length === 0 || sum === 0 ? -100 : levelOf(sum / stretch.pcm.length)
}

/** How many keys can be made out in the sound. */
export function keysInSound(stretch: Stretch): number {
  const receiver = new DtmfReceiver(stretch.sampleRate)
  const step = stretch.sampleRate / 50
  let keys = 0
  for (let at = 0; at < stretch.pcm.length; at += step) {
    keys += receiver.accept(stretch.pcm, at, Math.min(at + step, stretch.pcm.length))
  }
  return keys
}

/** Packets that were not of the codec: telephone-events and anything else. */
export function foreignPackets(stretch: Stretch, codecPayloadType: number): number {
  return stretch.packets.filter((packet) => packet.payloadType !== codecPayloadType).length
}

/** A tone this far below a hum is not it any more. */
const GONE_DBM0 = -30

/** When the first packet came in which a tone is no longer heard, milliseconds of the phone's clock; undefined when it never stopped. */
export function stoppedAt(stretch: Stretch, hz: number): number | undefined {
  const first = stretch.packets[0]
  const gone = stretch.packets.find(({ at }, i) => {
    const from = at - (first?.at ?? 0)
    const count = (stretch.packets[i + 1]?.at ?? at) - at
    return count > 0 && levelOf(goertzelPower(stretch.pcm, from, count, hz, stretch.sampleRate)) < GONE_DBM0
  })
  return gone?.arrivedMs
}
