/**
 * One key press as it is being heard: how long the pair of tones has been there, how it began, and whether it is over.
 *
 * The length is the area under the envelope divided by its plateau, which is right to a millisecond or two for anything
 * over 10 ms, so that 40 ms are taken and 23 ms are not (ITU-T Q.24) although a window is 10 ms long. The envelope is the
 * part of each hop that lies in the phase of the tone now heard: noise has no share in it on average. A press is over after
 * 23 ms of missing area: 20 ms of interruption are bridged, a pause of 30 ms is not. Whether it is a digit is judged elsewhere.
 *
 * Private functions leave their results in fields and arrays: a fraction that is handed from one function to another costs a
 * box on the heap each time, and this runs for every hop while a key is down.
 */

import { FEATURES } from './dtmf-score.ts'
import { type DtmfWindow, hannLoss, type WindowTone } from './dtmf-window.ts'
import { HOPS_KEPT, type ToneBank } from './goertzel.ts'

const TONES = 8
const MASK = HOPS_KEPT - 1
const HOP_MS = 5
/** Hops before the first candidate that may hold the beginning of the tone: 25 ms. */
const LOOK_BACK = 5
/** Hops over which a press is measured; a longer one has long been judged. */
const LONGEST = 20
/** Missing area that ends a press, ms. */
const END_MS = 22.5
/** Below this part of the plateau a hop counts as missing, above it as present. */
const PRESENT = 0.6
/** How strongly the envelope's phase follows the phase heard, hop by hop. */
const FOLLOW = 0.5

export class DtmfPress {
  /** True from the first candidate window to the end of the press. */
  active = false
  /** True when the last judgement was favourable, but not sure. */
  likely = false
  /** True when it was reported as a digit, or swallowed as an echo of one. */
  judged = false
  low = 0
  high = 0
  /** Highest amplitude of each tone so far, units of a sample. */
  lowPlateau = 0
  highPlateau = 0
  /** Length so far by either tone, ms, filled in by `measure`. */
  lowMs = 0
  highMs = 0
  /** Missing area since the tones were last there, ms. */
  missingMs = 0
  /** What the judge looks at, filled in by `measure`; see `FEATURES`. */
  readonly features = new Float64Array(FEATURES.length)
  readonly #bank: ToneBank
  readonly #window: DtmfWindow
  /** Length of each tone in one hop, filled in by `#lookAt`. */
  readonly #magnitudes = new Float64Array(TONES)
  #first = 0
  #incoherence = 0

  constructor(bank: ToneBank, window: DtmfWindow) {
    this.#bank = bank
    this.#window = window
  }

  /** A candidate window came while nothing was going on. */
  start(): void {
    const { low, high } = this.#window
    this.active = true
    this.judged = false
    this.likely = false
    this.low = low.tone
    this.high = high.tone
    this.lowPlateau = low.amplitude
    this.highPlateau = high.amplitude
    this.missingMs = 0
    this.#first = Math.max(0, this.#bank.hop - 2 - LOOK_BACK)
  }

  /** True when the window now measured shows the pair of this press. */
  matches(): boolean {
    const { low, high, candidate } = this.#window
    return candidate && low.tone === this.low && high.tone === this.high
  }

  /**
   * Takes the newest hop in: raises the plateau, counts what is missing.
   * @param frozen the sound of this hop was made up for a lost packet: nothing can be said of it.
   */
  follow(frozen: boolean): void {
    const matches = this.matches()
    if (matches) {
      this.lowPlateau = Math.max(this.lowPlateau, this.#window.low.amplitude)
      this.highPlateau = Math.max(this.highPlateau, this.#window.high.amplitude)
    }
    const turnLow = matches ? this.#window.low.turn : 0
    const turnHigh = matches ? this.#window.high.turn : 0
    if (frozen) return
    this.#lookAt(this.#bank.hop & MASK)
    const { weight } = this.#bank
    const lowNow = ((this.#magnitudes[this.low] as number) * 2) / (weight * hannLoss(turnLow))
    const highNow = ((this.#magnitudes[this.high] as number) * 2) / (weight * hannLoss(turnHigh))
    const present = Math.min(lowNow / this.lowPlateau, highNow / this.highPlateau)
    if (present >= PRESENT) this.missingMs = 0
    else this.missingMs += HOP_MS * (1 - present)
    if (this.missingMs > END_MS) this.active = false
  }

  /** Measures lengths and features of the press up to now; only when `matches()`. */
  measure(): void {
    const bank = this.#bank
    const { low, high, share } = this.#window
    const hop = bank.hop
    const first = Math.max(this.#first, hop - LONGEST + 1)
    this.#envelope(low, first)
    const lowIncoherence = this.#incoherence
    this.#envelope(high, first)
    const f = this.features
    const lengthMs = Math.min(this.lowMs, this.highMs)
    // The hop whose window ended just before the tones began.
    const before = Math.max(0, hop - 1 - Math.ceil((Math.max(this.lowMs, this.highMs) + 5) / HOP_MS))
    const slot = before & MASK
    this.#lookAt(slot)
    const m = this.#magnitudes
    const scale = 2 / bank.weight
    const energyOfTones = 0.5 * bank.weight * (low.amplitude ** 2 + high.amplitude ** 2)
    const twistDb = 20 * Math.log10(low.amplitude / high.amplitude)
    f[0] = share
    toResidueDb(f, 0)
    f[1] = share
    // Tens of dB of a small positive part, from -40 dB up.
    f[2] = Math.log10(Math.max(1e-4, lowIncoherence, this.#incoherence))
    f[3] = Math.min(Math.abs(this.lowMs - this.highMs), 20) / 5
    f[4] = 0
    f[5] = 0
    for (let tone = 0; tone < 4; tone++) {
      f[4] = Math.max(f[4] as number, m[tone] as number)
      f[5] = Math.max(f[5] as number, m[tone + 4] as number)
    }
    f[4] = Math.min(((f[4] as number) * scale) / low.amplitude, 1.5)
    f[5] = Math.min(((f[5] as number) * scale) / high.amplitude, 1.5)
    f[6] = (Math.max(0, twistDb) / 8) ** 2
    f[7] = (Math.max(0, -twistDb) / 6) ** 2
    f[8] = (low.offset * 50) ** 2
    f[9] = (high.offset * 50) ** 2
    f[10] = Math.min(10 * Math.log10(low.lead), 25) / 10
    f[11] = Math.min(10 * Math.log10(high.lead), 25) / 10
    f[12] = Math.min(Math.log10(1e-3 + (bank.energy[slot] as number) / energyOfTones), 1)
    f[13] = Math.min(lengthMs, 100) / 30
    this.#meanResidueDb(hop, Math.max(first, hop - Math.floor(lengthMs / HOP_MS)))
    f[15] = Math.min(
      Math.max((m[this.low] as number) / low.amplitude, (m[this.high] as number) / high.amplitude) * scale,
      1.5,
    )
  }

  /** Forgets the press; its buffers are zero afterwards. */
  wipe(): void {
    this.active = false
    this.judged = false
    this.likely = false
    this.low = 0
    this.high = 0
    this.lowPlateau = 0
    this.highPlateau = 0
    this.lowMs = 0
    this.highMs = 0
    this.missingMs = 0
    this.features.fill(0)
    this.#magnitudes.fill(0)
    this.#first = 0
    this.#incoherence = 0
  }

  /** Measures the length of each tone in a hop. */
  #lookAt(slot: number): void {
    const { re, im } = this.#bank
    for (let tone = 0; tone < TONES; tone++) {
      const real = re[slot * TONES + tone] as number
      const imaginary = im[slot * TONES + tone] as number
      this.#magnitudes[tone] = Math.sqrt(real * real + imaginary * imaginary)
    }
  }

  /** Follows the envelope of one tone back from now to hop `first`: its length in ms, and how far its phase strays. */
  #envelope(side: WindowTone, first: number): void {
    const isLow = side === this.#window.low
    const plateau = isLow ? this.lowPlateau : this.highPlateau
    const { re, im, hop, weight } = this.#bank
    // Phase of the tone in the middle hop of the window, with the turn taken out of its neighbours.
    const cos =
      this.#window.turnCos(side.tone) * Math.cos(side.turn) - this.#window.turnSin(side.tone) * Math.sin(side.turn)
    const sin =
      this.#window.turnSin(side.tone) * Math.cos(side.turn) + this.#window.turnCos(side.tone) * Math.sin(side.turn)
    const a = ((hop - 2) & MASK) * TONES + side.tone
    const b = ((hop - 1) & MASK) * TONES + side.tone
    const c = (hop & MASK) * TONES + side.tone
    const ar = re[a] as number,
      ai = im[a] as number,
      cr = re[c] as number,
      ci = im[c] as number
    let unitRe = (re[b] as number) + (ar + cr) * cos + (ci - ai) * sin
    let unitIm = (im[b] as number) + (ai + ci) * cos + (ar - cr) * sin
    const length = Math.sqrt(unitRe * unitRe + unitIm * unitIm) + 1e-9
    unitRe /= length
    unitIm /= length
    // One step forward, to the newest hop; then back, hop by hop.
    let turned = unitRe * cos - unitIm * sin
    unitIm = unitRe * sin + unitIm * cos
    unitRe = turned
    const scale = 2 / (weight * hannLoss(side.turn) * plateau)
    // A second phase follows what is heard, for codecs that shake the phase; the first one tells how much they do.
    let freeRe = unitRe
    let freeIm = unitIm
    let area = 0
    let inPhase = 0
    let whole = 1e-9
    for (let k = hop; k >= first; k--) {
      const at = (k & MASK) * TONES + side.tone
      const xr = re[at] as number
      const xi = im[at] as number
      const magnitudePart = Math.sqrt(xr * xr + xi * xi) * scale + 1e-9
      const part = (xr * freeRe + xi * freeIm) * scale
      area += Math.max(-0.2, Math.min(part, 1.15))
      if (part > 0.5) {
        inPhase += (xr * unitRe + xi * unitIm) * scale
        whole += magnitudePart
      }
      if (magnitudePart > 0.5) {
        freeRe += (FOLLOW * xr * scale) / magnitudePart
        freeIm += (FOLLOW * xi * scale) / magnitudePart
        const norm = 1 / (Math.sqrt(freeRe * freeRe + freeIm * freeIm) + 1e-9)
        freeRe *= norm
        freeIm *= norm
      }
      turned = freeRe * cos + freeIm * sin
      freeIm = freeIm * cos - freeRe * sin
      freeRe = turned
      turned = unitRe * cos + unitIm * sin
      unitIm = unitIm * cos - unitRe * sin
      unitRe = turned
    }
    this.#incoherence = 1 - inPhase / whole
    if (isLow) this.lowMs = area * HOP_MS
    else this.highMs = area * HOP_MS
  }

  /** Mean over the hops of what the two tones leave unexplained, each hop by itself. */
  #meanResidueDb(hop: number, from: number): void {
    const { re, im, weight } = this.#bank
    let explained = 0
    let energy = 1e-9
    for (let k = from; k <= hop; k++) {
      const slot = k & MASK
      const a = slot * TONES + this.low
      const b = slot * TONES + this.high
      const low = (re[a] as number) ** 2 + (im[a] as number) ** 2
      const high = (re[b] as number) ** 2 + (im[b] as number) ** 2
      explained += ((low + high) * 2) / weight
      energy += this.#bank.energy[slot] as number
    }
    this.features[14] = explained / energy
    toResidueDb(this.features, 14)
  }
}

/** Turns a share of the energy into tens of dB of what is left beside it; at most 25 dB. */
function toResidueDb(values: Float64Array, at: number): void {
  values[at] = Math.min(-Math.log10(Math.max(1e-9, Math.abs(1 - (values[at] as number)))), 2.5)
}
