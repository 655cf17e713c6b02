/**
 * Whether a pair of tones is a key or a voice: a linear score of what `DtmfPress` measured.
 *
 * Keys switch on at once, both tones together, steadily and with nothing beside them; vowels slide in, drift and carry more
 * partials. The weights were fitted by logistic regression on about 25,000 tones (within Q.24 and beyond it, through G.711,
 * Opus, GSM, Speex, G.726 and G.722, under noise and speech) against 14 hours of prompts, acted speech and music at several
 * speeds. Level is left out on purpose: a voice may be louder than the ones it was fitted on.
 */

/** What is looked at, in the order of `DtmfPress.features`. */
export const FEATURES = [
  { name: 'residueDb', weight: 1.72 }, // what the pair leaves unexplained in the 20 ms window, tens of dB down
  { name: 'share', weight: -4.512 }, // share of the energy explained
  { name: 'lowIncoherence', weight: 0.1166 }, // loss of the coherent sum in the window, low tone, log
  { name: 'highIncoherence', weight: -0.07886 }, // the same, high tone
  { name: 'longIncoherence', weight: -1.432 }, // loss of the coherent sum over the whole tone, log
  { name: 'lowSpread', weight: 2.57 }, // spread of the low envelope inside the tone
  { name: 'highSpread', weight: 1.069 }, // the same, high tone
  { name: 'lag', weight: -0.5705 }, // difference of the two lengths, units of 5 ms
  { name: 'lowBefore', weight: -0.9543 }, // strongest low tone just before the onset, against the low tone
  { name: 'highBefore', weight: -2.145 }, // the same, high group
  { name: 'forwardTwist', weight: -1.966 }, // square of the normal twist, units of 8 dB
  { name: 'reverseTwist', weight: -2.037 }, // square of the reverse twist, units of 6 dB
  { name: 'lowOffset', weight: -1.518 }, // square of the low offset, units of 2 %
  { name: 'highOffset', weight: -1.846 }, // the same, high tone
  { name: 'drift', weight: 2.357 }, // change of the phase steps inside the window, radians
  { name: 'lowLead', weight: 1.182 }, // lead over the next best low tone, tens of dB
  { name: 'highLead', weight: 0.9964 }, // the same, high group
  { name: 'background', weight: 0.2944 }, // energy before the onset against the tones, log
  { name: 'length', weight: -4.511 }, // length so far, units of 30 ms
  { name: 'meanResidueDb', weight: 7.479 }, // as the first, hop by hop over the whole tone
  { name: 'ownBefore', weight: -1.262 }, // the stronger of the two tones themselves just before the onset
] as const

const BIAS = -2.097
/** Score that the fit gives a doubtful press; below it there are mostly voices. */
const THRESHOLD = 2.2
const WEIGHTS = Float64Array.from(FEATURES, (feature) => feature.weight)

/** @returns the score of a press; 0 and above is a key. */
export function scorePress(features: Float64Array): number {
  let score = BIAS - THRESHOLD
  for (let i = 0; i < WEIGHTS.length; i++) score += (WEIGHTS[i] as number) * (features[i] as number)
  return score
}
