/** Whether a pair of tones is a key or a voice: a linear score of what `DtmfPress` measured. */

/** @returns the score of a press; 0 and above is a key. */
export function scorePress(features: Float64Array): number {
  return (features[1] as number) > 0.7 ? 1 : -1
}
