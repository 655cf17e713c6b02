/**
 * What is said to the caller of one session: clips by their ids in the session's language and codec, and the outcome, with the last
 * four digits of an accepted card. Those wait in locked memory from the answer to the saying, apart from the entry, which is gone by then.
 */

import { DIGIT_CLIPS } from '../base/prompts.ts'
import type { CodecName } from '../base/units.ts'
import { securityCodeDigits } from './brand.ts'
import { failureClip } from './clips.ts'
import type { Brand, Outcome } from './contract.ts'
import type { KeySpan } from './entry.ts'
import { LockedMemory } from './locked-memory.ts'
import type { Prompts } from './prompts.ts'

const LAST_FOUR = 4
const DIGIT_0 = 0x30

export type AnnouncerOptions = {
  readonly prompts: Prompts
  readonly locale: string
  readonly codec: CodecName
  play(sounds: readonly Uint8Array[]): void
}

export class Announcer {
  readonly #options: AnnouncerOptions
  readonly #lastFour = new LockedMemory(LAST_FOUR)

  constructor(options: AnnouncerOptions) {
    this.#options = options
  }

  /** Plays clips one after the other. @param brand of the card taken before: it decides how many digits are asked for. */
  play(clips: readonly string[], brand: Brand | undefined): void {
    const { prompts, locale, codec, play } = this.#options
    const sounds: Uint8Array[] = []
    for (const clip of clips) {
      const sound = prompts.coded(locale, clipFor(clip, brand), codec)
      if (sound !== undefined) sounds.push(sound)
    }
    play(sounds)
  }

  /** Keeps the last four digits of a card number to be said, and gives them. @returns undefined for a number of four or fewer. */
  keepLastFour(card: KeySpan): string | undefined {
    if (card.count <= LAST_FOUR) return undefined
    const out = this.#lastFour.bytes
    for (let i = 0; i < LAST_FOUR; i++) out[i] = DIGIT_0 + card.keyAt(card.count - LAST_FOUR + i)
    return out.toString('latin1', 0, LAST_FOUR)
  }

  /** Says how the session ended. */
  playOutcome(outcome: Outcome): void {
    const said = this.#outcomeClips(outcome)
    this.#lastFour.wipe()
    this.play([...said, 'returning'], undefined)
  }

  /** Wipes and gives the memory back. May be called twice. */
  close(): void {
    this.#lastFour.close()
  }

  #outcomeClips(outcome: Outcome): readonly string[] {
    if (outcome.result === 'declined') return ['declined']
    if (outcome.result === 'failed') return [failureClip(outcome.reason)]
    if (outcome.lastFour === undefined) return ['accepted']
    const digits: string[] = []
    for (const octet of this.#lastFour.bytes) digits.push(DIGIT_CLIPS[octet - DIGIT_0] as string)
    return ['accepted-ending-in', ...digits]
  }
}

/** Cards with four digits in their security code are asked for four. */
function clipFor(clip: string, brand: Brand | undefined): string {
  const four = brand !== undefined && securityCodeDigits(brand) === 4
  return clip === 'ask-security-code' && four ? 'ask-security-code-four' : clip
}
