/**
 * What is done to sound: clips measured, recordings and speech made into clips. It takes up to seconds for a long one, so a thread of its own does it (`sound-worker.ts`). Pure.
 */

import { activeLevelDbm0, samplePeakDbfs } from '../rtp/level.ts'
import { CLIP_RATE, flawOfTops, shapeRecording, shapeSpeech } from '../rtp/speech-clip.ts'
import { parseWav, type Wav, writeWav } from '../rtp/wav.ts'
import { adviceFor, clipFlaws } from './clip-flaws.ts'

export type SoundOrder =
  | { readonly do: 'measure'; readonly wav: Uint8Array }
  /** A person's recording. */
  | { readonly do: 'shape'; readonly wav: Uint8Array }
  /** A synthesiser's speech, one channel. */
  | { readonly do: 'shape-speech'; readonly samples: Int16Array; readonly sampleRate: number }

export type Measures = {
  readonly seconds: number
  readonly sampleRate: number
  /** Largest sample. */
  readonly peakDbfs: number
  /** Of all of it, pauses too. */
  readonly rmsDbfs: number
  /** Of what is no pause. */
  readonly speechDbm0: number
  /** Sentences without their subject. */
  readonly flaws: readonly string[]
}

export type SoundAnswer =
  | { readonly measures: Measures }
  | { readonly clip: Uint8Array; readonly measures: Measures }
  | { readonly refused: 'not-wav' }
  | { readonly refused: 'not-fit'; readonly flaws: readonly string[] }

/** Before silence is cut off: nobody records a minute for a sentence. */
const LONGEST_SECONDS = 60
const LEAST_RATE = 8000

/** Carries out an order. */
export function carryOut(order: SoundOrder): SoundAnswer {
  if (order.do === 'shape-speech') return clipOf(shapeSpeech(order.samples, order.sampleRate))
  const wav = parseWav(order.wav)
  if (wav === undefined || wav.samples.length === 0) return { refused: 'not-wav' }
  return order.do === 'measure' ? { measures: measuresOf(wav) } : shapedFrom(wav)
}

function shapedFrom(wav: Wav): SoundAnswer {
  const { sampleRate, channels, samples } = wav
  if (samples.length / channels / sampleRate > LONGEST_SECONDS)
    return notFit(`is longer than ${LONGEST_SECONDS} seconds; cut it`)
  if (sampleRate < LEAST_RATE) return notFit(`has ${sampleRate} samples a second; record it with 16000 or more`)
  const mixed = mono(wav)
  const tops = flawOfTops(mixed)
  return tops === undefined ? clipOf(shapeRecording(mixed, sampleRate)) : notFit(adviceFor(tops))
}

function clipOf(samples: Int16Array | undefined): SoundAnswer {
  if (samples === undefined) return notFit(adviceFor({ flaw: 'silent' }))
  const measures = measuresOf({ samples, sampleRate: CLIP_RATE, channels: 1 })
  return measures.flaws.length > 0
    ? { refused: 'not-fit', flaws: measures.flaws }
    : { clip: writeWav(samples, CLIP_RATE), measures }
}

function measuresOf(wav: Wav): Measures {
  const { sampleRate, channels, samples } = wav
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const rms = Math.sqrt(sum / samples.length)
  return {
    seconds: rounded(samples.length / channels / sampleRate, 2),
    sampleRate,
    peakDbfs: rounded(samplePeakDbfs(samples), 1),
    rmsDbfs: rounded(rms > 0 ? 20 * Math.log10(rms / 32768) : SILENCE_DBFS, 1),
    speechDbm0: rounded(activeLevelDbm0(mono(wav), sampleRate), 1),
    flaws: clipFlaws(wav),
  }
}

const SILENCE_DBFS = -100

function mono({ samples, channels }: Wav): Int16Array {
  if (channels === 1) return samples
  return Int16Array.from({ length: samples.length / channels }, (_, at) => {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += samples[at * channels + channel] as number
    return Math.round(sum / channels)
  })
}

function notFit(flaw: string): SoundAnswer {
  return { refused: 'not-fit', flaws: [flaw] }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
