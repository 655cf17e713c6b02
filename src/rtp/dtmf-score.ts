/**
 * Whether a pair of tones is a key or a voice: a linear score of what `DtmfPress` measured.
 *
 * Keys switch on at once, both tones together, steadily and with nothing beside them; vowels slide in, drift and carry more
 * partials. The weights were fitted by logistic regression on about 25,000 tones (within Q.24 and beyond it, through G.711,
 * Opus, GSM, Speex, G.726 and G.722, under noise and speech) against 11 hours of prompts, acted speech and music at several
 * speeds. Level is left out on purpose: a voice may be louder than the ones it was fitted on.
 */

/** What is looked at, in the order of `DtmfPress.features`. */
export const FEATURES = [
  { name: 'residueDb', weight: 1.582 }, // what the pair leaves unexplained in the 20 ms window, tens of dB down
  { name: 'share', weight: -7.139 }, // share of the energy explained
  { name: 'longIncoherence', weight: -0.9425 }, // loss of the coherent sum over the whole tone, log
  { name: 'lag', weight: -0.7031 }, // difference of the two lengths, units of 5 ms
  { name: 'lowBefore', weight: -1.226 }, // strongest low tone just before the onset, against the low tone
  { name: 'highBefore', weight: -2.285 }, // the same, high group
  { name: 'forwardTwist', weight: -2.039 }, // square of the normal twist, units of 8 dB
  { name: 'reverseTwist', weight: -1.694 }, // square of the reverse twist, units of 6 dB
  { name: 'lowOffset', weight: -1.634 }, // square of the low offset, units of 2 %
  { name: 'highOffset', weight: -1.862 }, // the same, high tone
  { name: 'lowLead', weight: 0.6174 }, // lead over the next best low tone, tens of dB
  { name: 'highLead', weight: 0.7342 }, // the same, high group
  { name: 'background', weight: 0.2314 }, // energy before the onset against the tones, log
  { name: 'length', weight: -5.269 }, // length so far, units of 30 ms
  { name: 'meanResidueDb', weight: 8.286 }, // as the first, hop by hop over the whole tone
  { name: 'ownBefore', weight: -0.2918 }, // the stronger of the two tones themselves just before the onset
] as const

const BIAS = 3.333
/** From this score on a press is a key at once. */
export const SURE = 4
/** From this score on a press is a key when the next hop, 5 ms later, says so too; single hops of some vowels come this far. */
export const LIKELY = 1.1
const WEIGHTS = Float64Array.from(FEATURES, (feature) => feature.weight)

/** @returns the score of a press, to be held against `SURE` and `LIKELY`. */
export function scorePress(features: Float64Array): number {
  let score = BIAS
  for (let i = 0; i < WEIGHTS.length; i++) score += (WEIGHTS[i] as number) * (features[i] as number)
  return score
}
