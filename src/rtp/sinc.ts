/**
 * Linear-phase filtering and change of rate of whole clips by windowed sinc (Blackman): for making and checking prompts
 * and hold music. Not for the media tick, which works in blocks and must not allocate.
 */

import type { Waveform } from './level.ts'

/** Zero crossings of the sinc on each side when the rate changes: the transition is 1/20 of the narrower band. */
const RESAMPLING_REACH = 32
/** Part of the narrower band that a change of rate keeps. */
const KEPT_BAND = 0.95

/** The band to keep. */
export type Band = {
  readonly lowHz: number
  readonly highHz: number
  /** Width of the slopes at both edges, Hz: the narrower, the longer the filter and its pre-ringing. */
  readonly slopeHz: number
}

/** @returns the samples with only the given band left, delay taken out; at least 70 dB down beyond the slopes. */
export function bandPass(samples: Waveform, sampleRate: number, band: Band): Float64Array {
  const reach = Math.ceil((2.75 * sampleRate) / band.slopeHz)
  const taps = new Float64Array(2 * reach + 1)
  for (let i = -reach; i <= reach; i++) {
    const ideal = lowPassTap(i, (2 * band.highHz) / sampleRate) - lowPassTap(i, (2 * band.lowHz) / sampleRate)
    taps[i + reach] = ideal * blackman(i / (reach + 1))
  }
  const out = new Float64Array(samples.length)
  for (let n = 0; n < out.length; n++) {
    const first = Math.max(0, n - reach)
    const last = Math.min(samples.length - 1, n + reach)
    let sum = 0
    for (let k = first; k <= last; k++) sum += (samples[k] as number) * (taps[n - k + reach] as number)
    out[n] = sum
  }
  return out
}

/** @returns the samples at another rate, both in Hz; what the lower rate can't hold is filtered out. */
export function resample(samples: Waveform, fromRate: number, toRate: number): Float64Array {
  if (fromRate === toRate) return Float64Array.from(samples)
  const cutoff = Math.min(1, toRate / fromRate) * KEPT_BAND
  const reach = RESAMPLING_REACH / cutoff
  const out = new Float64Array(Math.floor((samples.length * toRate) / fromRate))
  for (let n = 0; n < out.length; n++) {
    const at = (n * fromRate) / toRate
    const first = Math.max(0, Math.ceil(at - reach))
    const last = Math.min(samples.length - 1, Math.floor(at + reach))
    let sum = 0
    for (let k = first; k <= last; k++) {
      sum += (samples[k] as number) * lowPassTap(at - k, cutoff) * blackman((at - k) / reach)
    }
    out[n] = sum
  }
  return out
}

/** @returns impulse response of an ideal low pass at `cutoff` (1 is half the sample rate), `x` samples from its middle. */
function lowPassTap(x: number, cutoff: number): number {
  return x === 0 ? cutoff : Math.sin(Math.PI * x * cutoff) / (Math.PI * x)
}

function blackman(x: number): number {
  return Math.abs(x) >= 1 ? 0 : 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x)
}
