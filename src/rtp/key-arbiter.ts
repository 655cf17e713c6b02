/**
 * One press of a key can reach us three times: as telephone-event, as tone in the sound, as SIP INFO. The arbiter of a
 * direction reports it once. Each transport tells presses in their order, so each takes the oldest press of the same code that
 * it has not told yet as its own; only what is left over is new. While a side sends events its tones report nothing: what is
 * left of them in the sound is a relay's leftover, or the phone's own loudspeaker in its microphone. How long after the last event
 * that holds is the owner's choice. Knows codes and times only; `reset` overwrites them. `docs/CAPTURE.md` has the truth table.
 */
import type { Milliseconds } from '../base/units.ts'
import { type CodeStore, plainCodes } from './code-store.ts'

const EVENT = 1
const TONE = 2
const INFO = 4
/** Presses remembered. */
export const ARBITER_PRESSES = 16
/** Longest lag between two media transports of one press: half a second, and 100 ms to recognise a tone. */
const MEDIA_LAG_MS = 600
/** INFO goes by a reliable road: repeated after 0.5, 1 and 2 s (RFC 3261 timer E), it may come that much later. */
const INFO_LAG_MS = 4000

export class KeyArbiter {
  readonly #codes: CodeStore
  readonly #atMs = new Float64Array(ARBITER_PRESSES)
  /** Which transports have told it. */
  readonly #toldBy = new Uint8Array(ARBITER_PRESSES)
  /** Slot that the next press takes, which is also the oldest. */
  #oldest = 0
  readonly #tonesSilentMs: Milliseconds
  /** When the side last sent an event. */
  #eventMs = Number.NEGATIVE_INFINITY

  /**
   * @param codes room for `ARBITER_PRESSES` codes, empty.
   * @param tonesSilentMs how long after an event tones report nothing. For ever where a false key is worse than a deaf ear: callers' tones
   * have been seen to come back from their loudspeakers seconds after the last event.
   */
  constructor(codes: CodeStore = plainCodes(ARBITER_PRESSES), tonesSilentMs: Milliseconds = Number.POSITIVE_INFINITY) {
    this.#codes = codes
    this.#tonesSilentMs = tonesSilentMs
  }

  /** A press told by telephone-event. @returns the code to report, or -1. */
  fromEvent(code: number, nowMs: Milliseconds): number {
    this.#eventMs = nowMs
    return this.#tell(code, EVENT, nowMs, MEDIA_LAG_MS)
  }

  /** A packet of an event that tells no new press: the key is still down, or its end is told again. */
  eventGoesOn(nowMs: Milliseconds): void {
    this.#eventMs = nowMs
  }

  /**
   * A press recognised in the sound.
   * @param startMs when the tone began. @returns the code to report, or -1.
   */
  fromTone(code: number, startMs: Milliseconds, nowMs: Milliseconds): number {
    const mayReport = nowMs - this.#eventMs >= this.#tonesSilentMs
    return this.#tell(code, TONE, nowMs, MEDIA_LAG_MS + Math.max(0, nowMs - startMs), mayReport)
  }

  /** A press told by SIP INFO. @returns the code to report, or -1. */
  fromInfo(code: number, nowMs: Milliseconds): number {
    return this.#tell(code, INFO, nowMs, INFO_LAG_MS)
  }

  /** Forgets and overwrites every press, and that events were heard: for a new source or a new entry. */
  reset(): void {
    this.#codes.clear()
    this.#atMs.fill(0)
    this.#toldBy.fill(0)
    this.#oldest = 0
    this.#eventMs = Number.NEGATIVE_INFINITY
  }

  #tell(code: number, by: number, nowMs: Milliseconds, lagMs: Milliseconds, mayReport = true): number {
    if (!(code >= 0 && code <= 15)) return -1
    for (let i = 0; i < ARBITER_PRESSES; i++) {
      const slot = (this.#oldest + i) % ARBITER_PRESSES
      if (this.#codes.codeAt(slot) !== code || ((this.#toldBy[slot] as number) & by) !== 0) continue
      if (nowMs - (this.#atMs[slot] as number) > lagMs) continue
      this.#toldBy[slot] = (this.#toldBy[slot] as number) | by
      return -1
    }
    if (!mayReport) return -1
    const slot = this.#oldest
    this.#oldest = (slot + 1) % ARBITER_PRESSES
    this.#codes.put(slot, code)
    this.#atMs[slot] = nowMs
    this.#toldBy[slot] = by
    return code
  }
}
