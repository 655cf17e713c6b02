/** What is drawn of sound: its extremes column by column, and how loud its speech is in dBm0 (ITU-T G.711: a sine of 0 dBm0 is 3.14 dB below the largest). Pure; samples are from -1 to 1. */

export type Peak = { readonly low: number; readonly high: number }

/** Where telephone networks expect speech, and what is still taken, dBm0. */
export const WANTED_DBM0 = -20
export const RANGE_DBM0 = { low: -26, high: -14 } as const

const FRAME_SECONDS = 0.02
/** A frame this far below the speech is a pause (ITU-T P.56). */
const PAUSE_DB = 15.9
const MEAN_SQUARE_AT_0_DBM0 = 0.5 / 10 ** 0.314

/** @returns the extremes of each of so many columns; fewer when there are fewer samples. */
export function peaksOf(samples: Float32Array, columns: number): readonly Peak[] {
  const count = Math.min(columns, samples.length)
  return Array.from({ length: count }, (_, column) => {
    const from = Math.floor((column * samples.length) / count)
    const to = Math.max(from + 1, Math.floor(((column + 1) * samples.length) / count))
    let [low, high] = [0, 0]
    for (const sample of samples.subarray(from, to)) {
      low = Math.min(low, sample)
      high = Math.max(high, sample)
    }
    return { low, high }
  })
}

/** @returns the level of the speech without its pauses, or `undefined` for silence. */
export function speechLevelOf(samples: Float32Array, sampleRate: number): number | undefined {
  const frame = Math.round(sampleRate * FRAME_SECONDS)
  let frames: number[] = []
  for (let from = 0; from + frame <= samples.length; from += frame) {
    let sum = 0
    for (const sample of samples.subarray(from, from + frame)) sum += sample * sample
    if (sum > 0) frames.push(sum / frame)
  }
  for (;;) {
    if (frames.length === 0) return undefined
    const mean = frames.reduce((sum, each) => sum + each, 0) / frames.length
    const kept = frames.filter((each) => 10 * Math.log10(each / mean) > -PAUSE_DB)
    if (kept.length === frames.length) return 10 * Math.log10(mean / MEAN_SQUARE_AT_0_DBM0)
    frames = kept
  }
}

/** @returns a closed path over all columns, as high as the picture where the sound is loudest. @param height of the picture; the middle is silence. */
export function pathOf(peaks: readonly Peak[], height: number): string {
  const loudest = peaks.reduce((most, { low, high }) => Math.max(most, -low, high), 0) || 1
  const y = (value: number) => (((1 - value / loudest) * height) / 2).toFixed(1)
  const upper = peaks.map(({ high }, x) => `${x} ${y(high)}`)
  const lower = peaks.map(({ low }, x) => `${x} ${y(low)}`).toReversed()
  return peaks.length === 0 ? '' : `M ${[...upper, ...lower].join(' L ')} Z`
}
