/**
 * ITU-T G.722 at 64 kbit/s: two samples at 16 kHz make an octet, 2 bits of the higher band above 6 of the lower
 * (RFC 3551 section 4.5.2: its RTP clock still counts 8000 a second). The 24-tap filter pair splits and joins the bands;
 * coder and decoder together delay by 22 samples at 16 kHz (1.4 ms). No 56 or 48 kbit/s, no packet loss concealment.
 *
 *     | IH 1 | IH 0 | IL 5 | IL 4 | IL 3 | IL 2 | IL 1 | IL 0 |   first bit sent on the left
 */
import { Band } from './g722-band.ts'
import { clip } from './sample.ts'

/** Half of the symmetric filter, times 8192 (table 4 of the Recommendation). */
const QMF = new Int32Array([3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11])
const TAPS = 24

/** The last 24 samples, kept twice in a row so that they can be read without a wrap. */
class Delay {
  readonly samples = new Int32Array(TAPS * 2)
  /** Index of the oldest sample. */
  from = 0

  push(older: number, newer: number): void {
    const samples = this.samples
    const at = this.from
    samples[at] = older
    samples[at + 1] = newer
    samples[at + TAPS] = older
    samples[at + TAPS + 1] = newer
    this.from = at + 2 === TAPS ? 0 : at + 2
  }

  wipe(): void {
    this.samples.fill(0)
    this.from = 0
  }
}

export class G722Encoder {
  readonly #lower = new Band(false)
  readonly #higher = new Band(true)
  readonly #delay = new Delay()

  /**
   * Codes the first `count` samples (even; an odd last one is left) at 16 kHz to `out[at..]`.
   * @returns octets written, `count / 2`.
   */
  encode(pcm16k: Int16Array, count: number, out: Uint8Array, at: number): number {
    const delay = this.#delay
    const samples = delay.samples
    const octets = count >> 1
    for (let n = 0; n < octets; n++) {
      delay.push(pcm16k[2 * n] as number, pcm16k[2 * n + 1] as number)
      const from = delay.from
      let odd = 0
      let even = 0
      for (let i = 0; i < 12; i++) {
        odd += (samples[from + 2 * i] as number) * (QMF[i] as number)
        even += (samples[from + 2 * i + 1] as number) * (QMF[11 - i] as number)
      }
      out[at + n] = this.encodeBands((even + odd) >> 14, (even - odd) >> 14)
    }
    return octets
  }

  /**
   * Goes along with octets that are coded already, so that coding can go on behind them without a jump.
   * @param pcm16k what a decoder made of them, from `from` on.
   */
  follow(coded: Uint8Array, start: number, end: number, pcm16k: Int16Array, from: number): void {
    for (let n = start; n < end; n++) {
      const octet = coded[n] as number
      this.#lower.decodeLower(octet & 0x3f)
      this.#higher.decodeHigher(octet >> 6)
      const at = from + 2 * (n - start)
      this.#delay.push(pcm16k[at] as number, pcm16k[at + 1] as number)
    }
  }

  /** Codes one sample of each band, 15 bits each, without the filter pair: the entry for the digital test sequences. */
  encodeBands(lower: number, higher: number): number {
    return (this.#higher.encodeHigher(higher) << 6) | this.#lower.encodeLower(lower)
  }

  /** Back to the start state; nothing of the sound is left. */
  reset(): void {
    this.#lower.reset()
    this.#higher.reset()
    this.#delay.wipe()
  }
}

export class G722Decoder {
  readonly #lower = new Band(false)
  readonly #higher = new Band(true)
  readonly #delay = new Delay()
  /** Output of `decodeBands`. */
  lower = 0
  higher = 0

  /** Decodes `payload[start..end)` to `out[at..]`. @returns samples written at 16 kHz, two an octet. */
  decode(payload: Uint8Array, start: number, end: number, out: Int16Array, at: number): number {
    const delay = this.#delay
    const samples = delay.samples
    for (let n = start; n < end; n++) {
      this.decodeBands(payload[n] as number)
      delay.push(this.lower + this.higher, this.lower - this.higher)
      const from = delay.from
      let first = 0
      let second = 0
      for (let i = 0; i < 12; i++) {
        second += (samples[from + 2 * i] as number) * (QMF[i] as number)
        first += (samples[from + 2 * i + 1] as number) * (QMF[11 - i] as number)
      }
      out[at++] = clip(first >> 11)
      out[at++] = clip(second >> 11)
    }
    return (end - start) * 2
  }

  /** Decodes one octet to `lower` and `higher`, without the filter pair: the entry for the digital test sequences. */
  decodeBands(octet: number): void {
    this.lower = this.#lower.decodeLower(octet & 0x3f)
    this.higher = this.#higher.decodeHigher(octet >> 6)
  }

  /** Back to the start state; nothing of the sound is left. */
  reset(): void {
    this.#lower.reset()
    this.#higher.reset()
    this.#delay.wipe()
    this.lower = 0
    this.higher = 0
  }
}
