/** What is wrong with a clip, in words that say what to do. Pure. */

import { DtmfReceiver } from '../rtp/dtmf-receiver.ts'
import {
  type ClipFlaw,
  type ClipRate,
  isClipRate,
  judgeClip,
  LEVEL_MAX_DBM0,
  LEVEL_MIN_DBM0,
} from '../rtp/speech-clip.ts'
import type { Wav } from '../rtp/wav.ts'

/** @returns a sentence for each flaw, without its subject; none for a good clip. */
export function clipFlaws({ samples, sampleRate, channels }: Wav): readonly string[] {
  const found = judgeClip(samples, sampleRate, channels).map(adviceFor)
  const dtmfSeconds = channels === 1 && isClipRate(sampleRate) ? firstDtmfSeconds(samples, sampleRate) : undefined
  if (dtmfSeconds === undefined) return found
  const at = dtmfSeconds.toFixed(2)
  return [...found, `sounds like a DTMF digit at ${at} s and could be taken for a key; say it differently`]
}

/** @returns seconds into the clip where the receiver that listens to callers first takes it for a digit. */
function firstDtmfSeconds(samples: Int16Array, sampleRate: ClipRate): number | undefined {
  const receiver = new DtmfReceiver(sampleRate)
  const packet = sampleRate / 50
  for (let from = 0; from < samples.length; from += packet) {
    const known = receiver.accept(samples, from, Math.min(from + packet, samples.length))
    if (known > 0) return receiver.startSampleAt(0) / sampleRate
  }
  return undefined
}

/** @returns what to do about a flaw. */
export function adviceFor(flaw: ClipFlaw): string {
  switch (flaw.flaw) {
    case 'rate':
      return `has ${flaw.sampleRate} samples a second; convert it to 16000 or 8000`
    case 'channels':
      return `has ${flaw.channels} channels; mix it down to mono`
    case 'silent':
      return 'is silent; record it again'
    case 'too-short':
      return `is only ${flaw.ms} ms long; record it again`
    case 'too-long':
      return `is ${flaw.ms} ms long; nobody listens to that, say less`
    case 'lead':
      return `begins with ${flaw.ms} ms of silence; cut it to about 50`
    case 'tail':
      return `ends with ${flaw.ms} ms of silence; cut it to about 50`
    case 'too-quiet':
      return `is too quiet: its speech is at ${flaw.dbm0.toFixed(1)} dBm0; bring it to -20, at least ${LEVEL_MIN_DBM0}`
    case 'too-loud':
      return `is too loud: its speech is at ${flaw.dbm0.toFixed(1)} dBm0; bring it to -20, at most ${LEVEL_MAX_DBM0}`
    case 'peak':
      return `peaks at ${flaw.dbfs.toFixed(1)} dBFS; bring it below -3`
    case 'clipped':
      return `is clipped in ${flaw.flatTops} places; record it again with less gain`
  }
}
