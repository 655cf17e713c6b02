/**
 * How good speech sounds, estimated from what was measured on the way: the E-model (ITU-T G.107 and, for wide sound, G.107.1) with everything that
 * a packet network does not change at its default, so that what is left of it is loss, delay and codec.
 *
 *     R = R0 - Id - Ie,eff        R0 93.2 (G.107 with its defaults), 129 for wide sound (G.107.1)
 *     Id = 0.024 d + 0.11 (d - 177.3) above 177.3 ms one way (the usual approximation of G.107 section 7.4)
 *     Ie,eff = Ie + (95 - Ie) * loss / (loss / burst + Bpl)        loss in per cent (G.107 section 7.5)
 *
 * It is an estimate of listening and conversation for a network, not a measurement of a voice: nothing looks at the sound.
 */

import type { CodecName, Milliseconds } from '../base/units.ts'

/** What a codec costs, and how well it bears loss at random (ITU-T G.113 appendix I and IV). */
type Impairment = { readonly ie: number; readonly bpl: number; readonly bplConcealed: number; readonly wide: boolean }

// G.711: G.113 table I.4, without and with the concealment of G.711 appendix I. G.722 at 64 kbit/s: Ie,wb 13; for its loss no value is agreed on,
// and those of G.711 are taken, whose frames are as independent of each other.
const G711: Impairment = { ie: 0, bpl: 4.3, bplConcealed: 25.1, wide: false }
const IMPAIRMENTS: Readonly<Record<CodecName, Impairment>> = {
  PCMU: G711,
  PCMA: G711,
  G722: { ie: 13, bpl: 4.3, bplConcealed: 25.1, wide: true },
}

const R0 = { narrow: 93.2, wide: 129 } as const
const NOTICED_MS: Milliseconds = 177.3
const WORST_MOS = 1
const BEST_MOS = 4.5

export type Path = {
  readonly codec: CodecName
  /** Share of packets that did not arrive, 0 to 1. */
  readonly lossFraction: number
  /** From mouth to ear. */
  readonly oneWayMs: Milliseconds
  /** Mean length of a burst of loss over that of random loss; 1 when it is not known. */
  readonly burstRatio?: number
  /** Whoever plays the sound papers over losses, as nearly every phone does. */
  readonly concealed: boolean
}

/** @returns the transmission rating R, 0 to 100; wide sound on the same scale (G.107.1 section 7: R/1.29). */
export function ratingOf({ codec, lossFraction, oneWayMs, burstRatio = 1, concealed }: Path): number {
  const { ie, bpl, bplConcealed, wide } = IMPAIRMENTS[codec]
  const loss = Math.min(1, Math.max(0, lossFraction)) * 100
  const delay = Math.max(0, oneWayMs)
  const forDelay = 0.024 * delay + 0.11 * Math.max(0, delay - NOTICED_MS)
  const forCodec = ie + ((95 - ie) * loss) / (loss / burstRatio + (concealed ? bplConcealed : bpl))
  const rating = wide ? (R0.wide - forDelay - forCodec) / 1.29 : R0.narrow - forDelay - forCodec
  return Math.min(100, Math.max(0, rating))
}

/** @returns the mean opinion score that a rating stands for, 1 to 4.5 (G.107 annex B). */
export function mosOf(rating: number): number {
  if (rating <= 0) return WORST_MOS
  if (rating >= 100) return BEST_MOS
  // Below 6.5 the polynomial falls under 1.
  return Math.max(WORST_MOS, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)
}
